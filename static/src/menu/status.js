/** The status page: tells the server what only the browser knows, and tries whether a WebSocket comes through. */

import { onParts, within } from "./swaps.js";

const FIRST_FRAME = "?"; // means nothing, so that the server says good-bye
const GOOD_BYE = 4404;
const PATIENCE = 6000; // ms

/** @param {HTMLElement} row with an element for each `data-state` */
function trySocket(row) {
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws`);
  let told = false;
  const tell = (/** @type {"ok" | "bad"} */ state) => {
    if (told) return;
    told = true;
    for (const found of row.querySelectorAll("[data-state]")) {
      const each = /** @type {HTMLElement} */ (found);
      each.hidden = each.dataset.state !== state;
    }
    socket.close();
  };
  setTimeout(() => tell("bad"), PATIENCE);
  socket.addEventListener("open", () => socket.send(FIRST_FRAME));
  socket.addEventListener("close", ({ code }) => tell(code === GOOD_BYE ? "ok" : "bad"));
}

export function startStatus() {
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, parameters } = /** @type {CustomEvent} */ (event).detail;
    if (!elt.matches("[data-check]")) return;
    parameters.origin = location.origin;
    parameters.now = String(Date.now());
  });
  onParts((part) => {
    for (const row of within(part, "[data-socket]")) trySocket(/** @type {HTMLElement} */ (row));
  });
}
