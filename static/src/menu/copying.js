/** Addresses into the clipboard, or into the system's share sheet. */

import { onParts, within } from "./swaps.js";
import { toast } from "../toasts.js";
import { words } from "./toasts.js";

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether the browser took it; it needs https, and a person who just did something
 */
async function intoClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (refused) {
    return throughSelection(text);
  }
}

/**
 * The older way, which works over plain http as well.
 * @param {string} text
 * @returns {boolean}
 */
function throughSelection(text) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "sr-only";
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  before?.focus({ preventScroll: true });
  return copied;
}

/**
 * @param {string} url
 * @param {string} [said] what is said of it; else that it is a link
 */
async function copy(url, said) {
  if (await intoClipboard(url)) toast(said ?? words("copied"));
  else prompt("", url); // the browser's own way to show a text that can be copied by hand
}

/** @param {HTMLElement} row a new link */
async function welcome(row) {
  row.scrollIntoView({ block: "center" });
  /** @type {HTMLElement | null} */ (row.querySelector("[data-copy]"))?.focus({ preventScroll: true });
  toast(words((await intoClipboard(row.dataset.url ?? "")) ? "copied" : "made"));
}

export function startCopying() {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-copy], [data-share]") : null;
    const link = /** @type {HTMLElement | null | undefined} */ (button?.closest("[data-url]"));
    if (!button || !link) return;
    const { url = "", title = "", copied } = link.dataset;
    if (button.matches("[data-copy]")) void copy(url, copied);
    else navigator.share({ title, url }).catch(() => {}); // whoever closes the sheet did not want to
  });
  onParts((part) => {
    const row = within(part, "tr[data-new]")[0];
    if (row) void welcome(/** @type {HTMLElement} */ (row));
  });
}
