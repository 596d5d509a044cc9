/** What the server holds of this guest already, by upload id and by key. */

import { phaseOf } from "./queue.js";

/** @typedef {import("./api.js").Upload} Upload */

export class Ledger {
  /** @type {Map<string, Upload>} */
  #byId = new Map();
  /** @type {Map<string, string>} ids by key */
  #idOf = new Map();
  /** @type {string[]} ids of what was there when the page was opened */
  #earlier = [];
  /** @type {Set<string>} the names and sizes of those */
  #looks = new Set();
  /** @type {Set<number>} the sizes of those that are complete */
  #sizes = new Set();

  /**
   * The listing at the page's opening: what earlier visits sent.
   * @param {Upload[]} uploads
   */
  open(uploads) {
    this.#earlier = uploads.map((upload) => upload.id);
    this.learn(uploads);
    this.#sort();
  }

  /** Looks through what earlier visits sent, of which some may be thrown away by now. */
  #sort() {
    const earlier = this.#before();
    this.#looks = new Set(earlier.map((upload) => look(upload.filename, upload.size)));
    this.#sizes = new Set(earlier.filter(isWhole).map((upload) => upload.size));
  }

  /** @returns {Upload[]} what earlier visits sent, as it is now */
  #before() {
    return this.#earlier.map((id) => this.#byId.get(id)).filter((upload) => upload.status !== "discarded");
  }

  /** @param {Upload[]} uploads */
  learn(uploads) {
    for (const upload of uploads) this.#note(upload);
  }

  /**
   * News of one upload. Of an unknown one the rest is learned with the next listing.
   * @param {string} id
   * @param {string} status
   */
  hear(id, status) {
    const known = this.#byId.get(id);
    this.#byId.set(id, { key: "", filename: "", size: 0, offset: 0, ...known, id, status });
    if (status === "discarded" && known && known.status !== status) this.#sort();
  }

  /**
   * A file of this page is complete.
   * @param {import("./queue.js").Item} item
   */
  complete({ uploadId: id, key, name, size }) {
    const heard = this.#byId.get(id);
    const told = heard?.size ? heard : { id, key, filename: name, size };
    const status = heard && heard.status !== "receiving" ? heard.status : "received";
    this.#note({ receivedAt: new Date().toISOString(), ...told, offset: size, status });
  }

  /** @param {string} id @returns {string} the server's last word, or "" */
  statusOf(id) {
    return this.#byId.get(id)?.status ?? "";
  }

  /** @param {string} key @returns {Upload | undefined} */
  withKey(key) {
    return this.#byId.get(this.#idOf.get(key) ?? "");
  }

  /** @param {Upload} upload */
  #note(upload) {
    this.#byId.set(upload.id, upload);
    this.#idOf.set(upload.key, upload.id);
  }

  /**
   * Whether a file seems to be one that an earlier visit sent, wholly or in part, under this name or another.
   * @param {{name: string, size: number}} file
   */
  seemsEarlier(file) {
    return this.#looks.has(look(file.name, file.size)) || this.sentEarlier(file.size);
  }

  /** @param {number} size bytes @returns {boolean} whether an earlier visit sent a whole file of this size */
  sentEarlier(size) {
    return this.#sizes.has(size);
  }

  /**
   * The upload that most likely is a file known by its content alone: one of its size, best of its name and not yet
   * shown as another file's.
   * @param {{name: string, size: number}} file
   * @param {Set<string>} taken ids of uploads that are shown already
   * @returns {Upload | undefined}
   */
  bestFor(file, taken) {
    const name = file.name.normalize("NFC");
    const rank = (upload) => (taken.has(upload.id) ? 0 : 2) + (upload.filename === name ? 1 : 0);
    return [...this.#byId.values()]
      .filter((upload) => upload.size === file.size && isWhole(upload))
      .reduce((best, upload) => (best && rank(best) >= rank(upload) ? best : upload), undefined);
  }

  /** @returns {{files: number, safe: number, unfinished: number}} counts of what earlier visits sent */
  earlier() {
    const before = this.#before();
    const unfinished = before.filter((upload) => upload.status === "receiving").length;
    return { files: before.length, safe: before.length - unfinished, unfinished };
  }

  /** @returns {Upload[]} all that the server holds whole of this guest, or passed on, the oldest first */
  whole() {
    return [...this.#byId.values()].filter((upload) => upload.filename && isWhole(upload));
  }

  /** @returns {boolean} whether the server may still have news of them */
  awaitsNews() {
    return this.whole().some(({ status }) => status !== "failed" && AWAITED.has(phaseOf(status)));
  }
}

/** Phases that are not the last. */
const AWAITED = new Set(["received", "held"]);

/** @param {Upload} upload @returns {boolean} whether the server holds all of it, or passed it on */
const isWhole = ({ status }) => status !== "receiving" && status !== "discarded";

/** @param {string} name @param {number} size */
const look = (name, size) => `${size} ${name.normalize("NFC")}`;
