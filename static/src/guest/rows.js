/**
 * The list of files in the queue's order. However long it is, only the rows around the screen exist: a row that is
 * scrolled away is dressed anew for the file that comes into sight, and two empty blocks stand for the rest.
 */

import { find, labelButton, setIcon } from "./elements.js";
import { faceOf } from "./faces.js";
import { nameParts, size } from "./format.js";
import { ROW } from "./words.js";

const MARGIN = 32; // rows above and below the screen
const HEIGHT = 78; // px of a row until one is seen

/**
 * @typedef {import("./queue.js").Item} Item
 * @typedef {object} Row an element and what it shows now
 * @property {HTMLElement} element
 * @property {HTMLElement} icon in place of the picture
 * @property {Item | null} item
 * @property {string} shown the face as JSON, so that nothing is written twice
 */

/**
 * The rows that exist, of a list whose first row begins `above` px over the screen's upper edge.
 * @param {{total: number, above: number, screen: number, height: number}} place `screen` and `height` of a row in px
 * @returns {{first: number, end: number}} indexes; `end` is behind the last
 */
export function stretch({ total, above, screen, height }) {
  const most = Math.ceil(screen / height) + 2 * MARGIN;
  const first = Math.max(0, Math.min(Math.floor(above / height) - MARGIN, total - most));
  return { first, end: Math.min(total, first + most) };
}

export class Rows {
  /** @type {Map<Item, Row>} */
  #rows = new Map();
  /** @type {Row[]} whose file is out of sight */
  #spare = [];
  #filter = "all";
  #height = HEIGHT;
  #first = 0;
  #drawing = false;
  /** @type {{queue: import("./queue.js").Queue, mood: import("./faces.js").Mood} | null} */
  #last = null;

  /**
   * @param {object} wiring
   * @param {HTMLElement} wiring.section holds list and filter, and `[data-above]` and `[data-below]` around the list
   * @param {HTMLTemplateElement} wiring.template
   * @param {import("./thumbnails.js").Thumbnails} wiring.thumbnails
   * @param {(item: Item, action: "leave" | "stop" | "retry" | "remove") => void} wiring.onAction
   */
  constructor({ section, template, thumbnails, onAction }) {
    this.list = find(".queue", section);
    this.above = find("[data-above]", section);
    this.below = find("[data-below]", section);
    this.section = section;
    this.template = template;
    this.thumbnails = thumbnails;
    this.onAction = onAction;
    section.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-filter]") : null;
      if (!(button instanceof HTMLElement)) return;
      this.#choose(button.dataset.filter ?? "all");
      this.#draw();
    });
    let frame = 0;
    const follow = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        this.#follow();
      });
    };
    addEventListener("scroll", follow, { passive: true });
    addEventListener("resize", follow);
    // A key that is held down moves the focus faster than a busy device draws.
    this.list.addEventListener("focusin", () => this.#follow());
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
    this.#last = { queue, mood };
    this.#draw();
  }

  /** @param {string} filter @param {number} n */
  #count(filter, n) {
    const place = find(`[data-filter="${filter}"] [data-count]`, this.section);
    if (place.textContent !== String(n)) place.textContent = String(n);
  }

  /** @param {string} filter */
  #choose(filter) {
    this.#filter = filter;
    for (const button of this.section.querySelectorAll("[data-filter]")) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-filter") === filter));
    }
  }

  /** The page was scrolled: draws anew before the rows that exist are through. */
  #follow() {
    const { height, top } = this.list.getBoundingClientRect();
    if (!height || this.#drawing) return; // drawing moves the focus, too
    const short = (MARGIN / 2) * this.#height;
    const { offsetHeight: above } = this.above;
    const { offsetHeight: below } = this.below;
    if ((above && top > -short) || (below && top + height < innerHeight + short)) this.#draw();
  }

  #draw() {
    if (!this.#last) return;
    this.#drawing = true;
    const { queue, mood } = this.#last;
    const items = queue.shown(this.#filter);
    const { first, end } = this.#place(items.length);
    const visible = items.slice(first, end);
    this.#keepFocus(items, visible, first);
    this.#forget(new Set(visible), queue);
    for (const item of visible) this.#paint(item, mood);
    this.#arrange(visible);
    this.#number(items, visible);
    this.#first = first;
    resize(this.above, first * this.#height);
    resize(this.below, (items.length - end) * this.#height);
    this.#drawing = false;
  }

  /** Measures where the screen stands. @param {number} total */
  #place(total) {
    const { height, top } = this.list.getBoundingClientRect();
    const rows = this.list.childElementCount;
    // Only while nothing is above: another height there would move what is being looked at.
    if (height && rows && this.#first === 0) this.#height = height / rows;
    const above = height ? this.#first * this.#height - top : 0;
    return stretch({ total, above, screen: innerHeight, height: this.#height });
  }

  /**
   * Lets the row with the focus stay while it is out of sight: as the first or the last.
   * @param {Item[]} items @param {Item[]} visible @param {number} first
   */
  #keepFocus(items, visible, first) {
    if (!this.list.contains(document.activeElement)) return;
    for (const [item, { element }] of this.#rows) {
      if (!element.contains(document.activeElement) || visible.includes(item)) continue;
      const index = items.indexOf(item);
      if (index >= first) visible.push(item);
      else if (index >= 0) visible.unshift(item);
      return;
    }
  }

  /**
   * Lets go of rows whose file is not to be seen.
   * @param {Set<Item>} visible @param {import("./queue.js").Queue} queue
   */
  #forget(visible, queue) {
    for (const [item, row] of this.#rows) {
      if (visible.has(item)) continue;
      const next = row.element.nextElementSibling ?? row.element.previousElementSibling;
      const focused = row.element.contains(document.activeElement);
      row.element.remove();
      this.#rows.delete(item);
      this.#spare.push(row);
      this.thumbnails.unwatch(row.element);
      if (!queue.has(item)) this.thumbnails.release(item);
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
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.list.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }

  /** Tells screen readers which row of how many each is, where not all exist. @param {Item[]} items @param {Item[]} visible */
  #number(items, visible) {
    const whole = visible.length === items.length;
    let index = -1;
    for (const item of visible) {
      index = items.indexOf(item, index + 1);
      const { element } = this.#rows.get(item);
      label(element, "aria-setsize", whole ? "" : String(items.length));
      label(element, "aria-posinset", whole ? "" : String(index + 1));
    }
  }

  /** @param {Item} item @param {import("./faces.js").Mood} mood */
  #paint(item, mood) {
    const row = this.#rows.get(item) ?? this.#dress(item);
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

  /** A row for a file that comes into sight. @param {Item} item @returns {Row} */
  #dress(item) {
    const row = this.#spare.pop() ?? this.#make();
    const { element, icon } = row;
    row.item = item;
    row.shown = "";
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
    const thumb = find("[data-thumb]", element);
    setIcon(find("use", icon), pictogram(item));
    thumb.replaceChildren(icon);
    this.thumbnails.watch(element, item, (url) => {
      const picture = new Image();
      picture.alt = "";
      picture.src = url;
      thumb.replaceChildren(picture);
    });
    this.#rows.set(item, row);
    return row;
  }

  /** @returns {Row} */
  #make() {
    const copy = /** @type {DocumentFragment} */ (this.template.content.cloneNode(true));
    const element = find(".queue-item", copy);
    /** @type {Row} */
    const row = { element, icon: find("[data-thumb] > *", element), item: null, shown: "" };
    /** @param {"leave" | "retry" | "remove"} action */
    const act = (action) => row.item && this.onAction(row.item, action);
    find("[data-cross]", element).addEventListener("click", () => act("leave"));
    find("[data-retry]", element).addEventListener("click", () => act("retry"));
    find("[data-remove]", element).addEventListener("click", () => act("remove"));
    return row;
  }
}

/** @param {HTMLElement} block @param {number} height px */
function resize(block, height) {
  const wanted = height ? `${Math.round(height)}px` : "";
  if (block.style.height !== wanted) block.style.height = wanted;
}

/** @param {Element} element @param {string} name @param {string} value "" takes it away */
function label(element, name, value) {
  if ((element.getAttribute(name) ?? "") === value) return;
  if (value) element.setAttribute(name, value);
  else element.removeAttribute(name);
}

/** @param {Item} item @returns {string} the icon of a file without a picture */
function pictogram(item) {
  if (item.kind === "video") return "video";
  return item.reason === "wrong_type" && !item.file.type.startsWith("image/") ? "file" : "image";
}
