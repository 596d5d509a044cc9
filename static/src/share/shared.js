/** Part of the guest's page, loaded only where something shared waits for it: hands that over, and lets go what arrived. */

import { isSafe } from "../guest/queue.js";
import { all, put, remove } from "./store.js";

/** @typedef {import("../guest/queue.js").Item} Item */

export class Handover {
  /** @type {Map<File, number>} */
  #ids = new Map();

  /**
   * Puts what waits for this page on its list. Of two pages at the same link the first one has it until it is closed.
   * @param {string} path
   * @param {(files: File[]) => void} choose
   */
  async begin(path, choose) {
    if (navigator.locks) {
      const free = new Promise((told) => {
        navigator.locks.request(`drop-shared ${path}`, { ifAvailable: true }, (lock) => {
          told(lock !== null);
          return lock && new Promise(() => {}); // held as long as the page is there
        });
      });
      if (!(await free)) return;
    }
    const waiting = (await all()).filter(({ to }) => to === path);
    if (!waiting.length) return;
    for (const { id, file } of waiting) this.#ids.set(file, id);
    await put(waiting.map((each) => ({ ...each, handed: true })));
    choose(waiting.map(({ file }) => file));
  }

  /**
   * Something happened to a file of the list.
   * @param {Item} item
   * @param {boolean} listed false once it was left out by hand
   */
  note(item, listed) {
    const id = this.#ids.get(item.file);
    if (id === undefined || (listed && !isSafe(item))) return;
    this.#ids.delete(item.file);
    remove([id]);
  }
}
