/** The receipt: what this browser sent through this link, in this visit and before, and the code that the host finds it by. */

import { moment } from "./catalogue.js";
import { find } from "./elements.js";
import { size } from "./format.js";
import { filesOf, receiptText, sumsOf } from "./receipt-text.js";
import { faceOfUpload, SentBefore } from "./sent-before.js";

/** @typedef {import("./api.js").Upload} Upload */

const LINGER = 60_000; // ms that a saved file stays in memory, since browsers may ask first where it is to go

export class Receipt {
  /** @type {Upload[]} */
  #uploads = [];
  /** @type {import("./faces.js").Mood | null} */
  #mood = null;

  /**
   * @param {object} wiring
   * @param {HTMLElement} wiring.card `[data-receipt]`
   * @param {HTMLTemplateElement} wiring.template of a row
   * @param {import("./ledger.js").Ledger} wiring.ledger
   * @param {() => string} wiring.code
   * @param {(upload: Upload) => void} wiring.onRemove
   */
  constructor({ card, template, ledger, code, onRemove }) {
    this.card = card;
    this.ledger = ledger;
    this.code = code;
    this.before = new SentBefore({
      place: /** @type {HTMLDetailsElement} */ (find("details", card)),
      template,
      onRemove,
    });
    find("[data-save]", card).addEventListener("click", () => this.#save());
  }

  /**
   * @param {string} stage the page's; while files are sent there is no receipt yet
   * @param {Set<string>} listed ids of uploads that are shown in the list of this visit
   * @param {import("./faces.js").Mood} mood
   */
  show(stage, listed, mood) {
    const uploads = this.ledger.whole();
    this.#uploads = uploads;
    this.#mood = mood;
    this.card.hidden = stage === "active" || uploads.length === 0;
    if (stage === "active") {
      this.before.fold();
      return;
    }
    this.before.show(uploads.filter(({ id }) => !listed.has(id)).reverse(), mood);
    const sums = sumsOf(uploads);
    this.#write("files", filesOf(sums));
    this.#write("size", size(sums.bytes));
    this.#write("at", sums.latest ? moment(sums.latest) : "");
    this.#write("code", this.code());
  }

  /** @param {string} figure @param {string} value */
  #write(figure, value) {
    const place = find(`[data-figure="${figure}"]`, this.card);
    if (place.textContent !== value) place.textContent = value;
    place.parentElement.hidden = !value;
  }

  #save() {
    const figures = [...this.card.querySelectorAll("[data-figure]")].filter(({ textContent }) => textContent);
    const text = receiptText({
      head: [find("h2", this.card).textContent, find("h1").textContent, location.origin + location.pathname],
      figures: figures.map((place) => [place.previousElementSibling.textContent, place.textContent]),
      uploads: this.#uploads,
      stateOf: (upload) => faceOfUpload(upload, this.#mood).chip,
    });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    link.download = `${["receipt", this.code()].filter(Boolean).join("-")}.txt`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), LINGER);
  }
}
