/**
 * Decides when each chosen file is sent: a few at a time, never while offline, paused or closed.
 * Knows nothing of the page; the network comes in through `api` and `send`.
 */

import { awaitsNews, isSafe } from "./queue.js";
import { Recogniser } from "./recogniser.js";
import { CLOSING } from "./session.js";
import { nextInTurn } from "./turns.js";

/** One file is refused for good, the others go on. */
const REFUSING = new Set(["too_many_files", "quota_exceeded", "file_too_large", "wrong_type", "empty_file"]);

const SILENCE = 60_000; // ms without a byte, after which a connection counts as dead

export class Courier {
  paused = false;
  online = true;
  /** @type {string} the code that closed the link, or "" */
  closed = "";
  /** @type {Map<import("./queue.js").Item, {stop: () => void, heard: number}>} */
  #active = new Map();
  #opened = false;

  /**
   * @param {object} wiring
   * @param {import("./queue.js").Queue} wiring.queue
   * @param {import("./ledger.js").Ledger} wiring.ledger
   * @param {import("./api.js").Api} wiring.api
   * @param {import("./sender.js").Send} wiring.send
   * @param {(file: File) => Promise<string>} wiring.fingerprint
   * @param {(item: import("./queue.js").Item) => Promise<boolean>} wiring.known whether this guest sent the very same
   *   bytes before
   * @param {string} wiring.endpoint absolute address of the tus root, ends with /
   * @param {number} wiring.slots files sent at the same time
   * @param {() => boolean} wiring.mayStart false while something is asked of the guest first (a name)
   * @param {() => number} wiring.now ms
   * @param {(bytes: number) => void} wiring.onBytes bytes that just left
   * @param {() => void} wiring.onChange paused, online or closed changed
   */
  constructor(wiring) {
    this.queue = wiring.queue;
    this.ledger = wiring.ledger;
    this.wiring = wiring;
    this.recogniser = new Recogniser({
      ...wiring,
      onReady: () => this.pump(),
      onChosenAgain: (broken) => this.retry(broken),
    });
  }

  /** @returns {boolean} whether anything is being sent now */
  get busy() {
    return this.#active.size > 0;
  }

  /**
   * The server knows this browser now: sending may begin, unless the link takes nothing.
   * @param {string} closed the code that closes it, or ""
   */
  opened(closed) {
    this.#opened = true;
    this.close(closed);
  }

  /** Fills the free slots. Called after anything that may have made room. */
  pump() {
    if (!this.#opened || this.closed) return;
    this.recogniser.look();
    if (this.paused || !this.online || !this.wiring.mayStart()) return;
    while (this.#active.size < this.wiring.slots) {
      const item = nextInTurn(this.queue.items, ({ phase, key, checking }) => phase === "waiting" && key && !checking);
      if (!item) return;
      this.#start(item);
    }
  }

  /** @param {boolean} paused */
  pause(paused) {
    this.paused = paused;
    if (paused) this.#stopAll();
    this.wiring.onChange();
    this.pump();
  }

  /** @param {boolean} online */
  setOnline(online) {
    this.online = online;
    if (!online) this.#stopAll();
    this.wiring.onChange();
    this.pump();
  }

  /** Tries stalled and silent connections anew, without waiting for their turn. */
  hurry() {
    for (const item of [...this.#active.keys()]) {
      if (item.stalled) this.#interrupt(item);
    }
    this.pump();
  }

  /** Gives up connections that have been silent for a minute; they go on where the server stands. */
  reviveSilent() {
    const limit = this.wiring.now() - SILENCE;
    for (const [item, run] of [...this.#active]) {
      if (run.heard < limit && !item.stalled) this.#interrupt(item);
    }
    this.pump();
  }

  /** @param {string} code why the link takes no more; "" opens it again */
  close(code) {
    this.closed = code;
    if (code) this.#stopAll();
    this.wiring.onChange();
    this.pump();
  }

  /** @param {import("./queue.js").Item} item */
  retry(item) {
    this.queue.update(item, { phase: "waiting", reason: "", stalled: false });
    this.pump();
  }

  retryAll() {
    for (const item of this.queue.items) if (item.phase === "failed") this.retry(item);
  }

  /**
   * Takes a file off the list; an unfinished part is given up on the server too.
   * @param {import("./queue.js").Item} item
   */
  leaveOut(item) {
    this.#drop(item);
    this.queue.remove(item);
    if (item.url && !isSafe(item)) this.wiring.api.giveUp(item.url);
    this.pump();
  }

  /**
   * The guest took an upload back: its file is on no list any more, and may be chosen and sent anew.
   * @param {string} uploadId
   */
  forget(uploadId) {
    this.ledger.hear(uploadId, "discarded");
    for (const item of this.queue.items.filter((each) => each.uploadId === uploadId)) this.queue.remove(item);
    this.pump();
  }

  /**
   * News from the server.
   * @param {string} uploadId
   * @param {string} status
   */
  hear(uploadId, status) {
    this.ledger.hear(uploadId, status);
    const changed = this.queue.withUpload(uploadId).filter((item) => this.queue.report(item, status));
    for (const item of changed) {
      this.#drop(item);
      this.ledger.complete(item);
    }
    if (changed.length) this.pump();
  }

  /** @param {import("./api.js").Upload[]} uploads the server's listing */
  learn(uploads) {
    this.ledger.learn(uploads);
    for (const upload of uploads) this.hear(upload.id, upload.status);
  }

  /** @returns {boolean} whether the server may still have news */
  awaitsNews() {
    return this.#active.size > 0 || this.queue.items.some(awaitsNews) || this.ledger.awaitsNews();
  }

  /** @param {import("./queue.js").Item} item */
  #start(item) {
    const run = { stop: () => {}, heard: this.wiring.now() };
    const current = () => this.#active.get(item) === run;
    this.#active.set(item, run);
    this.queue.update(item, { phase: "sending", stalled: false });
    run.stop = this.wiring.send(item, {
      located: (url) => current() && this.#located(item, url),
      progress: (bytes) => {
        if (!current()) return;
        run.heard = this.wiring.now();
        this.wiring.onBytes(bytes - item.sent);
        this.queue.update(item, { sent: bytes, stalled: false });
      },
      stalled: () => current() && this.#stalled(item),
      done: () => {
        if (!current()) return;
        this.#active.delete(item);
        this.queue.complete(item);
        this.ledger.complete(item);
        this.queue.report(item, this.ledger.statusOf(item.uploadId));
        this.pump();
      },
      failed: (code) => current() && this.#failed(item, code),
    });
  }

  /** @param {import("./queue.js").Item} item @param {string} url */
  #located(item, url) {
    const uploadId = decodeURIComponent(new URL(url, this.wiring.endpoint).pathname.split("/").pop() ?? "");
    this.queue.update(item, { url, uploadId });
  }

  /** @param {import("./queue.js").Item} item */
  async #stalled(item) {
    this.queue.update(item, { stalled: true });
    // A file that was moved or taken off the device breaks the request as a lost network does.
    try {
      await item.file.slice(0, 1).arrayBuffer();
    } catch (unreadable) {
      this.#drop(item);
      this.queue.update(item, { phase: "failed", reason: "unreadable" });
      this.pump();
    }
  }

  /** @param {import("./queue.js").Item} item @param {string} code */
  #failed(item, code) {
    this.#active.delete(item);
    if (CLOSING.has(code)) {
      this.queue.update(item, { phase: "waiting", stalled: false, sent: kept(item) });
      this.close(code);
      return;
    }
    this.queue.update(item, { phase: REFUSING.has(code) ? "refused" : "failed", reason: code, stalled: false });
    this.pump();
  }

  /** Stops sending; it waits and goes on later. @param {import("./queue.js").Item} item */
  #interrupt(item) {
    this.#drop(item);
    this.queue.update(item, { phase: "waiting", stalled: false, sent: kept(item) });
  }

  #stopAll() {
    for (const item of [...this.#active.keys()]) this.#interrupt(item);
  }

  /** @param {import("./queue.js").Item} item */
  #drop(item) {
    this.#active.get(item)?.stop();
    this.#active.delete(item);
  }
}

/** @param {import("./queue.js").Item} item @returns {number} bytes of it that may be on the server: none before its creation was answered */
const kept = ({ url, sent }) => (url ? sent : 0);
