/**
 * Keeps a phone's screen on while files are sent: in the dark it stops the page. A browser without wake locks, or one
 * that refuses them (to save the battery), leaves that to the guest, who is told.
 */

export class Awake {
  #wanted = false;
  /** @type {Promise<WakeLockSentinel | null> | null} */
  #held = null;

  /**
   * @param {(alone: boolean) => void} onAlone whether the guest has to keep the screen on
   * @param {WakeLock | undefined} [locks] undefined where the browser has none, as on plain http
   */
  constructor(onAlone, locks = navigator.wakeLock) {
    this.onAlone = onAlone;
    this.locks = locks;
    // The browser takes a lock back whenever the page is hidden.
    document.addEventListener("visibilitychange", () => this.#hold());
  }

  /** @param {boolean} sending */
  want(sending) {
    if (sending === this.#wanted) return;
    this.#wanted = sending;
    if (sending) this.#hold();
    else this.#release();
  }

  async #hold() {
    if (!this.#wanted || this.#held || document.visibilityState === "hidden") return;
    const asked = this.#request();
    this.#held = asked;
    const lock = await asked;
    const forget = () => {
      if (this.#held === asked) this.#held = null;
    };
    if (lock) lock.addEventListener("release", forget);
    else forget();
    this.onAlone(this.#wanted && lock === null);
  }

  /** @returns {Promise<WakeLockSentinel | null>} null when it is refused */
  async #request() {
    try {
      return (await this.locks?.request("screen")) ?? null;
    } catch (refused) {
      return null;
    }
  }

  async #release() {
    const asked = this.#held;
    this.#held = null;
    this.onAlone(false);
    await (await asked)?.release();
  }
}
