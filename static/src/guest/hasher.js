/** The page's side of the worker that sums up files. Whatever goes wrong with it, files are simply sent. */

const PATIENCE = 60_000; // ms without an answer, after which the worker counts as dead

/** Starts the worker at an address. @param {string} address @returns {() => Worker} */
export const workerAt = (address) => () => new Worker(address);

export class Hasher {
  #start;
  #patience;
  /** @type {Worker | null} */
  #worker = null;
  #broken = false;
  #nextId = 1;
  #timer = 0;
  /** @type {Map<number, (sha1: string) => void>} */
  #waiting = new Map();

  /** @param {() => Worker} start @param {number} [patience] ms */
  constructor(start, patience = PATIENCE) {
    this.#start = start;
    this.#patience = patience;
  }

  /**
   * @param {File} file
   * @returns {Promise<string>} 40 hex digits, or "" where the file or the worker fails
   */
  sum(file) {
    if (!this.#ready()) return Promise.resolve("");
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#watch();
      try {
        this.#worker?.postMessage({ id, file });
      } catch (uncloneable) {
        this.#fail();
      }
    });
  }

  /** @returns {boolean} whether there is a worker, started with the first file */
  #ready() {
    if (this.#worker || this.#broken) return !this.#broken;
    try {
      this.#worker = this.#start();
    } catch (blocked) {
      this.#broken = true;
      return false;
    }
    this.#worker.addEventListener("message", ({ data }) => {
      this.#waiting.get(data.id)?.(data.sha1);
      this.#waiting.delete(data.id);
      this.#watch();
    });
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault(); // an old browser's trouble with the worker is none of the page's
      this.#fail();
    });
    return true;
  }

  /** Begins to wait for the next answer, if any is due. */
  #watch() {
    clearTimeout(this.#timer);
    if (this.#waiting.size) this.#timer = setTimeout(() => this.#fail(), this.#patience);
  }

  #fail() {
    this.#broken = true;
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    for (const resolve of this.#waiting.values()) resolve("");
    this.#waiting.clear();
  }
}
