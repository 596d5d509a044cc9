/** What is new on the page: everything at the start, and then whatever htmx brings. */

/**
 * Calls `look` with the whole document now, and with each element that was swapped in.
 * @param {(part: Document | Element) => void} look
 */
export function onParts(look) {
  look(document);
  document.addEventListener("htmx:load", (event) => {
    if (event.target instanceof Element && event.target !== document.body) look(event.target);
  });
}

/**
 * Elements in a part that match, the part itself among them.
 * @template {Element} E
 * @param {Document | Element} part
 * @param {string} selector
 * @returns {E[]}
 */
export function within(part, selector) {
  const inside = /** @type {E[]} */ ([...part.querySelectorAll(selector)]);
  return part instanceof Element && part.matches(selector) ? [/** @type {E} */ (part), ...inside] : inside;
}
