/** What this device shared and waits for this page. The code is loaded only where there is something. */

import { recall } from "../device.js";

export const WAITS = "drop-shared"; // what the device remembers while something waits
export const BACK = "back"; // in the address of a page that only had to ask for its password

/** @typedef {import("../share/shared.js").Handover} Handover */

export class Shared {
  /** @type {Handover | undefined} */
  #handover;

  /**
   * Puts what waits on the page's list, or leads back to the preview.
   * @param {string} address of the code
   * @param {string} path the page's
   * @param {(files: File[]) => void} choose
   */
  async begin(address, path, choose) {
    if (new URLSearchParams(location.search).has(BACK)) location.replace("/share");
    if (!address || !recall(WAITS)) return;
    const { Handover } = await import(address);
    this.#handover = new Handover();
    await this.#handover?.begin(path, choose);
  }

  /** @param {import("./queue.js").Item} item @param {boolean} listed */
  note(item, listed) {
    this.#handover?.note(item, listed);
  }
}
