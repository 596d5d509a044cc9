/** The card above the list while files are being sent: how many are safe, how much is left, what a guest may do. */

import { find, setIcon } from "./elements.js";
import { perSecond, timeLeft } from "./format.js";
import { SUMMARY } from "./words.js";

/**
 * @typedef {object} Situation
 * @property {import("./queue.js").Counts} counts
 * @property {number} progress files' worth of what has left, 0 to counts.total
 * @property {number | null} speed bytes per second, or null while it can't be told
 * @property {boolean} paused
 * @property {boolean} offline the device has no network
 * @property {boolean} stalled every connection is being tried again
 * @property {boolean} nameless a name is asked for first
 * @property {boolean} closed the link takes no more
 */

export class Summary {
  /** @param {HTMLElement} card `[data-summary]` @param {(paused: boolean) => void} onPause */
  constructor(card, onPause) {
    this.title = find("[data-summary-title]", card);
    this.line = find("[data-summary-line]", card);
    this.bar = /** @type {HTMLProgressElement} */ (find("progress", card));
    this.button = /** @type {HTMLButtonElement} */ (find("[data-pause]", card));
    this.offline = find("[data-offline-chip]", card);
    this.safe = find("[data-safe]", card);
    this.paused = false;
    this.button.addEventListener("click", () => onPause(!this.paused));
  }

  /** @param {Situation} situation @returns {string} what to tell those who listen */
  show(situation) {
    const { counts } = situation;
    this.paused = situation.paused;
    const title = SUMMARY.title(counts.received, counts.total);
    const line = lineOf(situation);
    set(this.title, title);
    set(this.line, line);
    this.bar.max = Math.max(1, counts.total);
    this.bar.value = situation.progress;
    this.bar.classList.toggle("meter-sun", situation.offline || situation.paused);
    this.offline.hidden = !situation.offline;
    this.button.hidden = situation.offline || situation.closed || situation.nameless || counts.unsent === 0;
    const [verb, verbAll] = situation.paused ? SUMMARY.resume() : SUMMARY.pause();
    set(find("[data-verb]", this.button), verb);
    set(find("[data-verb-all]", this.button), verbAll);
    setIcon(find("use", this.button), situation.paused ? "play" : "pause");
    this.#reassure(counts, situation.closed);
    return SUMMARY.said(title, line);
  }

  /** @param {import("./queue.js").Counts} counts @param {boolean} closed */
  #reassure({ total, received, refused, unsent }, closed) {
    const others = total - received - refused;
    this.safe.hidden = received === 0;
    set(find("strong", this.safe), others ? SUMMARY.safe() : SUMMARY.allSafe());
    set(find("[data-keep-open]", this.safe), unsent && !closed ? SUMMARY.keepOpen(others) : "");
  }
}

/** @param {Situation} situation @returns {string} */
function lineOf({ counts, speed, paused, offline, stalled, nameless, closed }) {
  if (!counts.unsent) return "";
  const parts = [SUMMARY.left(counts.bytesLeft)];
  if (closed) return parts[0];
  if (nameless) parts.push(SUMMARY.nameless());
  else if (offline || stalled) parts.push(SUMMARY.offline());
  else if (paused) parts.push(SUMMARY.paused());
  else if (speed !== null) parts.push(perSecond(speed), timeLeft(counts.bytesLeft / speed));
  return parts.map(unbroken).join(" · ");
}

/** @param {string} words @returns {string} the same on one line */
const unbroken = (words) => words.replaceAll(" ", "\u00a0");

/** @param {HTMLElement} element @param {string} text */
function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
