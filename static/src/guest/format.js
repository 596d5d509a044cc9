/** Sizes, percents and times as people read them, in the page's language. Pure: no clock, no page. */

import { measure, say } from "./catalogue.js";

const UNITS = /** @type {const} */ (["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"]);

/**
 * A size in decimal units with a space, at most one decimal: "4.2 MB", "612 MB", "2 GB".
 * @param {number} bytes
 * @returns {string}
 */
export function size(bytes) {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit < 2 || value >= 99.95 ? 0 : 1;
  const rounded = Number(value.toFixed(digits));
  // Short in every language: Unicode's word for a byte is often a whole one.
  return unit === 0 ? say("size.bytes", { n: rounded }) : measure(rounded, UNITS[unit]);
}

/**
 * A speed: "3.4 MB/s", never less than kilobytes.
 * @param {number} bytes per second
 * @returns {string}
 */
export function perSecond(bytes) {
  const [value, unit] = bytes < 999_500 ? [bytes / 1000, "kilobyte"] : [bytes / 1e6, "megabyte"];
  const digits = unit === "kilobyte" || value >= 99.95 ? 0 : 1;
  return measure(Number(value.toFixed(digits)), `${unit}-per-second`);
}

/**
 * Whole percent sent. 100 is kept for files that are complete.
 * @param {number} sent bytes
 * @param {number} total bytes
 * @returns {number} 0 to 99
 */
export function percent(sent, total) {
  if (total <= 0) return 0;
  return Math.min(99, Math.max(0, Math.floor((sent / total) * 100)));
}

/**
 * The time left, rounded generously: "less than a minute", "about 6 min", "about 2 h".
 * @param {number} seconds
 * @returns {string}
 */
export function timeLeft(seconds) {
  if (seconds < 60) return say("time.soon");
  const minutes = Math.ceil(seconds / 60);
  if (minutes <= 10) return say("time.minutes", { n: minutes });
  if (minutes <= 55) return say("time.minutes", { n: Math.ceil(minutes / 5) * 5 });
  return say("time.hours", { n: Math.ceil(minutes / 60) });
}

/**
 * A file name in two parts, so that its end stays readable when the middle is shortened.
 * @param {string} name
 * @returns {[string, string]} all but the last 9 characters, and those (empty for a short name)
 */
export function nameParts(name) {
  const letters = Array.from(name);
  if (letters.length <= 18) return [name, ""];
  return [letters.slice(0, -9).join(""), letters.slice(-9).join("")];
}

/**
 * Up to two initials for a name's round sign.
 * @param {string} name
 * @returns {string} "AM" for "Aunt Maria"
 */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const chosen = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return chosen.map((word) => Array.from(word)[0].toUpperCase()).join("");
}
