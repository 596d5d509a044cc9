/** Choosing files: two inputs on phones, the same two and a drop zone on desktops. */

import { find } from "./elements.js";

/**
 * Hands every choice to `onFiles`. Inputs are emptied after each, so that the same file can be chosen again.
 * @param {(files: File[]) => void} onFiles
 */
export function startPicking(onFiles) {
  for (const input of document.querySelectorAll("[data-pick]")) {
    if (!(input instanceof HTMLInputElement)) continue;
    input.addEventListener("change", () => {
      const files = Array.from(input.files ?? []);
      input.value = "";
      if (files.length) onFiles(files);
    });
  }
  // A file dropped beside the zone would otherwise replace the page.
  addEventListener("dragover", (event) => {
    event.preventDefault();
    if (event.dataTransfer?.types.includes("Files")) highlight(true);
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) highlight(false);
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    highlight(false);
    const files = droppedFiles(event.dataTransfer);
    if (files.length) onFiles(files);
  });
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-add-more]")) {
      /** @type {HTMLInputElement} */ (find('[data-zone] [data-pick="photos"]')).click();
    }
  });
}

/**
 * Puts the desktop's inputs into the large drop zone, or into the small one below the list.
 * @param {boolean} begun
 */
export function placeInputs(begun) {
  for (const kind of ["photos", "files"]) {
    const input = find(`[data-zone] [data-pick="${kind}"]`);
    const slot = find(`[data-zone="${begun ? "small" : "large"}"] [data-slot="${kind}"]`);
    if (input.parentElement === slot) continue;
    const focused = document.activeElement === input;
    slot.prepend(input);
    if (focused) input.focus({ preventScroll: true });
  }
}

/** @param {boolean} over */
function highlight(over) {
  for (const zone of document.querySelectorAll("[data-zone]")) zone.toggleAttribute("data-over", over);
}

/** The files of a drop, without its folders. @param {DataTransfer | null} dropped @returns {File[]} */
function droppedFiles(dropped) {
  return Array.from(dropped?.items ?? [])
    .filter((entry) => entry.kind === "file" && entry.webkitGetAsEntry?.()?.isDirectory !== true)
    .map((entry) => entry.getAsFile())
    .filter((file) => file !== null);
}
