/** What the server holds of this guest already, by upload id and by key. */

/** @typedef {import("./api.js").Upload} Upload */

export class Ledger {
  /** @type {Map<string, Upload>} */
  #byId = new Map();
  /** @type {Upload[]} what was there when the page was opened */
  #earlier = [];
  /** @type {Set<string>} the names and sizes of those */
  #looks = new Set();

  /**
   * The listing at the page's opening: what earlier visits sent.
   * @param {Upload[]} uploads
   */
  open(uploads) {
    this.#earlier = uploads.filter((upload) => upload.status !== "discarded");
    this.#looks = new Set(this.#earlier.map((upload) => look(upload.filename, upload.size)));
    this.learn(uploads);
  }

  /** @param {Upload[]} uploads */
  learn(uploads) {
    for (const upload of uploads) this.#byId.set(upload.id, upload);
  }

  /**
   * News of one upload. Of an unknown one the rest is learned with the next listing.
   * @param {string} id
   * @param {string} status
   */
  hear(id, status) {
    const known = this.#byId.get(id);
    this.#byId.set(id, { key: "", filename: "", size: 0, offset: 0, ...known, id, status });
  }

  /** @param {string} id @returns {string} the server's last word, or "" */
  statusOf(id) {
    return this.#byId.get(id)?.status ?? "";
  }

  /** @param {string} key @returns {Upload | undefined} */
  withKey(key) {
    for (const upload of this.#byId.values()) if (upload.key === key) return upload;
    return undefined;
  }

  /**
   * Whether a file seems to be one that an earlier visit sent, wholly or in part.
   * @param {{name: string, size: number}} file
   */
  seemsEarlier(file) {
    return this.#looks.has(look(file.name, file.size));
  }

  /** @returns {{files: number, safe: number, unfinished: number}} counts of what earlier visits sent */
  earlier() {
    const unfinished = this.#earlier.filter((upload) => upload.status === "receiving").length;
    return { files: this.#earlier.length, safe: this.#earlier.length - unfinished, unfinished };
  }
}

/** @param {string} name @param {number} size */
const look = (name, size) => `${size} ${name.normalize("NFC")}`;
