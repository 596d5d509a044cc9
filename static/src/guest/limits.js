/** What a page takes, told before sending. The server checks everything again. */

const VIDEO_ENDINGS = new Set(
  ".3gp .3gpp .avi .flv .insv .m2t .m2ts .m4v .mkv .mov .mp4 .mpe .mpeg .mpg .mts .mxf .ts .vob .webm .wmv".split(" "),
);

/**
 * @typedef {object} Limits
 * @property {number | null} maxFiles files per guest
 * @property {number | null} maxBytes bytes of all files together
 * @property {number | null} maxFileSize bytes of one file
 * @property {"both" | "photos" | "videos"} kinds
 * @property {number | null} remaining files that the link still takes
 */

/**
 * @param {string} name
 * @returns {string} ".jpg", or "" without an ending
 */
export function ending(name) {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot).toLowerCase() : "";
}

/**
 * @param {string} name
 * @param {string} type MIME type as the browser tells it, may be empty
 * @returns {"image" | "video"}
 */
export function kindOf(name, type) {
  if (type.startsWith("video/")) return "video";
  if (type.startsWith("image/")) return "image";
  return VIDEO_ENDINGS.has(ending(name)) ? "video" : "image";
}

/**
 * Why a file can't be taken, in the server's codes, or "" when it can.
 * @param {{name: string, size: number, type: string}} file
 * @param {Limits} limits
 * @param {string[]} accept accepted endings, lower case with the dot; empty: all
 * @param {{files: number, earlier: number, bytes: number}} taken what was chosen on this page before it, and how many
 *   files this guest had sent before opening it
 * @returns {string}
 */
export function refusalOf(file, limits, accept, taken) {
  if (accept.length && !accept.includes(ending(file.name))) return "wrong_type";
  if (limits.kinds === "photos" && kindOf(file.name, file.type) !== "image") return "wrong_type";
  if (limits.kinds === "videos" && kindOf(file.name, file.type) !== "video") return "wrong_type";
  if (file.size === 0) return "empty_file";
  if (limits.maxFileSize && file.size > limits.maxFileSize) return "file_too_large";
  if (limits.maxFiles && taken.files + taken.earlier >= limits.maxFiles) return "too_many_files";
  if (limits.remaining !== null && taken.files >= limits.remaining) return "invite_exhausted";
  if (limits.maxBytes && taken.bytes + file.size > limits.maxBytes) return "quota_exceeded";
  return "";
}

/**
 * The limits for a file that counts already, because an earlier visit sent it or a part of it.
 * @param {Limits} limits
 * @returns {Limits}
 */
export function withoutCounts(limits) {
  return { ...limits, maxFiles: null, maxBytes: null, remaining: null };
}
