/** Sends one file by tus 1.0.0, and says what came of it. When to send which is the courier's business. */

import { Upload } from "tus-js-client";
import { codeIn } from "./api.js";

const ONE_REQUEST = 8_000_000; // bytes; a file up to this size goes with its creation
/** Waits between tries, ms: quick at first, then for about 20 minutes. Every acknowledged byte starts it anew. */
const RETRY_DELAYS = [0, 1000, 3000, 5000, 10_000, 20_000, ...Array(40).fill(30_000)];
/** Refusals that pass: the offset differs, busy, too many requests. */
const PASSING = new Set([409, 423, 429]);
/** The upload is gone: then, and only then, it is created again. */
const GONE = new Set([404, 410]);

/**
 * @typedef {object} Outcome what a sender reports
 * @property {(url: string) => void} located where the upload lives
 * @property {(bytes: number) => void} progress bytes that have left
 * @property {() => void} stalled the connection failed and is tried again
 * @property {() => void} done the last byte is acknowledged
 * @property {(code: string) => void} failed the server's code, or "connection"
 *
 * @typedef {(item: import("./queue.js").Item, outcome: Outcome) => () => void} Send starts, and returns how to stop
 */

/**
 * Whether an answer is worth another try of the same request.
 * @param {number} status HTTP status, 0 without an answer
 * @returns {boolean}
 */
export function isPassing(status) {
  if (status === 507) return false; // no room on the server: the guest decides when to try again
  return status < 400 || status >= 500 || PASSING.has(status);
}

/**
 * @param {object} server
 * @param {string} server.endpoint absolute address of the tus root
 * @param {number | null} server.chunkSize bytes of one request at most, null without a limit
 * @param {() => Record<string, string>} server.headers
 * @param {(item: import("./queue.js").Item) => Record<string, string>} server.metadata
 * @param {number[]} [server.retryDelays] ms
 * @returns {Send}
 */
export function createSender({ endpoint, chunkSize, headers, metadata, retryDelays = RETRY_DELAYS }) {
  const most = chunkSize ?? Number.POSITIVE_INFINITY;
  return (item, outcome) => {
    const upload = new Upload(item.file, {
      endpoint,
      uploadUrl: item.url || null,
      chunkSize: most,
      uploadDataDuringCreation: item.size <= Math.min(most, ONE_REQUEST),
      storeFingerprintForResuming: false,
      retryDelays,
      headers: headers(),
      metadata: metadata(item),
      onUploadUrlAvailable: () => outcome.located(upload.url ?? ""),
      onProgress: outcome.progress,
      onSuccess: outcome.done,
      onShouldRetry: (error) => {
        const again = isPassing(error.originalResponse?.getStatus() ?? 0);
        if (again) outcome.stalled();
        return again;
      },
      onAfterResponse: (request, response) => {
        // The library starts from zero after any refused HEAD but 423. An error thrown here goes to its retries
        // instead, and the address is kept.
        const status = response.getStatus();
        if (request.getMethod() === "HEAD" && status >= 300 && status !== 423 && !GONE.has(status)) {
          throw new Error(`the upload's state is not known: ${status}`);
        }
      },
      onError: (error) => {
        const response = "originalResponse" in error ? error.originalResponse : null;
        outcome.failed(response ? codeIn(response.getBody()) || "other" : "connection");
      },
    });
    upload.start();
    return () => {
      upload.abort();
    };
  };
}
