/** Elements that templates promise, and the icons on them. */

/**
 * Shows an icon. The icon file's address is on <html>, because its name carries a hash in production.
 * @param {SVGUseElement} use
 * @param {string} name
 */
export function setIcon(use, name) {
  const href = `${document.documentElement.dataset.icons}#${name}`;
  if (use.getAttribute("href") !== href) use.setAttribute("href", href);
}

/**
 * The one element that a template promises.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {T}
 * @throws {Error} when the template doesn't keep it
 */
export function find(selector, within = document) {
  const element = within.querySelector(selector);
  if (!element) throw new Error(`the page has no ${selector}`);
  return /** @type {T} */ (element);
}

/**
 * Names a button that has only an icon.
 * @param {HTMLElement} button
 * @param {string[]} words what it says to those who listen, and its tooltip
 */
export function labelButton(button, [said, tip]) {
  button.setAttribute("aria-label", said);
  button.dataset.tip = tip;
}
