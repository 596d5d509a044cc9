/** Days in the host's own zone: the browser's, which the server can't know. */

import { onParts, within } from "./swaps.js";

/**
 * The last day of a validity that ends at this moment. The end of a day is the next one's first moment.
 * @param {string} at ISO 8601
 * @returns {string} as 2026-07-14, in the browser's zone
 */
export function lastDay(at) {
  return dayOf(new Date(Date.parse(at) - 1));
}

/**
 * @param {Date} moment
 * @returns {string} its day in the browser's zone, as 2026-07-14
 */
export function dayOf(moment) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${String(moment.getFullYear()).padStart(4, "0")}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

/** Names the zone in forms, and puts the days of the list into it. */
export function startZones() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  onParts((part) => {
    for (const field of within(part, "input[data-zone]")) /** @type {HTMLInputElement} */ (field).value = zone;
    for (const field of within(part, "input[data-at]")) {
      const input = /** @type {HTMLInputElement} */ (field);
      const day = lastDay(input.dataset.at ?? "");
      if (input.value === input.dataset.was) input.value = day;
      input.dataset.was = day;
      const shown = input.form?.elements.namedItem("expires_was");
      if (shown instanceof HTMLInputElement) shown.value = day;
    }
  });
}
