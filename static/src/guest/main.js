/** The guest's page: puts its parts together and listens to the device. */

import { Api, Refused } from "./api.js";
import { Board } from "./board.js";
import { loadWords } from "./catalogue.js";
import { Courier } from "./courier.js";
import { find } from "./elements.js";
import { fingerprint } from "./fingerprint.js";
import { Hasher, workerAt } from "./hasher.js";
import { Known } from "./known.js";
import { Ledger } from "./ledger.js";
import { refusalOf, withoutCounts } from "./limits.js";
import { startLinks } from "./links.js";
import { Pace } from "./pace.js";
import { startPicking } from "./picker.js";
import { isUnsent, Queue } from "./queue.js";
import { createSender } from "./sender.js";
import { openSession, recheck } from "./session.js";
import { NewsSocket, randomId } from "./socket.js";
import { Thumbnails } from "./thumbnails.js";
import { Who } from "./who.js";
import { theHost } from "./words.js";

const SHOW_EVERY = 250; // ms
const REVIVE_EVERY = 5_000; // ms
const RECHECK_EVERY = 30_000; // ms
const ON_PHONES = 2; // files at the same time
const ON_DESKTOPS = 3;

/** @type {import("./api.js").Config} */
const config = JSON.parse(find("#config").textContent ?? "");
await loadWords(document.body.dataset.words ?? "");
const host = config.hostName || theHost();
const { limits } = config;
const endpoint = new URL(config.tusUrl, location.href).href;

const api = new Api(config);
const ledger = new Ledger();
const hasher = new Hasher(workerAt(document.body.dataset.sha1Worker ?? ""));
const known = new Known({ sum: (file) => hasher.sum(file), ask: (items) => api.known(items) });
const pace = new Pace();
const queue = new Queue(show);
const who = new Who(config.guestName, host, () => {
  courier.pump();
  show();
});
const courier = new Courier({
  queue,
  ledger,
  api,
  endpoint,
  fingerprint,
  known: (item) => known.has(item),
  slots: matchMedia("(pointer: coarse)").matches ? ON_PHONES : ON_DESKTOPS,
  mayStart: () => !who.missing,
  now: () => performance.now(),
  onBytes: (bytes) => pace.note(performance.now(), bytes),
  onChange: () => {
    if (!courier.busy) pace.reset();
    show();
  },
  send: createSender({
    endpoint,
    chunkSize: config.chunkSize,
    headers: () => api.headers(),
    metadata: metadataOf,
  }),
});
const board = new Board({
  queue,
  courier,
  who,
  pace,
  thumbnails: new Thumbnails(),
  page: { host, albumSet: config.albumSet, limits },
  onChange: show,
  onReopen: open,
});
const news = new NewsSocket({
  address: new URL(config.socketPath, location.href).href.replace(/^http/, "ws"),
  greeting: () => ({
    session_id: randomId(),
    ...(config.invite === null ? {} : { invite_token: config.invite }),
    ...(api.guest ? { guest: api.guest } : {}),
  }),
  onNews: (uploadId, status) => courier.hear(uploadId, status),
  poll: async () => {
    if (courier.online && courier.awaitsNews()) await ask();
  },
});

let showTimer = 0;

/** Shows every change soon, and no more than four times a second. */
function show() {
  showTimer ||= setTimeout(() => {
    showTimer = 0;
    board.show();
  }, SHOW_EVERY);
}

/** Asks the listing for news; an unreachable server is asked again with the next turn. */
async function ask() {
  try {
    courier.learn(await api.uploads());
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

/** @param {import("./queue.js").Item} item @returns {Record<string, string>} tus metadata */
function metadataOf(item) {
  return {
    filename: item.name,
    filetype: item.file.type,
    lastModified: String(item.file.lastModified),
    key: item.key,
    ...(config.invite === null ? {} : { invite: config.invite }),
    ...(who.name ? { guest_name: who.name } : {}),
    ...(who.message ? { guest_message: who.message } : {}),
  };
}

/** Adds files to the list, with the limits applied in the order of choosing. @param {File[]} files */
function choose(files) {
  const fresh = queue.items.filter((item) => !(item.phase === "refused" || item.again || ledger.seemsEarlier(item)));
  const taken = {
    files: fresh.length,
    earlier: ledger.earlier().files,
    bytes: fresh.reduce((sum, item) => sum + item.size, 0),
  };
  for (const file of files) {
    const again = ledger.seemsEarlier(file) || queue.holds(file.size);
    const refusal = refusalOf(file, again ? withoutCounts(limits) : limits, config.accept, taken);
    queue.add(file, refusal);
    if (refusal || again) continue;
    taken.files += 1;
    taken.bytes += file.size;
  }
  board.show();
  if (who.missing) who.ask();
  news.wake();
  courier.pump();
}

/** Makes this browser known, and fills in what the guest wrote here before. */
async function open() {
  const session = await openSession(api, courier, waitBeforeAttempt);
  who.prefill(session?.visit);
  show();
}

/** @param {number} attempt @returns {Promise<void>} after 1 s, 2 s, … 30 s, or as soon as the network is back */
function waitBeforeAttempt(attempt) {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.min(30_000, 1000 * 2 ** attempt));
    addEventListener("online", () => resolve(), { once: true });
  });
}

/** The page is looked at again, or the network is back: nothing waits for its turn. */
function wake() {
  if (document.visibilityState === "hidden") return;
  courier.hurry();
  if (queue.items.length) news.wake();
}

addEventListener("online", () => {
  courier.setOnline(true);
  wake();
});
addEventListener("offline", () => courier.setOnline(false));
addEventListener("pageshow", wake);
document.addEventListener("visibilitychange", wake);
addEventListener("beforeunload", (event) => {
  const lost = queue.items.some((item) => isUnsent(item) || item.phase === "failed");
  if (lost && !courier.closed) event.preventDefault();
});
setInterval(() => courier.reviveSilent(), REVIVE_EVERY);
setInterval(() => {
  if (courier.online && queue.items.some((item) => item.stalled)) recheck(api, courier);
}, RECHECK_EVERY);
startPicking(choose);
startLinks(config, () => api.headers());
courier.setOnline(navigator.onLine);
board.show();
open();
