/** What the page shows of the whole: its stage, summary or finished card, notices. Called after every change. */

import { Announcer } from "./announcer.js";
import { find } from "./elements.js";
import { Finished } from "./finished.js";
import { kindOf } from "./limits.js";
import { placeInputs } from "./picker.js";
import { isUnsent, phaseOf } from "./queue.js";
import { Receipt } from "./receipt.js";
import { Removal } from "./removal.js";
import { Rows } from "./rows.js";
import { Summary } from "./summary.js";
import { takeBack } from "./taking-back.js";
import { Thumbnails } from "./thumbnails.js";
import { CLOSED, EARLIER, sentences } from "./words.js";

const ASK_AGAIN = 1_000; // ms

/**
 * The page's stage, which its styles follow.
 * @param {import("./queue.js").Counts} counts
 * @returns {"empty" | "active" | "problems" | "done"}
 */
export function stageOf({ total, unsent, failed }) {
  if (total === 0) return "empty";
  if (unsent > 0) return "active";
  return failed > 0 ? "problems" : "done";
}

/**
 * How far the bar is: complete files, and what has left of the others.
 * @param {import("./queue.js").Item[]} items
 * @param {number} received
 */
export function progressOf(items, received) {
  return items.filter(isUnsent).reduce((sum, item) => sum + Math.min(1, item.sent / item.size), received);
}

/** @param {Element | null} element */
const isShown = (element) => Boolean(element?.getClientRects().length);

export class Board {
  /**
   * @param {object} wiring
   * @param {import("./queue.js").Queue} wiring.queue
   * @param {import("./courier.js").Courier} wiring.courier
   * @param {import("./who.js").Who} wiring.who
   * @param {import("./pace.js").Pace} wiring.pace
   * @param {import("./thumbnails.js").Thumbnails} wiring.thumbnails
   * @param {import("./api.js").Api} wiring.api
   * @param {{host: string, albumSet: boolean, limits: import("./limits.js").Limits}} wiring.page
   * @param {() => void} wiring.onReopen the guest wants to try a closed link again
   */
  constructor({ queue, courier, who, pace, thumbnails, api, page, onReopen }) {
    this.queue = queue;
    this.courier = courier;
    this.who = who;
    this.pace = pace;
    this.thumbnails = thumbnails;
    this.page = page;
    this.announcer = new Announcer(find("[data-announce]"));
    this.summary = new Summary(find("[data-summary]"), (paused) => courier.pause(paused));
    this.finished = new Finished(find("[data-finished]"), thumbnails, () => courier.retryAll());
    this.offline = find("[data-offline]");
    this.closed = find("[data-closed]");
    this.earlier = find("[data-earlier]");
    this.reopen = find("[data-reopen]", this.closed);
    this.reopen.addEventListener("click", onReopen);
    this.password = /** @type {HTMLFormElement} */ (find("[data-password-form]", this.closed));
    const template = /** @type {HTMLTemplateElement} */ (find("#row-template"));
    this.rows = new Rows({
      section: find("[data-files]"),
      template,
      thumbnails,
      onAction: (item, action) => this.#act(item, action),
    });
    this.receipt = new Receipt({
      card: find("[data-receipt]"),
      template,
      ledger: courier.ledger,
      code: () => api.receipt,
      onRemove: ({ id, filename }) => {
        const phase = phaseOf(courier.ledger.statusOf(id)) ?? "received";
        this.removal.ask({ id, name: filename, kind: kindOf(filename, ""), phase });
      },
    });
    this.removal = new Removal({
      dialog: /** @type {HTMLDialogElement} */ (find("[data-removal]")),
      page,
      takeBack: (id) => takeBack(api, id, () => new Promise((resolve) => setTimeout(resolve, ASK_AGAIN))),
      onRemoved: (id) => this.#removed(id),
    });
  }

  /** @param {import("./queue.js").Item} item @param {"leave" | "stop" | "retry" | "remove"} action */
  #act(item, action) {
    if (action === "retry") this.courier.retry(item);
    else if (action !== "remove") this.courier.leaveOut(item);
    else {
      const { uploadId: id, name, kind, phase } = item;
      this.removal.ask({ id, name, kind, phase }, Thumbnails.possible(item) ? this.thumbnails.of(item) : undefined);
    }
  }

  /** An upload was taken back. @param {string} id */
  #removed(id) {
    this.courier.forget(id);
    this.show();
    // The last row takes its list along.
    if (document.activeElement !== document.body && isShown(document.activeElement)) return;
    [find("#receipt"), find("#files"), find("#pick")].find(isShown)?.focus({ preventScroll: true });
  }

  show() {
    const counts = this.queue.counts();
    const stage = stageOf(counts);
    const begun = stage !== "empty";
    document.body.dataset.stage = stage;
    placeInputs(begun);
    this.who.show(begun);
    const mood = { ...this.page, paused: this.courier.paused, offline: !this.courier.online };
    this.rows.show(this.queue, counts, mood);
    this.receipt.show(stage, new Set(this.queue.items.map((item) => item.uploadId)), mood);
    this.#notices(begun, counts.unsent > 0);
    if (stage === "done" || stage === "problems") {
      this.announcer.say(this.finished.show(this.queue, counts, mood, this.who.name));
    } else {
      this.finished.leave();
      if (begun) this.announcer.say(this.#summarise(counts));
    }
  }

  /** @param {import("./queue.js").Counts} counts */
  #summarise(counts) {
    const { paused, online, closed } = this.courier;
    const sending = this.queue.items.filter((item) => item.phase === "sending");
    return this.summary.show({
      counts,
      progress: progressOf(this.queue.items, counts.received),
      speed: sending.length ? this.pace.speed(performance.now()) : null,
      paused,
      offline: !online,
      stalled: sending.length > 0 && sending.every((item) => item.stalled),
      nameless: this.who.missing,
      closed: closed !== "",
    });
  }

  /** @param {boolean} begun @param {boolean} unsent */
  #notices(begun, unsent) {
    const { closed, online, ledger } = this.courier;
    this.offline.hidden = online || closed !== "" || !unsent;
    this.closed.hidden = !closed;
    this.password.hidden = closed !== "invite_password_required";
    this.reopen.hidden = !this.password.hidden;
    if (closed) {
      find("strong", this.closed).textContent = CLOSED.title(closed);
      const advice = CLOSED.advice[closed](this.page.host);
      find("[data-closed-text]", this.closed).textContent = begun ? sentences(CLOSED.safe(), advice) : advice;
    }
    const { safe, unfinished } = ledger.earlier();
    this.earlier.hidden = begun || closed !== "" || safe + unfinished === 0;
    const told = sentences(safe ? EARLIER.safe(safe) : "", unfinished ? EARLIER.unfinished(unfinished) : "");
    find("p", this.earlier).textContent = told;
  }
}
