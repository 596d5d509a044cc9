/** Short notes: one at a time, for three and a half seconds. Never for errors. */

const SHOWN = 3500; // milliseconds

let ends = 0;

/** @returns {HTMLElement} where notes are shown: inside an open dialog, which would hide them otherwise */
export function place() {
  const here = /** @type {HTMLElement} */ (document.getElementById("toasts"));
  const dialog = document.querySelector("dialog[open]");
  (dialog ?? document.body).append(here);
  return here;
}

/** @param {string} words */
export function toast(words) {
  const note = document.createElement("p");
  note.className = "toast-note";
  note.append(icon("check-circle"), words);
  place().replaceChildren(note);
  expire();
}

/**
 * @param {string} name
 * @returns {SVGSVGElement}
 */
function icon(name) {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  drawn.setAttribute("class", "icon");
  drawn.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${document.documentElement.dataset.icons}#${name}`);
  drawn.append(use);
  return drawn;
}

/** Lets what is shown go again, in a while. */
export function expire() {
  clearTimeout(ends);
  ends = setTimeout(() => document.getElementById("toasts")?.replaceChildren(), SHOWN);
}
