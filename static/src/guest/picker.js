/** Choosing files: the inputs of phones and desktops, a drop, and what is pasted. */

import { find } from "./elements.js";
import { filesOf } from "./folders.js";

const GHOSTS = 600; // ms after a picker closed, in which a touch that closed it may come through as a click on the page

/**
 * Hands every choice to `onFiles`. Inputs are emptied after each, so that the same file can be chosen again.
 * @param {(files: File[]) => void} onFiles
 */
export function startPicking(onFiles) {
  const choose = (files) => {
    if (files.length) onFiles(files);
  };
  for (const input of document.querySelectorAll("[data-pick]")) {
    if (input instanceof HTMLInputElement) listen(input, choose);
  }
  // A file dropped beside the zone would otherwise replace the page.
  addEventListener("dragover", (event) => {
    event.preventDefault();
    if (event.dataTransfer?.types.includes("Files")) highlight(true);
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) highlight(false);
  });
  addEventListener("drop", async (event) => {
    event.preventDefault();
    highlight(false);
    choose(await filesOf(event.dataTransfer));
  });
  addEventListener("paste", (event) => {
    const files = Array.from(event.clipboardData?.files ?? []);
    if (!files.length) return; // words, for the field that the cursor is in
    event.preventDefault();
    choose(files);
  });
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-add-more]")) {
      /** @type {HTMLInputElement} */ (find('[data-zone] [data-pick="photos"]')).click();
    }
  });
}

/** When the last picker closed, ms. */
let closed = Number.NEGATIVE_INFINITY;

/** @param {HTMLInputElement} input @param {(files: File[]) => void} choose */
function listen(input, choose) {
  input.addEventListener("change", () => {
    closed = performance.now();
    const files = Array.from(input.files ?? []);
    input.value = "";
    choose(files);
  });
  input.addEventListener("cancel", () => {
    closed = performance.now();
  });
  input.addEventListener("click", (event) => {
    if (performance.now() - closed < GHOSTS) event.preventDefault(); // else the picker opens again by itself
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
