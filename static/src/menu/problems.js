/** When the server does not answer, or not as it should: words above the list, until something works again. */

export function startProblems() {
  const notice = /** @type {HTMLElement | null} */ (document.querySelector("[data-problem]"));
  if (!notice) return;
  const show = (/** @type {boolean} */ shown) => {
    notice.hidden = !shown;
    if (shown) notice.scrollIntoView({ block: "nearest" });
  };
  // The banner asks by itself; nobody waits for it.
  const asked = (/** @type {Event} */ event) => !(/** @type {CustomEvent} */ (event).detail.elt.matches("[hx-trigger^=load]"));
  document.addEventListener("htmx:responseError", (event) => asked(event) && show(true));
  document.addEventListener("htmx:sendError", (event) => asked(event) && show(true));
  document.addEventListener("htmx:afterSwap", (event) => asked(event) && show(false));
}
