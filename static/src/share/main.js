/** The preview of what a phone shared: what it is, where it shall go, and what waits since the last time. */

import { remember } from "../device.js";
import { Api, Refused } from "../guest/api.js";
import { loadWords } from "../guest/catalogue.js";
import { find } from "../guest/elements.js";
import { closingCode } from "../guest/session.js";
import { BACK, WAITS } from "../guest/shared.js";
import { CLOSED, SHARE } from "../guest/words.js";
import { tokenOf } from "./links.js";
import { Places } from "./places.js";
import { Post } from "./post.js";
import { Preview } from "./preview.js";
import { Staged } from "./staged.js";
import * as store from "./store.js";

/** @typedef {import("./store.js").Shared} Shared */

await loadWords(document.body.dataset.words ?? "");
const staged = new Staged();
const places = new Places();
const post = new Post();
const preview = new Preview(leaveOut);
const problem = find("[data-problem]");
/** @type {Shared[]} what lies in the browser */
let kept = [];

const fresh = () => kept.filter(({ to }) => !to);
const waiting = () => kept.filter(({ to }) => to);

/** Reads again what is there, and shows it. */
async function look() {
  kept = await store.all();
  remember(WAITS, kept.length ? "1" : "");
  if (kept.length) navigator.storage?.persist?.(); // or a phone short of room may drop what waits
  const items = [
    ...fresh().map(({ id, file }) => ({ id: `${id}`, name: file.name, size: file.size, file })),
    ...staged.items,
  ];
  preview.show(items);
  const some = items.length > 0 && !post.shown; // one thing after the other
  if (post.open) find("[data-upload-word]").textContent = post.part.dataset.fetch ?? "";
  const held = waiting();
  for (const part of document.querySelectorAll("[data-with-items]")) part.toggleAttribute("hidden", !some);
  find("[data-on-server]").hidden = !staged.items.length;
  find("[data-choosing]").hidden = !some && !post.open;
  find("[data-none]").hidden = some || post.shown || held.length > 0;
  find("[data-waiting]").hidden = !held.length;
  find("[data-waiting-title]").textContent = held.length ? SHARE.waiting(held.length) : "";
  find("[data-waiting-to]").textContent = [...new Set(held.map(({ title }) => title))].join(", ");
  find("[data-send-now]").hidden = !navigator.onLine;
  places.show(some || post.open, post.open);
  find("[data-upload]").toggleAttribute("disabled", places.none);
}

/** @param {string} id */
async function leaveOut(id) {
  if (staged.has(id)) await staged.leaveOut(id);
  else await store.remove([Number(id)]);
  await look();
}

/** Opens the page that sends what waits, the first one that was chosen. */
function go() {
  const [next] = waiting();
  if (next && navigator.onLine) location.assign(next.to);
}

/** @param {string} text */
function tell(text) {
  problem.hidden = !text;
  find("[data-problem-text]").textContent = text;
}

/**
 * Why the chosen page takes nothing now.
 * @param {string} path
 * @returns {Promise<string>} "" when it does, or when the network can't tell; a password is asked for by the page itself
 */
async function refusalOf(path) {
  const token = tokenOf(path);
  try {
    const code = closingCode(await new Api({ invite: token || null, apiBase: "/api" }).open());
    return code === "invite_password_required" ? "" : code;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return error.passing ? "" : "invalid_invite";
  }
}

async function upload() {
  const place = places.chosen;
  if (!place) return;
  tell("");
  const path = await places.page(place);
  if (!path) return tell(SHARE.unreachable());
  const code = navigator.onLine ? await refusalOf(path) : "";
  if (code) return tell(CLOSED.title(code));
  if (post.open) {
    post.fetch(path);
    return look();
  }
  let page = path;
  if (staged.items.length) {
    const { location: led, code: refused } = await staged.send(tokenOf(path));
    if (refused === "invite_password_required") return location.assign(`${path}?${BACK}`);
    if (refused) return tell(refused in CLOSED.advice ? CLOSED.title(refused) : SHARE.unreachable());
    page = led;
  }
  const chosen = fresh();
  if (chosen.length) {
    await store.put(chosen.map((each) => ({ ...each, to: path, title: place.title })));
    remember(WAITS, "1");
  }
  if (navigator.onLine) location.assign(page);
  else await look();
}

/** Nothing is kept of what was not sent. @param {Shared[]} dropped */
async function cancel(dropped) {
  await store.remove(dropped.map(({ id }) => id));
}

find("[data-share-form]").addEventListener("submit", async (event) => {
  event.preventDefault();
  await upload();
});
find("[data-cancel]").addEventListener("click", async () => {
  tell("");
  if (post.open) {
    post.forget();
    return look();
  }
  await staged.clear();
  await cancel(fresh());
  await look();
});
find("[data-waiting-cancel]").addEventListener("click", async () => {
  await cancel(waiting());
  await look();
});
find("[data-send-now]").addEventListener("click", go);
addEventListener("offline", look);
addEventListener("online", async () => {
  await places.ask();
  await look();
  if (!fresh().length) go();
});
addEventListener("pageshow", (event) => {
  if (event.persisted) look();
});

await look();
await Promise.all([staged.ask(), places.ask(), post.ask()]);
await look();
document.body.dataset.ready = "";
const refused = post.refused ? "text" : (new URLSearchParams(location.search).get("refused") ?? "");
for (const each of document.querySelectorAll("[data-refused]")) {
  each.toggleAttribute("hidden", each.getAttribute("data-refused") !== refused);
}
if (refused) history.replaceState(null, "", location.pathname); // said once
// What waits and was not on its page's list before goes there at once; else the person decides.
if (!preview.some && !post.shown && !refused && waiting().some(({ handed }) => !handed)) go();
