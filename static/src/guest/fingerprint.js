/**
 * A file's fingerprint: by it an upload goes on after a reload, and a copy never shares the work of another file.
 * Pure JavaScript SHA-1, because browsers hide crypto.subtle on plain http. It is a name, not a proof:
 * Immich's checksum is made by the server from the bytes it received.
 */

import { sha1 } from "@noble/hashes/legacy.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

export const WHOLE = 1_048_576; // bytes; a file up to this size is read in full
export const SLICE = 65_536; // bytes
const SLICES = 16; // head, tail and 14 between

/**
 * Where the samples of a file begin.
 * @param {number} size bytes
 * @returns {number[]} byte offsets, rising
 */
export function sampleOffsets(size) {
  if (size <= WHOLE) {
    return Array.from({ length: Math.ceil(size / SLICE) }, (_, i) => i * SLICE);
  }
  return Array.from({ length: SLICES }, (_, i) => Math.floor((i * (size - SLICE)) / (SLICES - 1)));
}

/**
 * SHA-1 over name, size, date and samples of the content. Reads one slice at a time, so the page stays alive.
 * @param {File} file
 * @returns {Promise<string>} 40 hex digits
 * @throws {DOMException} when the device can't read the file (any more)
 */
export async function fingerprint(file) {
  const hash = sha1.create();
  hash.update(utf8ToBytes(`${file.name}\0${file.size}\0${file.lastModified}\0`));
  for (const offset of sampleOffsets(file.size)) {
    const slice = await file.slice(offset, offset + SLICE).arrayBuffer();
    hash.update(new Uint8Array(slice));
  }
  return bytesToHex(hash.digest());
}
