/** What earlier visits sent: a list that is folded at first, and made in slices once it is open. */

import { find, labelButton, setIcon } from "./elements.js";
import { faceOf } from "./faces.js";
import { nameParts, size } from "./format.js";
import { kindOf } from "./limits.js";
import { phaseOf } from "./queue.js";
import { RECEIPT, ROW } from "./words.js";

const SLICE = 50; // rows

/** @typedef {import("./api.js").Upload} Upload */

/**
 * How an upload looks as a row, and what can be done with it.
 * @param {Upload} upload
 * @param {import("./faces.js").Mood} mood
 */
export function faceOfUpload({ filename, size: bytes, status }, mood) {
  const phase = phaseOf(status);
  const item = /** @type {import("./queue.js").Item} */ ({ name: filename, size: bytes, sent: bytes, phase, reason: "" });
  return faceOf(item, mood);
}

export class SentBefore {
  /** @type {Map<string, {element: HTMLElement, shown: string}>} by the upload's id */
  #rows = new Map();
  #limit = SLICE;
  /** @type {Upload[]} */
  #uploads = [];
  /** @type {import("./faces.js").Mood | null} */
  #mood = null;

  /**
   * @param {object} wiring
   * @param {HTMLDetailsElement} wiring.place
   * @param {HTMLTemplateElement} wiring.template of a row
   * @param {(upload: Upload) => void} wiring.onRemove
   */
  constructor({ place, template, onRemove }) {
    this.place = place;
    this.list = find(".queue", place);
    this.template = template;
    this.onRemove = onRemove;
    place.addEventListener("toggle", () => this.#draw());
    const more = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting) || this.#limit >= this.#uploads.length) return;
        this.#limit += SLICE;
        this.#draw();
      },
      { rootMargin: "1200px" },
    );
    more.observe(find("[data-more-before]", place));
  }

  /** @param {Upload[]} uploads the newest first @param {import("./faces.js").Mood} mood */
  show(uploads, mood) {
    this.#uploads = uploads;
    this.#mood = mood;
    this.place.hidden = uploads.length === 0;
    if (uploads.length) find("[data-before]", this.place).textContent = RECEIPT.before(uploads.length);
    this.#draw();
  }

  /** Out of the way, with what was made of it. */
  fold() {
    this.place.open = false;
    this.#limit = SLICE;
  }

  #draw() {
    if (!this.#mood || !this.place.open) return;
    const visible = this.#uploads.slice(0, this.#limit);
    this.#forget(new Set(visible.map(({ id }) => id)));
    let place = this.list.firstElementChild;
    for (const upload of visible) {
      const element = this.#paint(upload, this.#mood);
      if (element === place) place = place.nextElementSibling;
      else this.list.insertBefore(element, place);
    }
  }

  /** Lets go of rows that are on the list no more; the focus goes to a neighbour. @param {Set<string>} listed */
  #forget(listed) {
    for (const [id, { element }] of this.#rows) {
      if (listed.has(id)) continue;
      const next = element.nextElementSibling ?? element.previousElementSibling;
      const focused = element.contains(document.activeElement);
      element.remove();
      this.#rows.delete(id);
      if (focused) (next?.querySelector("button:not([hidden])") ?? find("summary", this.place)).focus();
    }
  }

  /** @param {Upload} upload @param {import("./faces.js").Mood} mood @returns {HTMLElement} */
  #paint(upload, mood) {
    const row = this.#rows.get(upload.id) ?? this.#make(upload);
    const face = faceOfUpload(upload, mood);
    const shown = JSON.stringify(face);
    if (shown === row.shown) return row.element;
    row.shown = shown;
    const { element } = row;
    element.dataset.state = face.state;
    find("[data-chip]", element).className = `chip ${face.tone}`.trim();
    setIcon(find("[data-chip] use", element), face.icon);
    find("[data-word]", element).textContent = face.chip;
    find("[data-note]", element).textContent = face.note;
    find("[data-note]", element).hidden = !face.note;
    find("[data-remove]", element).hidden = face.action !== "remove";
    find("[data-no-action]", element).hidden = face.action !== "";
    return element;
  }

  /** @param {Upload} upload */
  #make(upload) {
    const copy = /** @type {DocumentFragment} */ (this.template.content.cloneNode(true));
    const element = find(".queue-item", copy);
    const { filename } = upload;
    element.dataset.name = filename;
    const name = find("[data-fname]", element);
    name.title = filename;
    nameParts(filename).forEach((part, i) => {
      name.children[i].textContent = part;
    });
    find("[data-size]", element).textContent = size(upload.size);
    find("progress", element).remove();
    setIcon(find("[data-thumb] use", element), kindOf(filename, ""));
    labelButton(find("[data-remove]", element), ROW.remove(filename));
    find("[data-remove]", element).addEventListener("click", () => this.onRemove(upload));
    const row = { element, shown: "" };
    this.#rows.set(upload.id, row);
    return row;
  }
}
