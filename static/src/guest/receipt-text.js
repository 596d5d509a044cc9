/** The receipt in figures, and as a text to keep. Pure: no page, no clock. */

import { moment, number } from "./catalogue.js";
import { size } from "./format.js";
import { kindOf } from "./limits.js";

/** @typedef {import("./api.js").Upload} Upload */

/**
 * @param {Upload[]} uploads
 * @returns {{photos: number, videos: number, bytes: number, latest: Date | null}} `latest` is when the last one came
 */
export function sumsOf(uploads) {
  const videos = uploads.filter((upload) => kindOf(upload.filename, "") === "video").length;
  const moments = uploads.map(({ receivedAt }) => Date.parse(receivedAt ?? "")).filter(Number.isFinite);
  return {
    photos: uploads.length - videos,
    videos,
    bytes: uploads.reduce((sum, upload) => sum + upload.size, 0),
    latest: moments.length ? new Date(Math.max(...moments)) : null,
  };
}

/** @param {{photos: number, videos: number}} sums @returns {string} "27 + 3", without videos "27" */
export const filesOf = ({ photos, videos }) => (videos ? `${number(photos)} + ${number(videos)}` : number(photos));

/**
 * What a guest keeps: a text that every device opens, and that can be sent to the host as it is. It begins with a
 * byte order mark, without which some viewers on phones take UTF-8 for something else.
 * @param {object} receipt
 * @param {string[]} receipt.head heading, the page's title and its address
 * @param {[string, string][]} receipt.figures label and value
 * @param {Upload[]} receipt.uploads
 * @param {(upload: Upload) => string} receipt.stateOf its state in words
 * @returns {string}
 */
export function receiptText({ head, figures, uploads, stateOf }) {
  const rows = uploads.map((upload) => {
    const at = upload.receivedAt ? moment(new Date(upload.receivedAt)) : "";
    return [upload.filename, size(upload.size), stateOf(upload), at].map(inOneLine).join("\t");
  });
  const sums = figures.map(([label, value]) => `${label}: ${value}`);
  return `\ufeff${[...head.map(inOneLine), "", ...sums, "", ...rows, ""].join("\r\n")}`;
}

/** @param {string} text */
const inOneLine = (text) => text.replace(/\p{Cc}+/gu, " ").trim();
