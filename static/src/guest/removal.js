/** The dialog that asks before an upload is taken back. What doesn't work is told in it, and can be tried again. */

import { toast } from "../toasts.js";
import { find, setIcon } from "./elements.js";
import { CHIPS, REMOVAL } from "./words.js";

/**
 * @typedef {object} Own what is to be taken back
 * @property {string} id the server's name for it
 * @property {string} name
 * @property {"image" | "video"} kind
 * @property {import("./queue.js").Phase} phase
 */

export class Removal {
  /** @type {Own | null} */
  #own = null;
  #running = false;

  /**
   * @param {object} wiring
   * @param {HTMLDialogElement} wiring.dialog
   * @param {{host: string, albumSet: boolean}} wiring.page
   * @param {(id: string) => Promise<string>} wiring.takeBack "" when it is gone, else why not
   * @param {(id: string) => void} wiring.onRemoved
   */
  constructor({ dialog, page, takeBack, onRemoved }) {
    this.dialog = dialog;
    this.page = page;
    this.takeBack = takeBack;
    this.onRemoved = onRemoved;
    this.button = find("[data-yes]", dialog);
    this.problem = find("[data-problem]", dialog);
    find("[data-keep]", dialog).textContent = REMOVAL.keep();
    this.button.addEventListener("click", () => this.#remove());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  /** @param {Own} own @param {Promise<string>} [picture] object URL or "", which may take its time */
  async ask(own, picture) {
    this.#own = own;
    const onPhone = matchMedia("(pointer: coarse)").matches;
    find("h2", this.dialog).textContent = REMOVAL.title(own.kind);
    find("[data-text]", this.dialog).textContent = REMOVAL.text({ ...this.page, phase: own.phase, onPhone });
    find("[data-file]", this.dialog).textContent = own.name;
    setIcon(find("[data-thumb] use", this.dialog), own.kind);
    this.#picture("");
    this.#tell("");
    this.#run(false);
    this.dialog.showModal();
    const made = await picture;
    if (made && this.#own === own) this.#picture(made);
  }

  /** @param {string} picture object URL, or "" for an icon in its place */
  #picture(picture) {
    const icon = find("[data-thumb] svg", this.dialog);
    const image = /** @type {HTMLImageElement} */ (find("[data-thumb] img", this.dialog));
    icon.classList.toggle("hidden", Boolean(picture));
    image.hidden = !picture;
    if (picture) image.src = picture;
    else image.removeAttribute("src");
  }

  async #remove() {
    const own = this.#own;
    if (!own || this.#running) return;
    this.#run(true);
    this.#tell("");
    let problem = "other";
    try {
      problem = await this.takeBack(own.id);
    } finally {
      if (this.#own === own) this.#run(false);
    }
    if (problem) {
      if (this.#own === own) this.#tell(problem);
      return;
    }
    if (this.#own === own) this.dialog.close(); // the focus is back in the row before the row goes
    this.onRemoved(own.id);
    toast(CHIPS.removed());
  }

  /** @param {boolean} running */
  #run(running) {
    this.#running = running;
    this.button.setAttribute("aria-disabled", String(running));
    find("[data-yes-word]", this.button).textContent = running ? REMOVAL.removing() : REMOVAL.remove();
  }

  /** @param {string} problem why it didn't work, or "" */
  #tell(problem) {
    this.problem.hidden = !problem;
    find("p", this.problem).textContent = problem ? REMOVAL.problem(problem, this.page.host) : "";
  }
}
