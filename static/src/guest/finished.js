/** The card that ends a batch: thanks and confetti when all is safe, another try when something isn't. */

import { confetti } from "./confetti.js";
import { find, setIcon } from "./elements.js";
import { isSafe } from "./queue.js";
import { Thumbnails } from "./thumbnails.js";
import { FINISHED, sentences } from "./words.js";

const PICTURES = 8;
const ROW_ON_PHONES = 6;

export class Finished {
  /** @type {"" | "done" | "problems"} */
  #stage = "";

  /**
   * @param {HTMLElement} card `[data-finished]`
   * @param {Thumbnails} thumbnails
   * @param {() => void} onRetry
   */
  constructor(card, thumbnails, onRetry) {
    this.card = card;
    this.thumbnails = thumbnails;
    this.title = find("[data-finished-title]", card);
    this.text = find("[data-finished-text]", card);
    this.retry = find("[data-retry-all]", card);
    this.pictures = find("[data-pictures]", card);
    this.retry.addEventListener("click", onRetry);
  }

  /** The batch isn't over (any more). */
  leave() {
    this.#stage = "";
    this.card.querySelector(".confetti")?.remove();
  }

  /**
   * @param {import("./queue.js").Queue} queue
   * @param {import("./queue.js").Counts} counts
   * @param {{host: string, albumSet: boolean}} mood
   * @param {string} name the guest's, or ""
   * @returns {string} what to tell those who listen
   */
  show(queue, counts, mood, name) {
    const title = FINISHED.title(counts, name);
    const text = FINISHED.text(counts, mood);
    if (this.title.textContent !== title) this.title.textContent = title;
    if (this.text.textContent !== text) this.text.textContent = text;
    this.retry.hidden = counts.failed === 0;
    find("[data-retry-word]", this.retry).textContent = FINISHED.retry(counts.failed);
    const stage = counts.failed ? "problems" : "done";
    if (stage !== this.#stage) this.#enter(stage, queue, counts);
    return sentences(title, text);
  }

  /** @param {"done" | "problems"} stage @param {import("./queue.js").Queue} queue @param {import("./queue.js").Counts} counts */
  #enter(stage, queue, counts) {
    this.leave();
    this.#stage = stage;
    setIcon(find("[data-art] use", this.card), stage === "done" && counts.received ? "check" : "warning");
    if (counts.received === counts.total) this.card.prepend(confetti());
    this.#picture(queue.items.filter((item) => isSafe(item) && Thumbnails.possible(item)).slice(0, PICTURES));
  }

  /** @param {import("./queue.js").Item[]} items */
  async #picture(items) {
    const made = await Promise.all(items.map((item) => this.thumbnails.of(item)));
    const squares = made.filter(Boolean).map((url, i) => {
      const square = document.createElement("div");
      square.className = "thumb aspect-square h-auto max-w-14 flex-1";
      square.classList.toggle("max-sm:hidden", i >= ROW_ON_PHONES);
      const picture = new Image();
      picture.alt = "";
      picture.src = url;
      square.append(picture);
      return square;
    });
    this.pictures.replaceChildren(...squares);
    this.pictures.hidden = squares.length === 0;
  }
}
