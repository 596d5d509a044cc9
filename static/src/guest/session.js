/** Makes this browser known to the server before anything is sent, and tells why a link takes nothing. */

import { Refused } from "./api.js";

/** The link itself takes no more: sending stops for all files. */
export const CLOSING = new Set([
  "invalid_invite",
  "invite_disabled",
  "invite_expired",
  "invite_not_open",
  "invite_claimed",
  "invite_exhausted",
  "invite_password_required",
]);

/** @typedef {Awaited<ReturnType<import("./api.js").Api["open"]>>} Session */

/**
 * Opens the page's session, for as long as it takes, and tells the courier to begin.
 * @param {import("./api.js").Api} api
 * @param {import("./courier.js").Courier} courier
 * @param {(attempt: number) => Promise<void>} pause waits before the next attempt
 * @returns {Promise<Session | null>} null when the link refuses
 */
export async function openSession(api, courier, pause) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const session = await api.open();
      const closed = closingCode(session);
      if (!closed) courier.ledger.open(await api.uploads());
      courier.opened(closed);
      return session;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (!error.passing) {
        courier.opened(closedBy(error));
        return null;
      }
      await pause(attempt);
    }
  }
}

/**
 * Looks whether the link itself is what holds uploads up: a busy answer alone doesn't tell.
 * @param {import("./api.js").Api} api
 * @param {import("./courier.js").Courier} courier
 */
export async function recheck(api, courier) {
  try {
    const closed = closingCode(await api.open());
    if (closed) courier.close(closed);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (!error.passing) courier.close(closedBy(error));
  }
}

/** @param {Refused} error @returns {string} */
const closedBy = ({ code }) => (CLOSING.has(code) ? code : "invalid_invite");

/**
 * @param {Session} session
 * @returns {string} the code that closes the link, or ""
 */
export function closingCode({ active, inactiveReason, passwordRequired, authorized }) {
  if (active === false) {
    const code = `invite_${inactiveReason}`;
    return CLOSING.has(code) ? code : "invite_expired";
  }
  return passwordRequired && !authorized ? "invite_password_required" : "";
}
