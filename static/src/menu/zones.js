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

/**
 * @param {Date} moment
 * @returns {string} as 2026-07-14T18:00, in the browser's zone
 */
export function minuteOf(moment) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${dayOf(moment)}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** @param {HTMLTimeElement} time written in the server's zone, which its `datetime` names */
function rewrite(time) {
  const moment = new Date(time.dateTime);
  const offset = /([+-])(\d\d):(\d\d)/.exec(time.dateTime);
  const minutes = offset ? Number(`${offset[1]}1`) * (Number(offset[2]) * 60 + Number(offset[3])) : 0;
  if (minutes === -moment.getTimezoneOffset()) return; // the same clocks
  const { lang } = document.documentElement;
  const other = moment.getFullYear() !== new Date().getFullYear();
  time.textContent = moment.toLocaleString(lang === "en" ? "en-GB" : lang, {
    day: "numeric",
    month: "long",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(other && { year: "numeric" }),
  });
}

/** Names the zone in forms, and puts the days of the list into it. */
export function startZones() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  onParts((part) => {
    for (const field of within(part, "input[data-zone]")) /** @type {HTMLInputElement} */ (field).value = zone;
    for (const time of within(part, "time[data-moment]")) rewrite(/** @type {HTMLTimeElement} */ (time));
    for (const field of within(part, "input[data-moment]")) {
      const input = /** @type {HTMLInputElement} */ (field);
      const was = /** @type {HTMLInputElement} */ (input.form?.elements.namedItem(input.name.replace(/_at$/, "_was")));
      const minute = minuteOf(new Date(input.dataset.moment ?? ""));
      if (input.value === was.value) input.value = minute;
      was.value = minute;
    }
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
