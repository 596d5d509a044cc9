/** The guests' pages that were opened in this browser, so that what is shared can go to one. No secret, no password. */

import { recall, remember } from "../device.js";

const KEY = "drop-links";
const MOST = 20;

/** @typedef {{path: string, title: string, urls?: boolean}} Link `urls`: whether guests may paste links there */

/** @returns {Link[]} the last opened first */
export function links() {
  try {
    const kept = JSON.parse(recall(KEY) || "[]");
    return Array.isArray(kept) ? kept.filter((link) => typeof link?.path === "string" && link.path[0] === "/") : [];
  } catch (notJson) {
    return [];
  }
}

/** @param {Link} link the page that was just opened */
export function rememberLink(link) {
  const others = links().filter(({ path }) => path !== link.path);
  remember(KEY, JSON.stringify([link, ...others].slice(0, MOST)));
}

/** @param {string | null} token null: the public page @returns {string} the page's path */
export const pathOf = (token) => (token === null ? "/" : `/invite/${encodeURIComponent(token)}`);

/** @param {string} path @returns {string} the token, "" for the public page */
export const tokenOf = (path) => decodeURIComponent(path.slice("/invite/".length));
