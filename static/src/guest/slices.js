/** SHA-1 of whole files in plain JavaScript: crypto.subtle does not stream, and is missing on plain http. */

import { sha1 } from "@noble/hashes/legacy.js";
import { bytesToHex } from "@noble/hashes/utils.js";

const SLICE = 4_194_304; // bytes in memory at a time

/**
 * @param {Blob} file
 * @param {number} [slice] bytes read at a time
 * @returns {Promise<string>} 40 hex digits
 * @throws {DOMException} when the device can't read the file (any more)
 */
export async function sumInSlices(file, slice = SLICE) {
  const hash = sha1.create();
  for (let offset = 0; offset < file.size; offset += slice) {
    hash.update(new Uint8Array(await file.slice(offset, offset + slice).arrayBuffer()));
  }
  return bytesToHex(hash.digest());
}
