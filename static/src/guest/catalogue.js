/**
 * The page's language: its words, and its rules for numbers. English is always here; another language is a file of its
 * own, of which a page loads no more than the one it needs.
 */

import english from "./words/en.js";

const PATIENCE = 5_000; // ms; a page that works is better than one in the right language

/** @typedef {Record<string, string | Record<string, string>>} Words */

/** @type {Words} */
let words;
/** @type {Intl.PluralRules} */
let plurals;
/** @type {Intl.NumberFormat} */
let numbers;
/** @type {Intl.NumberFormat} */
let percents;

/** @param {Words} chosen from now on the page's words, with the locale of their rules under `locale` */
export function useWords(chosen) {
  const locale = String(chosen.locale);
  words = chosen;
  plurals = new Intl.PluralRules(locale);
  numbers = new Intl.NumberFormat(locale);
  percents = new Intl.NumberFormat(locale, { style: "percent" });
}

useWords(english);

/**
 * Loads the page's language. Where it doesn't come, the page speaks English.
 * @param {string} address of a module whose default export is Words, or ""
 * @returns {Promise<boolean>} whether it came
 */
export async function loadWords(address) {
  if (!address) return false;
  const late = new Promise((_, give_up) => setTimeout(give_up, PATIENCE, new Error("the words are late")));
  try {
    useWords((await Promise.race([import(address), late])).default);
    return true;
  } catch (missing) {
    console.warn(missing);
    return false;
  }
}

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * A text with its places filled. {Host} is {host} with a capital; numbers are written by the language's rules.
 * @param {string} key
 * @param {Record<string, string | number>} [values] `n` chooses the plural form
 * @returns {string}
 */
export function say(key, values = {}) {
  const text = words[key];
  const form = typeof text === "string" ? text : (text[plurals.select(Number(values.n))] ?? text.other);
  return form.replace(/\{(\w+)\}/g, (place, name) => {
    const value = values[name] ?? values[name.toLowerCase()];
    if (typeof value === "number") return numbers.format(value);
    return name in values ? value : capital(value);
  });
}

/** @param {number} n whole percent @returns {string} by the language's own rule; in English with a space, as designed */
export const percentage = (n) => (words === english ? `${n} %` : percents.format(n / 100));

/** @param {number} n @returns {string} */
export const number = (n) => numbers.format(n);

/** @param {Date} at @returns {string} "14 Jun 2026, 18:42" */
export const moment = (at) =>
  new Intl.DateTimeFormat(String(words.locale), { dateStyle: "medium", timeStyle: "short" }).format(at);

/**
 * @param {number} value
 * @param {"kilobyte" | "megabyte" | "gigabyte" | "terabyte" | "kilobyte-per-second" | "megabyte-per-second"} unit
 * @returns {string} "4.2 MB", "4,2 Mo"
 */
export const measure = (value, unit) =>
  new Intl.NumberFormat(String(words.locale), { style: "unit", unit, unitDisplay: "short" }).format(value);
