/**
 * Opens a link's password door in place. Where another site shows the page within its own, browsers keep cookies from
 * it: whoever gave the password is known by a secret that only this page holds, and that no reload would send.
 */

import { Api } from "./api.js";
import { find } from "./elements.js";
import { PasswordForm } from "./password.js";

/**
 * Waits for the password where a door is shown, and puts the guest's page in its place.
 * @returns {Promise<string>} the guest's secret, or "" where there was no door
 */
export async function passDoor() {
  const invite = document.body.dataset.door;
  if (invite === undefined) return "";
  const api = new Api({ invite, apiBase: "/api" });
  const form = /** @type {HTMLFormElement} */ (find("[data-password-form]"));
  await new Promise((opened) => {
    new PasswordForm(form, api, async () => opened(await enter(api)));
  });
  return api.guest;
}

/** @param {Api} api @throws {import("./api.js").Refused} when the page doesn't come */
async function enter(api) {
  const page = new DOMParser().parseFromString(await api.page(location.href), "text/html");
  if (!page.querySelector("#config")) {
    location.reload(); // the link closed meanwhile, and says so itself
    await new Promise(() => {});
  }
  document.title = page.title;
  document.body.replaceWith(page.body);
  scrollTo(0, 0);
  find("#pick").focus({ preventScroll: true });
}
