/** The chosen files and what is true of each. Pure: no page, no network; whoever shows it listens to `onChange`. */

import { kindOf } from "./limits.js";

/**
 * @typedef {"waiting" | "sending" | "received" | "held" | "delivered" | "duplicate" | "failed" | "refused" | "removed"} Phase
 *
 * @typedef {object} Item one chosen file
 * @property {number} id in the order of choosing
 * @property {File} file
 * @property {string} name
 * @property {number} size bytes
 * @property {"image" | "video"} kind
 * @property {Phase} phase
 * @property {number} sent bytes that have left, acknowledged or not
 * @property {string} reason the code of a failure or refusal, or ""
 * @property {string} print fingerprint, or "" while unknown
 * @property {string} key the upload's key: fingerprint and ordinal, or "" while unknown
 * @property {string} url where the upload goes on, or "" before its creation
 * @property {string} uploadId the server's name for it, or ""
 * @property {boolean} resumed whether a part was sent in an earlier visit
 * @property {boolean} stalled whether the connection is being tried again
 * @property {boolean} again whether a complete file of its size was on the list when it was chosen
 * @property {boolean} checking whether the server is asked if it has the file already; not sent until it answers
 *
 * @typedef {object} Counts
 * @property {number} total files that count
 * @property {number} received all that is safe, whatever came of it
 * @property {number} unsent waiting or sending
 * @property {number} sending
 * @property {number} failed another try may help
 * @property {number} refused no further try helps
 * @property {number} held waiting for the host's eyes
 * @property {number} delivered
 * @property {number} duplicate
 * @property {number} bytesLeft
 */

/** The server's words for an upload that is complete, and the phase that each means for the guest. */
const PHASE_OF = {
  received: "received",
  delivering: "received",
  waiting: "received",
  failed: "received", // the host sees the problem; the bytes are kept
  held: "held",
  delivered: "delivered",
  duplicate: "duplicate",
  discarded: "removed",
};

/** @param {string} status the server's word @returns {Phase | undefined} what it means for the guest, once complete */
export const phaseOf = (status) => PHASE_OF[status];

const RANK = {
  waiting: 0,
  sending: 0,
  failed: 0,
  refused: 0,
  received: 1,
  held: 1,
  delivered: 2,
  duplicate: 2,
  removed: 3,
};

const SAFE = new Set(["received", "held", "delivered", "duplicate"]);

/** @param {Item} item @returns {boolean} whether the server holds all its bytes, or passed them on */
export const isSafe = (item) => SAFE.has(item.phase);

/** @param {Item} item @returns {boolean} whether bytes are still to be sent without the guest doing anything */
export const isUnsent = (item) => item.phase === "waiting" || item.phase === "sending";

/** @param {Item} item @returns {boolean} whether the server may still have news of it */
export const awaitsNews = (item) => item.phase === "received" || item.phase === "held";

export class Queue {
  /** @type {Item[]} in the order of choosing */
  items = [];
  #nextId = 1;
  /** @type {Set<Item>} the same items */
  #listed = new Set();
  /** @type {Map<number, number>} how many complete files there are of each size */
  #safe = new Map();
  /** @type {Map<string, Set<Item>>} by the server's name for the upload */
  #uploads = new Map();
  #onChange;

  /** @param {(item: Item) => void} [onChange] called after every change of an item */
  constructor(onChange = () => {}) {
    this.#onChange = onChange;
  }

  /**
   * Adds a file to the end.
   * @param {File} file
   * @param {string} refusal the code that refuses it, or ""
   * @returns {Item}
   */
  add(file, refusal = "") {
    /** @type {Item} */
    const item = {
      id: this.#nextId,
      file,
      name: file.name,
      size: file.size,
      kind: kindOf(file.name, file.type),
      phase: refusal ? "refused" : "waiting",
      sent: 0,
      reason: refusal,
      print: "",
      key: "",
      url: "",
      uploadId: "",
      resumed: false,
      stalled: false,
      again: this.holds(file.size),
      checking: false,
    };
    this.#nextId += 1;
    this.items.push(item);
    this.#listed.add(item);
    this.#onChange(item);
    return item;
  }

  /** @param {number} size bytes @returns {boolean} whether a complete file of this size is on the list */
  holds(size) {
    return (this.#safe.get(size) ?? 0) > 0;
  }

  /** @param {string} uploadId @returns {Item[]} the files that are shown as this upload */
  withUpload(uploadId) {
    return [...(this.#uploads.get(uploadId) ?? [])];
  }

  /** @param {Item} item @returns {boolean} */
  has(item) {
    return this.#listed.has(item);
  }

  /** Takes a file off the list. @param {Item} item */
  remove(item) {
    this.items = this.items.filter((other) => other !== item);
    this.#count(item, -1);
    this.#listed.delete(item);
    this.#onChange(item);
  }

  /**
   * Changes an item that isn't complete yet; a complete one never goes back.
   * @param {Item} item
   * @param {Partial<Item>} change
   * @returns {boolean} whether it was taken
   */
  update(item, change) {
    if (RANK[item.phase] > 0) return false;
    this.#apply(item, change);
    return true;
  }

  /**
   * The server acknowledged the last byte.
   * @param {Item} item
   */
  complete(item) {
    this.update(item, { phase: "received", sent: item.size, stalled: false, reason: "" });
  }

  /**
   * Applies the server's word for an upload. Only forward: late and repeated news change nothing.
   * @param {Item} item
   * @param {string} status the server's word
   * @returns {boolean} whether anything changed
   */
  report(item, status) {
    const phase = PHASE_OF[status];
    if (!phase || phase === item.phase || RANK[phase] < RANK[item.phase]) return false;
    if (RANK[phase] === 2 && RANK[item.phase] === 2) return false;
    if (phase === "removed" && !isSafe(item)) return false; // an unfinished part that expired: it is sent anew
    this.#apply(item, { phase, sent: item.size, stalled: false, reason: "" });
    return true;
  }

  /** @param {Item} item @param {Partial<Item>} change */
  #apply(item, change) {
    this.#count(item, -1);
    Object.assign(item, change);
    this.#count(item, 1);
    this.#onChange(item);
  }

  /** Takes an item out of what is counted by size and found by upload, or puts it in. @param {Item} item @param {1 | -1} by */
  #count(item, by) {
    if (!this.has(item)) return;
    if (isSafe(item)) this.#safe.set(item.size, (this.#safe.get(item.size) ?? 0) + by);
    if (!item.uploadId) return;
    const shown = this.#uploads.get(item.uploadId) ?? new Set();
    if (by > 0) this.#uploads.set(item.uploadId, shown.add(item));
    else shown.delete(item);
  }

  /** @returns {Counts} */
  counts() {
    const sum = {
      total: 0,
      received: 0,
      unsent: 0,
      sending: 0,
      failed: 0,
      refused: 0,
      held: 0,
      delivered: 0,
      duplicate: 0,
      bytesLeft: 0,
    };
    for (const item of this.items) {
      if (item.phase === "removed") continue;
      sum.total += 1;
      if (isSafe(item)) sum.received += 1;
      if (isUnsent(item)) {
        sum.unsent += 1;
        sum.bytesLeft += Math.max(0, item.size - item.sent);
      }
      if (item.phase in sum && item.phase !== "received") sum[item.phase] += 1;
    }
    return sum;
  }

  /**
   * The list as it is shown: sending and failed first, then waiting, then finished, each in the order of choosing.
   * @param {"all" | "sending" | "received" | "failed"} filter
   * @returns {Item[]}
   */
  shown(filter = "all") {
    const groups = [[], [], []];
    for (const item of this.items) {
      if (matches(item, filter)) groups[groupOf(item)].push(item);
    }
    return groups.flat();
  }
}

/** @param {Item} item @param {string} filter */
function matches(item, filter) {
  if (filter === "sending") return isUnsent(item);
  if (filter === "received") return isSafe(item);
  if (filter === "failed") return item.phase === "failed" || item.phase === "refused";
  return true;
}

/** @param {Item} item */
function groupOf(item) {
  if (item.phase === "waiting") return item.sent > 0 && item.url ? 0 : 1;
  return isSafe(item) || item.phase === "removed" ? 2 : 0;
}
