/** The list of files: one row each, in the queue's order, made in slices so that long lists stay quick. */

import { find, labelButton, setIcon } from "./elements.js";
import { faceOf } from "./faces.js";
import { nameParts, size } from "./format.js";
import { Thumbnails } from "./thumbnails.js";
import { ROW } from "./words.js";

const SLICE = 200; // rows

/**
 * @typedef {import("./queue.js").Item} Item
 * @typedef {object} Row a row's element and what it shows now
 * @property {HTMLElement} element
 * @property {string} shown the face as JSON, so that nothing is written twice
 */

export class Rows {
  /** @type {Map<Item, Row>} */
  #rows = new Map();
  #limit = SLICE;
  #filter = "all";
  #total = 0;

  /**
   * @param {object} wiring
   * @param {HTMLElement} wiring.section holds list, filter and `[data-more]`
   * @param {HTMLTemplateElement} wiring.template
   * @param {Thumbnails} wiring.thumbnails
   * @param {(item: Item, action: "leave" | "stop" | "retry" | "remove") => void} wiring.onAction
   * @param {() => void} wiring.onChange the filter or the visible slice changed: show again
   */
  constructor({ section, template, thumbnails, onAction, onChange }) {
    this.list = find(".queue", section);
    this.section = section;
    this.template = template;
    this.thumbnails = thumbnails;
    this.onAction = onAction;
    const more = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting) || this.#limit >= this.#total) return;
        this.#limit += SLICE;
        onChange();
      },
      { rootMargin: "1200px" },
    );
    more.observe(find("[data-more]", section));
    section.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-filter]") : null;
      if (!(button instanceof HTMLElement)) return;
      this.#choose(button.dataset.filter ?? "all");
      onChange();
    });
  }

  /**
   * Brings the list to the queue's state.
   * @param {import("./queue.js").Queue} queue
   * @param {import("./queue.js").Counts} counts
   * @param {import("./faces.js").Mood} mood
   */
  show(queue, counts, mood) {
    this.#count("all", counts.total);
    this.#count("sending", counts.unsent);
    this.#count("received", counts.received);
    this.#count("failed", counts.failed + counts.refused);
    const items = queue.shown(this.#filter);
    this.#total = items.length;
    const visible = items.slice(0, this.#limit);
    this.#forget(new Set(queue.items));
    for (const item of visible) this.#paint(item, mood);
    this.#arrange(visible);
  }

  /** @param {string} filter @param {number} n */
  #count(filter, n) {
    const place = find(`[data-filter="${filter}"] [data-count]`, this.section);
    if (place.textContent !== String(n)) place.textContent = String(n);
  }

  /** @param {string} filter */
  #choose(filter) {
    this.#filter = filter;
    this.#limit = SLICE;
    for (const button of this.section.querySelectorAll("[data-filter]")) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-filter") === filter));
    }
  }

  /** Lets go of rows whose file is no longer listed. @param {Set<Item>} listed */
  #forget(listed) {
    for (const [item, row] of this.#rows) {
      if (listed.has(item)) continue;
      const next = row.element.nextElementSibling ?? row.element.previousElementSibling;
      const focused = row.element.contains(document.activeElement);
      row.element.remove();
      this.#rows.delete(item);
      this.thumbnails.release(item);
      if (focused) (next?.querySelector("button:not([hidden])") ?? find("h2", this.section)).focus();
    }
  }

  /** Puts the rows into order with as few moves as it takes; the focus stays where it is. @param {Item[]} items */
  #arrange(items) {
    const focused = document.activeElement;
    let place = this.list.firstElementChild;
    for (const item of items) {
      const { element } = this.#rows.get(item);
      if (element !== place && element === place?.nextElementSibling) {
        const late = place;
        place = element;
        late.remove();
      }
      if (element === place) place = place.nextElementSibling;
      else this.list.insertBefore(element, place);
    }
    while (place) {
      const next = place.nextElementSibling;
      place.remove();
      place = next;
    }
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.list.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }

  /** @param {Item} item @param {import("./faces.js").Mood} mood */
  #paint(item, mood) {
    const row = this.#rows.get(item) ?? this.#make(item);
    const face = faceOf(item, mood);
    const shown = JSON.stringify(face);
    if (shown === row.shown) return;
    row.shown = shown;
    const { element } = row;
    element.dataset.state = face.state;
    find("[data-chip]", element).className = `chip ${face.tone}`.trim();
    setIcon(find("[data-chip] use", element), face.icon);
    find("[data-word]", element).textContent = face.chip;
    const note = find("[data-note]", element);
    note.textContent = face.note;
    note.className = face.noteTone === "error" ? "text-error" : "";
    note.hidden = !face.note;
    const bar = /** @type {HTMLProgressElement} */ (find("progress", element));
    bar.hidden = face.bar === null;
    bar.value = face.bar ?? 0;
    bar.classList.toggle("meter-sun", face.resting);
    this.#offer(element, item, face.action);
  }

  /** Shows the row's one action. @param {HTMLElement} element @param {Item} item @param {string} action */
  #offer(element, item, action) {
    const cross = find("[data-cross]", element);
    const retry = find("[data-retry]", element);
    const [said, tip] = action === "stop" ? ROW.stop(item.name) : ROW.leaveOut(item.name);
    cross.hidden = action !== "leave" && action !== "stop";
    cross.setAttribute("aria-label", said);
    cross.dataset.tip = tip;
    retry.hidden = action !== "retry";
    find("[data-remove]", element).hidden = action !== "remove";
    find("[data-no-action]", element).hidden = action !== "";
  }

  /** @param {Item} item @returns {Row} */
  #make(item) {
    const copy = /** @type {DocumentFragment} */ (this.template.content.cloneNode(true));
    const element = find(".queue-item", copy);
    element.dataset.name = item.name;
    const name = find("[data-fname]", element);
    name.title = item.name;
    const [start, end] = nameParts(item.name);
    name.children[0].textContent = start;
    name.children[1].textContent = end;
    find("[data-size]", element).textContent = size(item.size);
    find("progress", element).setAttribute("aria-label", item.name);
    find("[data-retry]", element).setAttribute("aria-label", ROW.retry(item.name));
    labelButton(find("[data-remove]", element), ROW.remove(item.name));
    find("[data-remove]", element).addEventListener("click", () => this.onAction(item, "remove"));
    find("[data-cross]", element).addEventListener("click", () => this.onAction(item, "leave"));
    find("[data-retry]", element).addEventListener("click", () => this.onAction(item, "retry"));
    const thumb = find("[data-thumb]", element);
    setIcon(find("use", thumb), pictogram(item));
    this.thumbnails.watch(element, item, (url) => {
      const picture = new Image();
      picture.alt = "";
      picture.src = url;
      thumb.replaceChildren(picture);
    });
    const row = { element, shown: "" };
    this.#rows.set(item, row);
    return row;
  }
}

/** @param {Item} item @returns {string} the icon of a file without a picture */
function pictogram(item) {
  if (item.kind === "video") return "video";
  return item.reason === "wrong_type" && !item.file.type.startsWith("image/") ? "file" : "image";
}
