/**
 * The same files again: asks the server which files it has of this guest, before any of their bytes are sent.
 * Files go together, so that a second choice of hundreds costs a handful of requests.
 */

import { Refused } from "./api.js";

export const LARGEST = 200_000_000; // bytes; summing up a larger file costs a phone too much
const MOST = 100; // files of one request
const GATHER = 500; // ms that a file waits for others

/** @typedef {import("./queue.js").Item} Item */

export class Known {
  /** @type {{item: Item, sha1: string, tell: (known: boolean) => void}[]} */
  #batch = [];
  #timer = 0;

  /**
   * @param {object} wiring
   * @param {(file: File) => Promise<string>} wiring.sum SHA-1, or "" when it can't be told
   * @param {(items: {key: string, size: number, sha1: string}[]) => Promise<string[]>} wiring.ask the keys of those
   *   that the server has
   * @param {number} [wiring.gather] ms
   */
  constructor({ sum, ask, gather = GATHER }) {
    this.sum = sum;
    this.ask = ask;
    this.gather = gather;
  }

  /**
   * Whether this guest sent the very same bytes through this link before. Says no when in doubt.
   * @param {Item} item
   * @returns {Promise<boolean>}
   */
  async has(item) {
    const sha1 = await this.sum(item.file);
    if (!sha1) return false;
    return new Promise((tell) => {
      this.#batch.push({ item, sha1, tell });
      if (this.#batch.length >= MOST) this.#send();
      else this.#timer ||= setTimeout(() => this.#send(), this.gather);
    });
  }

  async #send() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const batch = this.#batch;
    this.#batch = [];
    /** @type {Set<string>} */
    let keys = new Set();
    try {
      keys = new Set(await this.ask(batch.map(({ item, sha1 }) => ({ key: item.key, size: item.size, sha1 }))));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    } finally {
      for (const { item, tell } of batch) tell(keys.has(item.key));
    }
  }
}
