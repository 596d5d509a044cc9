/** The shared items as small pictures, each of which can be left out. */

import { find, setIcon } from "../guest/elements.js";
import { size } from "../guest/format.js";
import { kindOf } from "../guest/limits.js";
import { Thumbnails } from "../guest/thumbnails.js";
import { ROW, SHARE } from "../guest/words.js";

/** @typedef {{id: string, name: string, size: number, type?: string, file?: File}} Thing `file` where the browser has it */

export class Preview {
  /** @type {Map<string, Element>} */
  #shown = new Map();
  #thumbnails = new Thumbnails();

  /** @param {(id: string) => void} onLeaveOut */
  constructor(onLeaveOut) {
    this.onLeaveOut = onLeaveOut;
    this.list = find("[data-items]");
    this.template = /** @type {HTMLTemplateElement} */ (find("#shared-template"));
  }

  /** @returns {boolean} whether anything is shown */
  get some() {
    return this.#shown.size > 0;
  }

  /** @param {Thing[]} things */
  show(things) {
    const ids = new Set(things.map(({ id }) => id));
    for (const [id, element] of this.#shown) {
      if (ids.has(id)) continue;
      element.remove();
      this.#shown.delete(id);
    }
    for (const thing of things) if (!this.#shown.has(thing.id)) this.#add(thing);
    const bytes = things.reduce((sum, thing) => sum + thing.size, 0);
    find("[data-total]").textContent = things.length ? SHARE.items(things.length, size(bytes)) : "";
    find("[data-upload-word]").textContent = SHARE.upload(things.length);
  }

  /** @param {Thing} thing */
  #add(thing) {
    const element = /** @type {DocumentFragment} */ (this.template.content.cloneNode(true)).firstElementChild;
    if (!element) return;
    const { id, name, file } = thing;
    const kind = kindOf(name, file?.type ?? thing.type ?? "");
    const thumb = find("[data-thumb]", element);
    setIcon(find("use", thumb), kind);
    find("[data-name]", element).textContent = name;
    const button = find("button", element);
    button.setAttribute("aria-label", ROW.leaveOut(name)[0]);
    button.addEventListener("click", () => this.onLeaveOut(id));
    if (file) {
      const item = /** @type {import("../guest/queue.js").Item} */ ({ file, size: thing.size });
      this.#thumbnails.watch(element, item, (url) => {
        const picture = new Image();
        picture.alt = "";
        picture.src = url;
        thumb.replaceChildren(picture);
      });
    }
    this.list.append(element);
    this.#shown.set(id, element);
  }
}
