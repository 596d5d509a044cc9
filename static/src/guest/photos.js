/** The way to everyone's photos, which the host opens when they want to, perhaps while the page is open. */

import { Refused } from "./api.js";

/**
 * Shows it, or takes it away.
 * @param {string | null | undefined} address
 * @param {ParentNode} page
 */
export function showPhotos(address, page = document) {
  for (const link of page.querySelectorAll("[data-photos]")) {
    link.hidden = !address;
    if (address) link.href = address;
    else link.removeAttribute("href");
  }
}

/**
 * Asks whether there is one by now. An unreachable server is asked again another time.
 * @param {import("./api.js").Api} api
 */
export async function lookForPhotos(api) {
  try {
    showPhotos((await api.open()).photosUrl);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}
