/** How fast bytes leave, and how long the rest takes. Pure: the caller brings the clock. */

const WINDOW = 20_000; // ms that the speed is measured over
const QUIET = 5_000; // ms at the start in which no time is told

export class Pace {
  /** @type {{at: number, bytes: number}[]} */
  #samples = [];
  #since = 0;

  /**
   * Bytes that left just now.
   * @param {number} now ms
   * @param {number} bytes
   */
  note(now, bytes) {
    if (bytes <= 0) return;
    if (!this.#samples.length) this.#since = now;
    const last = this.#samples.at(-1);
    if (last && now - last.at < 250) last.bytes += bytes;
    else this.#samples.push({ at: now, bytes });
    while (this.#samples[0].at < now - WINDOW) this.#samples.shift();
  }

  /** Sending stopped: the next bytes begin a new measurement. */
  reset() {
    this.#samples = [];
  }

  /**
   * @param {number} now ms
   * @returns {number | null} bytes per second, or null while it is too early to tell, or nothing leaves
   */
  speed(now) {
    if (!this.#samples.length || now - this.#since < QUIET) return null;
    const span = Math.min(WINDOW, now - this.#since);
    const fresh = this.#samples.filter((sample) => sample.at >= now - WINDOW);
    const sent = fresh.reduce((sum, sample) => sum + sample.bytes, 0);
    return sent > 0 ? sent / (span / 1000) : null;
  }
}
