/** Files fetched from this server, to be handed to the device's share sheet. Pure of the page: `fetch` is passed in. */

/**
 * @typedef {object} Wanted a file as the page has it
 * @property {string} address
 * @property {string} name
 * @property {string} type a media type
 * @property {number} modified ms since 1970
 * @property {number} size bytes
 */

/**
 * Whether a share sheet takes so many; where there are none there is nothing to share.
 * @param {{ size: number }[]} wanted
 * @param {{ files: number, bytes: number }} limit
 * @returns {boolean}
 */
export function fits(wanted, limit) {
  const bytes = wanted.reduce((sum, { size }) => sum + size, 0);
  return wanted.length > 0 && wanted.length <= limit.files && bytes <= limit.bytes;
}

/**
 * Fetches one after another. What can't be had is named; ending the signal throws its reason.
 * @param {Wanted[]} wanted
 * @param {AbortSignal} signal
 * @param {(bytes: number) => void} onBytes told of all that came so far
 * @param {typeof fetch} get
 * @returns {Promise<{ files: File[], unfetched: string[] }>}
 */
export async function fetchFiles(wanted, signal, onBytes, get = fetch) {
  const files = [];
  const unfetched = [];
  let before = 0;
  for (const each of wanted) {
    try {
      const parts = await read(await get(each.address, { signal }), (bytes) => onBytes(before + bytes));
      files.push(new File(parts, each.name, { type: each.type, lastModified: each.modified }));
    } catch {
      signal.throwIfAborted();
      unfetched.push(each.name);
    }
    before += each.size;
    onBytes(before);
  }
  return { files, unfetched };
}

/**
 * @param {Response} answer
 * @param {(bytes: number) => void} onBytes
 * @returns {Promise<Uint8Array<ArrayBuffer>[]>}
 */
async function read(answer, onBytes) {
  // Whoever was signed out is led to the login, which is a page.
  if (!answer.ok || answer.redirected || !answer.body) throw new Error(`HTTP ${answer.status}`);
  const parts = [];
  let bytes = 0;
  const reader = answer.body.getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    parts.push(value);
    bytes += value.length;
    onBytes(bytes);
  }
  return parts;
}
