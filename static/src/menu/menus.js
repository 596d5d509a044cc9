/** Menus close on Escape, on a click elsewhere, and when another one opens. */

/** @param {(menu: HTMLDetailsElement) => boolean} [but] menus that stay */
function close(but = () => false) {
  for (const found of document.querySelectorAll("details[data-pop][open]")) {
    const menu = /** @type {HTMLDetailsElement} */ (found);
    if (!but(menu)) menu.open = false;
  }
}

export function startMenus() {
  document.addEventListener("click", (event) => close((menu) => menu.contains(/** @type {Node} */ (event.target))));
  document.addEventListener("focusin", (event) => close((menu) => menu.contains(/** @type {Node} */ (event.target))));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" ? document.querySelector("details[data-pop][open]") : null;
    if (!menu) return;
    close();
    menu.querySelector("summary")?.focus();
  });
}
