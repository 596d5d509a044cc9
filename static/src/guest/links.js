/**
 * The field for posts by their address. The server fetches them: this only asks, and shows what becomes of each. The
 * words are a template's (templates/includes/link_words.html), by the server's codes.
 */

import { recall, remember } from "../device.js";
import { find } from "./elements.js";

const LOOK_EVERY = 2_000; // ms
/** In this browser's memory: whether it had a post fetched, so that its jobs may be asked for. */
const ASKED = "drop-posts";
/** Codes that are told in another's words. */
const TOLD_AS = { unsupported: "nothing_there", too_long: "too_large" };

const REFUSED = { 400: "elsewhere", 429: "busy" }; // by the status

/**
 * @typedef {object} Job what the server says of it
 * @property {string} job_id
 * @property {string} status
 * @property {number} [progress] percent
 * @property {boolean} [thumbnail] whether it has a picture
 * @property {string} [cause]
 */

/**
 * @param {string | undefined} cause the server's code
 * @param {Record<string, string | undefined>} words by code
 * @returns {string}
 */
export const wordOf = (cause, words) => words[TOLD_AS[cause] ?? cause ?? ""] ?? words.other ?? "";

/**
 * What a row says, and how far it is; null where nobody knows.
 * @param {Job} job
 * @param {Record<string, string | undefined>} words
 * @returns {{text: string, progress: number | null, over: boolean}}
 */
export function stateOf(job, words) {
  if (job.status === "completed") return { text: words.received ?? "", progress: null, over: true };
  if (job.status === "failed") return { text: wordOf(job.cause, words), progress: null, over: true };
  if (job.status === "uploading") return { text: words.sending ?? "", progress: 100, over: false };
  return { text: words.fetching ?? "", progress: job.progress || null, over: false };
}

/** A list of pasted links, each with what becomes of it. */
export class LinkJobs {
  /**
   * @param {HTMLElement} place with the words (includes/link_words.html), the list and a row's template
   * @param {string} apiBase
   * @param {() => Record<string, string>} headers by which the server knows who asks
   */
  constructor(place, apiBase, headers) {
    this.place = place;
    this.words = { ...place.dataset };
    this.address = `${apiBase}/upload/url`;
    this.headers = () => ({ ...headers(), Accept: "application/json" });
  }

  /**
   * Has a post fetched.
   * @param {string} url
   * @param {string} [album] its name, where the server does not know it by the link
   * @param {string} [albumId] its id in Immich, where one was chosen
   */
  async fetch(url, album, albumId) {
    const show = this.#newRow(url);
    show({ job_id: "", status: "pending" });
    remember(ASKED, "1");
    try {
      const answer = await fetch(this.address, {
        method: "POST",
        headers: { ...this.headers(), "Content-Type": "application/json", Prefer: "respond-async" },
        body: JSON.stringify({ url, album_name: album, album_id: albumId }),
      });
      if (!answer.ok) {
        show({ job_id: "", status: "failed", cause: REFUSED[answer.status] });
        return;
      }
      this.#follow((await answer.json()).job_id, show);
    } catch {
      show({ job_id: "", status: "failed", cause: "other" }); // the server was not reached: it can be pasted again
    }
  }

  /**
   * Shows the jobs of an earlier visit again.
   * @param {string} [album]
   * @returns {Promise<boolean>} whether one of them goes on
   */
  async resume(album = "") {
    if (!recall(ASKED)) return false;
    let goesOn = false;
    try {
      const query = new URLSearchParams({ album_name: album });
      const answer = await fetch(`${this.address}/status?${query}`, { headers: this.headers() });
      const { items } = answer.ok ? await answer.json() : { items: [] };
      for (const job of items.reverse()) {
        const show = this.#newRow(job.url);
        if (show(job)) continue;
        goesOn = true;
        setTimeout(() => this.#follow(job.job_id, show), LOOK_EVERY);
      }
    } catch {
      // Not reached: they go on all the same, and are there when the page is loaded again.
    }
    return goesOn;
  }

  /** @param {string} jobId @param {(job: Job) => boolean} show */
  async #follow(jobId, show) {
    try {
      const answer = await fetch(`${this.address}/status/${jobId}`, { headers: this.headers() });
      const job = answer.ok ? await answer.json() : { job_id: jobId, status: "failed", cause: "other" };
      if (show(job)) return;
    } catch {
      // Away for the moment; the job goes on without us.
    }
    setTimeout(() => this.#follow(jobId, show), LOOK_EVERY);
  }

  /** @param {string} jobId @param {HTMLImageElement} picture */
  async #picture(jobId, picture) {
    try {
      const answer = await fetch(`${this.address}/status/${jobId}/thumbnail`, { headers: this.headers() });
      if (!answer.ok) return;
      picture.src = URL.createObjectURL(await answer.blob());
      await picture.decode();
      picture.hidden = false;
    } catch {
      // The row says without it what becomes of the post.
    }
  }

  /** @param {string} url @returns {(job: Job) => boolean} shows a job's state; whether it is over */
  #newRow(url) {
    /** @type {HTMLTemplateElement} */
    const template = find("template", this.place);
    const row = /** @type {HTMLElement} */ (find("li", template.content).cloneNode(true));
    find("[data-address]", row).textContent = url;
    find("[data-link-jobs]", this.place).prepend(row);
    /** @type {HTMLProgressElement} */
    const bar = find("progress", row);
    /** @type {HTMLImageElement} */
    const picture = find("[data-picture]", row);
    let pictured = false;
    return (job) => {
      if (job.thumbnail && !pictured) {
        pictured = true;
        this.#picture(job.job_id, picture);
      }
      const { text, progress, over } = stateOf(job, this.words);
      const line = find("[data-state]", row);
      if (line.textContent !== text) line.textContent = text;
      bar.hidden = over || progress === null;
      bar.value = progress ?? 0;
      return over;
    };
  }
}

/**
 * The field of a page, where it has one.
 * @param {string} apiBase
 * @param {() => Record<string, string>} headers by which the server knows who asks; a host's login needs none
 */
export function startLinks(apiBase, headers) {
  const field = document.querySelector("[data-links]");
  if (!(field instanceof HTMLDetailsElement)) return;
  const jobs = new LinkJobs(field, apiBase, headers);
  /** @type {HTMLFormElement} */
  const form = find("[data-link-form]", field);
  /** @type {HTMLInputElement} */
  const input = find("input", form);

  field.hidden = false;
  jobs.resume(field.dataset.album).then((goesOn) => {
    if (goesOn) field.open = true;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const url = input.value.trim();
    input.value = "";
    jobs.fetch(url, field.dataset.album, field.dataset.albumId);
  });
}
