/** The form that asks for the link's password: at its door, and on the page when an unlock has ended. */

import { Refused } from "./api.js";
import { find } from "./elements.js";
import { PASSWORD } from "./words.js";

export class PasswordForm {
  /**
   * @param {HTMLFormElement} form `[data-password-form]`
   * @param {import("./api.js").Api} api
   * @param {() => Promise<void>} onOpen goes on; may throw Refused
   */
  constructor(form, api, onOpen) {
    this.api = api;
    this.onOpen = onOpen;
    this.input = /** @type {HTMLInputElement} */ (find("[name=password]", form));
    this.button = /** @type {HTMLButtonElement} */ (find("[type=submit]", form));
    this.error = find("[data-password-error]", form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  async #send() {
    if (this.button.disabled) return;
    this.button.disabled = true;
    try {
      await this.api.authorize(this.input.value);
      await this.onOpen();
      this.input.value = "";
      this.#tell("");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#tell(reasonOf(error));
      this.input.select();
    } finally {
      this.button.disabled = false;
    }
  }

  /** @param {string} reason */
  #tell(reason) {
    this.error.textContent = reason;
    find("p:has(> [data-password-error])", this.error.closest("form")).hidden = !reason;
    if (reason) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }
}

/** @param {Refused} error @returns {string} */
function reasonOf({ code, status, wait }) {
  if (code === "invalid_password") return PASSWORD.wrong();
  return status === 429 ? PASSWORD.wait(Math.max(1, Math.ceil(wait / 60))) : PASSWORD.unreachable();
}
