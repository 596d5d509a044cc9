/** Who the photos are from: a form before the first choice, one line after it. */

import { recall, remember } from "../device.js";
import { find } from "./elements.js";
import { initials } from "./format.js";
import { WHO } from "./words.js";

const KEY = "drop-guest-name";

export class Who {
  #begun = false;
  #editing = false;

  /**
   * @param {"off" | "optional" | "required"} mode
   * @param {string} host
   * @param {() => void} onChange the name or message was changed
   */
  constructor(mode, host, onChange) {
    this.mode = mode;
    this.onChange = onChange;
    if (mode === "off") return;
    this.form = /** @type {HTMLFormElement} */ (find("[data-who-form]"));
    this.line = find("[data-who-line]");
    this.input = /** @type {HTMLInputElement} */ (find("[name=name]", this.form));
    this.area = /** @type {HTMLTextAreaElement} */ (find("[name=message]", this.form));
    this.error = find("[data-who-error]", this.form);
    find("[data-who-error-text]", this.form).textContent = WHO.missing(host);
    this.input.value = recall(KEY);
    this.input.addEventListener("change", () => this.#changed());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#rest();
      this.#changed();
    });
    find("button", this.line).addEventListener("click", () => {
      this.#editing = true;
      this.show(true);
      this.input.focus();
    });
  }

  /** @returns {string} */
  get name() {
    return this.input?.value.trim() ?? "";
  }

  /** @returns {string} */
  get message() {
    return this.area?.value.trim() ?? "";
  }

  /** @returns {boolean} whether sending must wait for a name */
  get missing() {
    return this.mode === "required" && !this.name;
  }

  /**
   * What the guest wrote at this link before.
   * @param {{name: string, message: string} | undefined} visit
   */
  prefill(visit) {
    if (this.mode === "off" || !visit) return;
    if (visit.name && (!this.name || this.name === recall(KEY))) this.input.value = visit.name;
    if (!this.message) this.area.value = visit.message;
  }

  /** Files were chosen without a needed name: says so where the name goes. */
  ask() {
    this.#mark(true);
    this.input.focus();
  }

  /**
   * Folds the form once files are chosen.
   * @param {boolean} begun
   */
  show(begun) {
    if (this.mode === "off") return;
    if (begun && !this.#begun && !this.missing) this.#rest();
    this.#begun = begun;
    const open = !begun || this.#editing || this.missing || this.form.contains(document.activeElement);
    this.form.hidden = !open;
    this.line.hidden = open;
    find("[data-who-done]", this.form).hidden = !begun;
    find("[data-who-from]", this.line).textContent = this.name ? WHO.from(this.name) : WHO.nameless();
    const message = find("[data-who-message]", this.line);
    message.textContent = this.message ? WHO.message(this.message) : "";
    message.hidden = !this.message;
    const letters = initials(this.name);
    find("[data-who-initials]", this.line).textContent = letters;
    find("[data-who-initials]", this.line).hidden = !letters;
  }

  #changed() {
    remember(KEY, this.name);
    this.#mark(this.#begun && this.missing);
    this.onChange();
  }

  /** Takes the cursor out of the form, so that it can fold. */
  #rest() {
    this.#editing = false;
    if (document.activeElement instanceof HTMLElement && this.form.contains(document.activeElement)) {
      document.activeElement.blur();
    }
  }

  /** @param {boolean} missing */
  #mark(missing) {
    this.error.hidden = !missing;
    if (missing) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }
}
