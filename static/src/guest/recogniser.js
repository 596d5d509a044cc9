/**
 * Finds out what each chosen file is before its turn comes: its key, what an earlier visit sent of it, and whether the
 * server has the very same bytes under another name.
 */

import { LARGEST } from "./known.js";
import { nextInTurn } from "./turns.js";

const AHEAD = 20; // files looked at before their turn

/** @typedef {import("./queue.js").Item} Item */

export class Recogniser {
  /** @type {Map<string, number>} how often each fingerprint was chosen */
  #chosen = new Map();
  #looking = false;

  /**
   * @param {object} wiring
   * @param {import("./queue.js").Queue} wiring.queue
   * @param {import("./ledger.js").Ledger} wiring.ledger
   * @param {(file: File) => Promise<string>} wiring.fingerprint
   * @param {(item: Item) => Promise<boolean>} wiring.known whether this guest sent the very same bytes before
   * @param {string} wiring.endpoint absolute address of the tus root, ends with /
   * @param {() => void} wiring.onReady a file may be sent now, or need not be
   * @param {(broken: Item) => void} wiring.onChosenAgain a file that failed was chosen once more
   */
  constructor({ queue, ledger, fingerprint, known, endpoint, onReady, onChosenAgain }) {
    this.queue = queue;
    this.ledger = ledger;
    this.fingerprint = fingerprint;
    this.known = known;
    this.endpoint = endpoint;
    this.onReady = onReady;
    this.onChosenAgain = onChosenAgain;
  }

  /** Fingerprints files one after another, some before their turn. */
  async look() {
    if (this.#looking) return;
    this.#looking = true;
    try {
      for (let item = this.#nextToLookAt(); item; item = this.#nextToLookAt()) {
        await this.#identify(item);
      }
    } finally {
      this.#looking = false;
    }
  }

  /** @returns {Item | undefined} */
  #nextToLookAt() {
    // After an earlier visit all are looked at, so that finished ones show it soon.
    const most = this.ledger.earlier().files ? Number.POSITIVE_INFINITY : AHEAD;
    let ahead = 0;
    for (const item of this.queue.items) {
      if (item.phase === "waiting" && item.key && !item.checking) ahead += 1;
      if (ahead >= most) return undefined;
    }
    return nextInTurn(this.queue.items, (item) => item.phase === "waiting" && !item.key);
  }

  /** @param {Item} item */
  async #identify(item) {
    let print;
    try {
      print = await this.fingerprint(item.file);
    } catch (unreadable) {
      this.queue.update(item, { phase: "failed", reason: "unreadable" });
      return;
    }
    if (!this.queue.has(item)) return;
    const broken = this.queue.items.find((other) => other.print === print && other.phase === "failed");
    if (broken && broken !== item) {
      this.queue.remove(item);
      this.onChosenAgain(broken);
      return;
    }
    this.queue.update(item, { print, key: this.#keyFor(print) });
    if (!this.#match(item) && this.#mayBeKnown(item)) this.#check(item);
    this.onReady();
  }

  /**
   * @param {string} print
   * @returns {string} the fingerprint with its ordinal; one that was thrown away is not used again
   */
  #keyFor(print) {
    let ordinal = this.#chosen.get(print) ?? 0;
    while (this.ledger.withKey(`${print}-${ordinal}`)?.status === "discarded") ordinal += 1;
    this.#chosen.set(print, ordinal + 1);
    return `${print}-${ordinal}`;
  }

  /**
   * Finds what an earlier visit sent of it.
   * @param {Item} item
   * @returns {boolean} whether there was anything
   */
  #match(item) {
    const sent = this.ledger.withKey(item.key);
    if (!sent) return false;
    this.queue.update(item, {
      uploadId: sent.id,
      url: this.#addressOf(sent),
      sent: Math.min(sent.offset, item.size),
      resumed: sent.status === "receiving" && sent.offset > 0,
    });
    this.queue.report(item, sent.status);
    return true;
  }

  /**
   * Whether the same bytes may have been sent under another name or date. Copies that are chosen together are not
   * meant: the first is still on its way, and each gets an upload of its own.
   * @param {Item} item
   */
  #mayBeKnown(item) {
    return item.size <= LARGEST && (item.again || this.ledger.sentEarlier(item.size));
  }

  /** Asks the server whether it has a file, while others are looked at and sent. @param {Item} item */
  async #check(item) {
    this.queue.update(item, { checking: true });
    const known = await this.known(item);
    this.queue.update(item, { checking: false });
    if (known && this.queue.has(item)) this.#settle(item);
    this.onReady();
  }

  /** Shows a file that the server has as the upload it is. @param {Item} item */
  #settle(item) {
    const shown = new Set(this.queue.items.map((other) => other.uploadId));
    const upload = this.ledger.bestFor(item, shown);
    if (!upload) return; // a listing too old to name it: it is sent, and is a duplicate at the worst
    this.queue.update(item, { uploadId: upload.id, url: this.#addressOf(upload) });
    this.queue.complete(item);
    this.queue.report(item, upload.status);
  }

  /** @param {import("./api.js").Upload} upload */
  #addressOf(upload) {
    return new URL(upload.id, this.endpoint).href;
  }
}
