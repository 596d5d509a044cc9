/**
 * The service worker. It keeps the shell alone: files whose names carry the hash of their content, and two pages that
 * are the same for everybody. Uploads, answers, and pages that know a person always come from the network. And it takes
 * what a phone's share sheet hands over, so that this works without a network.
 *
 * `SHELL` is set by /sw.js (immichdrop/installing.py), which also names this file by its hash.
 */

import { add, count } from "../share/store.js";

/** @type {{version: string, files: string[], offline: string, share: string}} */
const SHELL = Reflect.get(self, "SHELL");
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const PREFIX = "drop-shell-";
const CACHE = PREFIX + SHELL.version;
const HASHED = /^\/static\/(?!admin\/).+\.[0-9a-f]{12}\.[a-z0-9]+$/;
const SHARE = "/share";
const TEXTS = ["url", "text", "title"];
const ADDRESS = /https?:\/\/[^\s<>"']+/i; // as the server finds it (ingest/downloads/platforms.py)
const MOST = 300; // files that wait at the same time

worker.addEventListener("install", (event) => {
  event.waitUntil(install());
  // Where the browser can, what is sent and asked doesn't even wake the worker.
  const routes = Reflect.get(event, "addRoutes");
  if (routes) event.waitUntil(routes.call(event, [{ condition: { urlPattern: "/api/*" }, source: "network" }]));
});
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method === "POST" && request.mode === "navigate" && pathname === SHARE) {
    event.respondWith(take(request));
  } else if (request.method === "GET" && request.mode === "navigate") {
    event.respondWith(page(request, pathname === SHARE ? SHELL.share : SHELL.offline));
  } else if (request.method === "GET" && HASHED.test(pathname)) {
    event.respondWith(file(request));
  }
});

async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.files);
  // Without cookies: what is kept knows nobody.
  const pages = [SHELL.offline, SHELL.share];
  await cache.addAll(pages.map((address) => new Request(address, { credentials: "omit", cache: "reload" })));
  await worker.skipWaiting();
}

/** From now on this version alone answers. */
async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** @param {Request} request @param {string} instead what is shown where the network does not answer */
async function page(request, instead) {
  try {
    return await fetch(request);
  } catch (unreachable) {
    return (await caches.match(instead, { cacheName: CACHE })) ?? Response.error();
  }
}

/** @param {Request} request of a file that never changes under its name */
async function file(request) {
  const kept = await caches.match(request.url, { ignoreVary: true, cacheName: CACHE });
  if (kept) return kept;
  const answer = await fetch(request);
  // Not where the cache is gone: a newer worker took over meanwhile, and opening it would bring it back.
  if (answer.status === 200 && (await caches.has(CACHE))) {
    await (await caches.open(CACHE)).put(request.url, answer.clone());
  }
  return answer;
}

/** @param {unknown[]} texts what an app shared, an address somewhere in it @returns {string} the address, or "" */
function addressIn(texts) {
  for (const text of texts) {
    const found = typeof text === "string" && text.slice(0, 4000).match(ADDRESS);
    if (found && found[0].length <= 2000) return found[0];
  }
  return "";
}

/** Keeps what was shared until its person says where it goes. @param {Request} request */
async function take(request) {
  const refused = (word) => Response.redirect(`${SHARE}?refused=${word}`, 303);
  // A hidden frame of another site's would fill the store unseen; a share sheet opens a window, and says no referrer.
  if (request.destination !== "document") return refused("stranger");
  if (request.referrer && new URL(request.referrer).origin !== location.origin) return refused("stranger");
  try {
    const form = await request.formData();
    const files = /** @type {File[]} */ (form.getAll("files").filter((each) => each instanceof File && each.name));
    if (!files.length) {
      const address = addressIn(TEXTS.map((name) => form.get(name)));
      return address ? Response.redirect(`${SHARE}#link=${encodeURIComponent(address)}`, 303) : refused("text");
    }
    if ((await count()) + files.length > MOST) return refused("too_much");
    await add(files);
  } catch (error) {
    const full = error instanceof DOMException && error.name === "QuotaExceededError";
    return refused(full ? "too_much" : "broken");
  }
  return Response.redirect(SHARE, 303);
}
