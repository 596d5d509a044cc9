/** The one dialog, which htmx fills. What has an address of its own is left with Back, too. */

export function startDialog() {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("dialog"));
  /** @type {HTMLElement | null} */
  let opener = null;

  document.addEventListener("htmx:beforeRequest", (event) => {
    const detail = /** @type {CustomEvent} */ (event).detail;
    if (detail.target === dialog && !dialog.open) opener = detail.elt;
  });
  dialog.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== dialog || dialog.open) return;
    // The menu would lie open behind it.
    const menu = opener?.closest("details");
    if (menu) {
      menu.open = false;
      opener = menu.querySelector("summary");
    }
    opener?.focus();
    dialog.showModal();
    const source = /** @type {CustomEvent} */ (event).detail.requestConfig;
    if (source.elt.matches("[data-addressed]")) history.pushState({ dialog: true }, "", source.path);
  });
  dialog.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target !== dialog && !target.closest("[data-close]")) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => {
    if (history.state?.dialog) history.back();
  });
  addEventListener("popstate", () => dialog.close());
  // What the dialog asked for was done.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target instanceof Element && event.target.id === "list") dialog.close();
  });
}
