/**
 * Puts chosen files into the queue, in the order of choosing and with the limits applied. A browser asks the device for a
 * file's size only when it is read, which for thousands takes seconds: in between the page gets its turn.
 */

import { refusalOf, withoutCounts } from "./limits.js";

const TURN = 16; // ms

export class Choosing {
  #line = Promise.resolve();

  /**
   * @param {object} wiring
   * @param {import("./queue.js").Queue} wiring.queue
   * @param {import("./ledger.js").Ledger} wiring.ledger
   * @param {import("./limits.js").Limits} wiring.limits
   * @param {string[]} wiring.accept accepted endings; empty: all
   * @param {() => number} [wiring.now] ms
   */
  constructor({ queue, ledger, limits, accept, now = () => performance.now() }) {
    this.queue = queue;
    this.ledger = ledger;
    this.limits = limits;
    this.accept = accept;
    this.now = now;
  }

  /**
   * Adds files behind those that are still being added.
   * @param {File[]} files
   * @returns {Promise<void>} when all are in the queue
   */
  add(files) {
    this.#line = this.#line.then(() => this.#add(files));
    return this.#line;
  }

  /** @param {File[]} files */
  async #add(files) {
    const taken = this.#taken();
    let until = this.now() + TURN;
    for (const file of files) {
      if (this.now() >= until) {
        await new Promise((resolve) => setTimeout(resolve));
        until = this.now() + TURN;
      }
      const again = this.ledger.seemsEarlier(file) || this.queue.holds(file.size);
      const refusal = refusalOf(file, again ? withoutCounts(this.limits) : this.limits, this.accept, taken);
      this.queue.add(file, refusal);
      if (refusal || again) continue;
      taken.files += 1;
      taken.bytes += file.size;
    }
  }

  /** What counts against the limits already. */
  #taken() {
    const counts = (item) => !(item.phase === "refused" || item.again || this.ledger.seemsEarlier(item));
    const fresh = this.queue.items.filter(counts);
    return {
      files: fresh.length,
      earlier: this.ledger.earlier().files,
      bytes: fresh.reduce((sum, item) => sum + item.size, 0),
    };
  }
}
