/** Takes an upload back at the server, and tells what came of it. Pure: the clock comes in from outside. */

import { Refused } from "./api.js";

const TRIES = 5; // while it is on its way to Immich
const LOCKED = 423;

/**
 * @param {import("./api.js").Api} api
 * @param {string} id
 * @param {() => Promise<void>} pause a second or so, before it is asked once more
 * @returns {Promise<"" | "offline" | "busy" | "already" | "unknown" | "other">} "" when it is gone, else why not
 */
export async function takeBack(api, id, pause) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await api.takeBack(id);
      return "";
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.status === 404) return whetherGone(api, id);
      if (error.status !== LOCKED || attempt === TRIES) return reasonOf(error);
    }
    await pause();
  }
}

/**
 * The server knows no such upload. That may be the answer to a try whose own answer got lost, or to a browser whose
 * cookie is gone; only the listing tells them apart.
 * @param {import("./api.js").Api} api
 * @param {string} id
 */
async function whetherGone(api, id) {
  try {
    const upload = (await api.uploads()).find((each) => each.id === id);
    return upload?.status === "discarded" ? "" : "unknown";
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return reasonOf(error);
  }
}

/** @param {Refused} error */
function reasonOf({ status, code }) {
  if (status === 0) return "offline";
  if (status === LOCKED) return "busy";
  return code === "already_there" ? "already" : "other";
}
