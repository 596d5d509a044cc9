/** The guest's page: puts its parts together and listens to the device. */

import { pathOf, rememberLink } from "../share/links.js";
import { Api, Refused } from "./api.js";
import { Awake } from "./awake.js";
import { Board } from "./board.js";
import { loadWords } from "./catalogue.js";
import { Choosing } from "./choosing.js";
import { Courier } from "./courier.js";
import { passDoor } from "./door.js";
import { find } from "./elements.js";
import { fingerprint } from "./fingerprint.js";
import { Hasher, workerAt } from "./hasher.js";
import { Known } from "./known.js";
import { Ledger } from "./ledger.js";
import { startLinks } from "./links.js";
import { Pace } from "./pace.js";
import { PasswordForm } from "./password.js";
import { lookForPhotos, showPhotos } from "./photos.js";
import { startPicking } from "./picker.js";
import { isUnsent, Queue } from "./queue.js";
import { createSender } from "./sender.js";
import { openSession, recheck } from "./session.js";
import { Shared } from "./shared.js";
import { NewsSocket, randomId } from "./socket.js";
import { Thumbnails } from "./thumbnails.js";
import { Who } from "./who.js";
import { theHost } from "./words.js";

const SHOW_EVERY = 250; // ms
const REVIVE_EVERY = 5_000; // ms
const RECHECK_EVERY = 30_000; // ms
const ON_PHONES = 2; // files at the same time
const ON_DESKTOPS = 3;

await loadWords(document.body.dataset.words ?? "");
const secret = await passDoor();
/** @type {import("./api.js").Config} */
const config = JSON.parse(find("#config").textContent ?? "");
const host = config.hostName || theHost();
const onPhone = matchMedia("(pointer: coarse)").matches;
const { limits } = config;
const endpoint = new URL(config.tusUrl, location.href).href;

const api = new Api(config);
api.guest = secret;
const ledger = new Ledger();
const hasher = new Hasher(workerAt(document.body.dataset.sha1Worker ?? ""));
const known = new Known({ sum: (file) => hasher.sum(file), ask: (items) => api.known(items) });
const pace = new Pace();
const shared = new Shared();
const queue = new Queue((item) => {
  shared.note(item, queue.has(item));
  show();
});
const choosing = new Choosing({ queue, ledger, limits, accept: config.accept });
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
  slots: onPhone ? ON_PHONES : ON_DESKTOPS,
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
  api,
  page: { host, albumSet: config.albumSet, limits },
  onReopen: open,
});
const awake = new Awake((alone) => {
  find("[data-awake]").hidden = !alone || !onPhone;
});
new PasswordForm(board.password, api, open);
const news = new NewsSocket({
  address: new URL(config.socketPath, location.href).href.replace(/^http/, "ws"),
  greeting: () => ({
    session_id: randomId(),
    ...(config.invite === null ? {} : { invite_token: config.invite }),
    ...(api.guest ? { guest: api.guest } : {}),
  }),
  onNews: (uploadId, status) => {
    courier.hear(uploadId, status);
    show();
  },
  poll: async () => {
    if (courier.online && courier.awaitsNews()) await ask();
  },
});

let showTimer = 0;
let acquainted = false; // with the server: before that, a question would make another guest

/** Shows every change soon, and no more than four times a second. */
function show() {
  showTimer ||= setTimeout(() => {
    showTimer = 0;
    const before = document.body.dataset.stage;
    board.show();
    if (document.body.dataset.stage === "done" && before !== "done") askForPhotos();
    awake.want(courier.busy);
  }, SHOW_EVERY);
}

/** Whoever listens before the server knows this browser would hear of another guest's files, and never of these. */
function listen() {
  if (acquainted && (queue.items.length || courier.awaitsNews())) news.wake();
}

/** Asks the listing for news; an unreachable server is asked again with the next turn. */
async function ask() {
  try {
    courier.learn(await api.uploads());
    show();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

/** Whether the host shows everyone's photos by now. */
function askForPhotos() {
  if (acquainted && config.invite) lookForPhotos(api);
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

/** Adds files to the list. @param {File[]} files */
async function choose(files) {
  await choosing.add(files);
  board.show();
  if (who.missing) who.ask();
  listen();
  courier.pump();
}

/** Makes this browser known, and fills in what the guest wrote here before. */
async function open() {
  const session = await openSession(api, courier, waitBeforeAttempt);
  who.prefill(session?.visit);
  showPhotos(session?.photosUrl);
  acquainted = session !== null;
  listen();
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
  if (!courier.busy) askForPhotos();
  listen();
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
if (config.invite) startLinks(config.apiBase, () => ({ ...api.headers(), "X-Invite-Token": config.invite ?? "" }));
courier.setOnline(navigator.onLine);
board.show();
if (!config.own) {
  const title = find("#event").textContent?.trim() ?? "";
  rememberLink({ path: pathOf(config.invite), title, urls: !!document.querySelector("[data-links]") });
}
await open();
await shared.begin(document.body.dataset.shared ?? "", pathOf(config.invite), choose);
