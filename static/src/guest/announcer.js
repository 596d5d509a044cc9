/** Tells screen readers how things stand, at most every ten seconds and always with the newest text. */

const EVERY = 10_000; // ms

export class Announcer {
  #text = "";
  #timer = 0;
  #last = Number.NEGATIVE_INFINITY;

  /** @param {HTMLElement} place a live region outside the visible page */
  constructor(place) {
    this.place = place;
  }

  /** @param {string} text */
  say(text) {
    this.#text = text;
    if (this.#timer || text === this.place.textContent) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = 0;
        this.#last = performance.now();
        this.place.textContent = this.#text;
      },
      Math.max(0, this.#last + EVERY - performance.now()),
    );
  }
}
