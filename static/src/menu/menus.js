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
  document.addEventListener(
    "toggle",
    (event) => {
      const menu = event.target instanceof Element ? event.target.closest("details[data-pop][open]") : null;
      menu?.querySelector(".pop")?.scrollIntoView({ block: "nearest" });
    },
    true, // it does not bubble
  );
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" ? document.querySelector("details[data-pop][open]") : null;
    if (!menu) return;
    close();
    menu.querySelector("summary")?.focus();
  });
}
