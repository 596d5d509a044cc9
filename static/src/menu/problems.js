/** When the server does not answer, or not as it should: words above the list, until something works again. */

/** @returns {string} the token as it is now: a login in another window brought a new one */
function token() {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

export function startProblems() {
  const failed = /** @type {HTMLElement} */ (document.querySelector("[data-problem]"));
  const signedOut = /** @type {HTMLElement} */ (document.querySelector("[data-signed-out]"));
  const show = (/** @type {HTMLElement | null} */ notice) => {
    for (const each of [failed, signedOut]) each.hidden = each !== notice;
    notice?.scrollIntoView({ block: "nearest" });
  };
  const told = (/** @type {Event} */ event) => {
    const { elt, xhr } = /** @type {CustomEvent} */ (event).detail;
    // What the page asks by itself fails without a word: nobody waits for it.
    if (!elt.matches("[hx-trigger^=load]")) show(xhr?.status === 401 ? signedOut : failed);
  };
  document.addEventListener("htmx:responseError", told);
  document.addEventListener("htmx:sendError", told);
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!(/** @type {CustomEvent} */ (event).detail.elt.matches("[hx-trigger^=load]"))) show(null);
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const { headers, parameters, verb } = /** @type {CustomEvent} */ (event).detail;
    if (verb === "get" || !token()) return;
    headers["X-CSRFToken"] = token();
    parameters.csrfmiddlewaretoken = token();
  });
}
