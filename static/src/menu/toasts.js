/** Short notes of the hosts' pages: those that the server sends along, and those that the page has words for. */

import { expire, place, toast } from "../toasts.js";

/**
 * @param {"copied" | "made"} name
 * @returns {string} the words for it, in the page's language
 */
export function words(name) {
  return document.getElementById("toasts")?.dataset[name] ?? "";
}

/** Shows what the server says in `HX-Trigger: {"toast": "…"}`, and lets what came with the page go again. */
export function startToasts() {
  expire();
  // The next content of the dialog would take their place away.
  document.getElementById("dialog")?.addEventListener("close", place);
  document.addEventListener("toast", (event) => toast(/** @type {CustomEvent} */ (event).detail.value));
}
