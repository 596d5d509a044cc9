/**
 * The field for posts by their address. The server fetches them: this only asks, and shows what becomes of each. The
 * words are the template's (templates/guest/parts/links.html), by the server's codes.
 */

import { find } from "./elements.js";

const LOOK_EVERY = 2_000; // ms
/** Codes that are told in another's words. */
const TOLD_AS = { unsupported: "nothing_there", live: "nothing_there", protected: "nothing_there", too_long: "too_large" };

const REFUSED = { 400: "elsewhere", 429: "rate_limited" }; // by the status

/**
 * @typedef {object} Job what the server says of it
 * @property {string} job_id
 * @property {string} status
 * @property {number} [progress] percent
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

/**
 * @param {{invite: string | null, apiBase: string}} config
 * @param {() => Record<string, string>} guest the guest's own headers
 */
export function startLinks({ invite, apiBase }, guest) {
  const field = document.querySelector("[data-links]");
  if (!(field instanceof HTMLDetailsElement) || invite === null) return;
  const words = { ...field.dataset };
  /** @type {HTMLFormElement} */
  const form = find("[data-link-form]", field);
  /** @type {HTMLInputElement} */
  const input = find("input", form);
  const headers = () => ({ ...guest(), "X-Invite-Token": invite, Accept: "application/json" });

  field.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const url = input.value.trim();
    const show = newRow(field, url);
    input.value = "";
    show({ job_id: "", status: "pending" });
    try {
      const answer = await fetch(`${apiBase}/upload/url`, {
        method: "POST",
        headers: { ...headers(), "Content-Type": "application/json", Prefer: "respond-async" },
        body: JSON.stringify({ url }),
      });
      if (!answer.ok) {
        show({ job_id: "", status: "failed", cause: REFUSED[answer.status] });
        return;
      }
      follow((await answer.json()).job_id, show);
    } catch {
      show({ job_id: "", status: "failed", cause: "other" }); // the server was not reached: it can be pasted again
    }
  });

  /** @param {string} jobId @param {(job: Job) => boolean} show */
  async function follow(jobId, show) {
    try {
      const answer = await fetch(`${apiBase}/upload/url/status/${jobId}`, { headers: headers() });
      const job = answer.ok ? await answer.json() : { job_id: jobId, status: "failed", cause: "other" };
      if (show(job)) return;
    } catch {
      // Away for the moment; the job goes on without us.
    }
    setTimeout(follow, LOOK_EVERY, jobId, show);
  }

  /** @param {Element} list @param {string} url @returns {(job: Job) => boolean} shows a job's state; whether it is over */
  function newRow(list, url) {
    /** @type {HTMLTemplateElement} */
    const template = find("template", list);
    const row = /** @type {HTMLElement} */ (find("li", template.content).cloneNode(true));
    find("[data-address]", row).textContent = url;
    find("[data-link-jobs]", list).prepend(row);
    /** @type {HTMLProgressElement} */
    const bar = find("progress", row);
    return (job) => {
      const { text, progress, over } = stateOf(job, words);
      const line = find("[data-state]", row);
      if (line.textContent !== text) line.textContent = text;
      bar.hidden = over || progress === null;
      bar.value = progress ?? 0;
      return over;
    };
  }
}
