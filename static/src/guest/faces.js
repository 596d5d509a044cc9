/** How an item's state looks and reads: one table for rows, so that every state has one chip, icon and action. */

import { percent } from "./format.js";
import { CHIPS, NOTES } from "./words.js";

/**
 * @typedef {object} Face
 * @property {string} state the row's `data-state`
 * @property {string} tone the chip's tone class, or ""
 * @property {string} icon
 * @property {string} chip
 * @property {string} note a word of explanation, or ""
 * @property {"" | "hint" | "error"} noteTone
 * @property {number | null} bar percent of the row's progress bar, or null without one
 * @property {boolean} resting whether the bar rests (paused, offline)
 * @property {"leave" | "stop" | "retry" | "remove" | ""} action
 *
 * @typedef {object} Mood what holds for the whole page
 * @property {boolean} paused
 * @property {boolean} offline
 * @property {string} host
 * @property {boolean} albumSet
 * @property {import("./limits.js").Limits} limits
 */

const PLAIN = { tone: "", note: "", noteTone: "", bar: null, resting: false, action: "" };

/**
 * @param {import("./queue.js").Item} item
 * @param {Mood} mood
 * @returns {Face}
 */
export function faceOf(item, mood) {
  switch (item.phase) {
    case "waiting":
    case "sending":
      return unsent(item, mood);
    case "received":
      return {
        ...PLAIN,
        state: "received",
        tone: "chip-safe",
        icon: "shield-check",
        chip: CHIPS.received(),
        action: "remove",
      };
    case "held":
      return {
        ...PLAIN,
        state: "held",
        icon: "clock",
        chip: CHIPS.held(mood.host),
        note: NOTES.held(mood.host),
        noteTone: "hint",
        action: "remove",
      };
    case "delivered":
      return {
        ...PLAIN,
        state: "delivered",
        tone: "chip-album",
        icon: "album",
        chip: mood.albumSet ? CHIPS.album() : CHIPS.immich(),
        action: "remove",
      };
    case "duplicate":
      return { ...PLAIN, state: "duplicate", tone: "chip-same", icon: "duplicate", chip: CHIPS.duplicate() };
    case "removed":
      return { ...PLAIN, state: "removed", icon: "trash", chip: CHIPS.removed() };
    case "failed":
      return { ...bad(CHIPS.failed(), failureNote(item.reason)), state: "failed", action: "retry" };
    default:
      return refused(item, mood);
  }
}

/** @param {import("./queue.js").Item} item @param {Mood} mood @returns {Face} */
function unsent(item, mood) {
  const done = percent(item.sent, item.size);
  const begun = item.sent > 0;
  const action = item.phase === "sending" || begun ? "stop" : "leave";
  const resting = { ...PLAIN, tone: "chip-sun", action, resting: true, bar: begun ? done : null };
  if (mood.paused && begun) return { ...resting, state: "paused", icon: "pause", chip: CHIPS.paused(done) };
  if (mood.offline && begun) return { ...resting, state: "offline", icon: "pause", chip: CHIPS.paused(done) };
  if (mood.offline || item.stalled) return { ...resting, state: "offline", icon: "offline", chip: CHIPS.offline() };
  if (item.phase === "waiting") return { ...PLAIN, state: "waiting", icon: "clock", chip: CHIPS.waiting(), action };
  return {
    ...PLAIN,
    state: "uploading",
    tone: "chip-sea",
    icon: "upload",
    chip: CHIPS.sending(done),
    bar: done,
    action,
    note: item.resumed ? NOTES.resumed() : "",
    noteTone: "hint",
  };
}

/** @param {import("./queue.js").Item} item @param {Mood} mood @returns {Face} */
function refused(item, { limits }) {
  const face = { state: "refused", action: "leave" };
  switch (item.reason) {
    case "file_too_large":
      return { ...bad(CHIPS.tooLarge(), largestNote(item, limits)), ...face };
    case "too_many_files":
      return { ...bad(CHIPS.tooMany(), limits.maxFiles ? NOTES.most(limits.maxFiles) : NOTES.tooMany()), ...face };
    case "invite_exhausted":
      return { ...bad(CHIPS.tooMany(), NOTES.tooMany()), ...face };
    case "quota_exceeded":
      return { ...bad(CHIPS.tooLarge(), NOTES.quota()), ...face };
    case "empty_file":
      return { ...bad(CHIPS.notAccepted(), NOTES.empty()), ...face };
    default:
      return { ...bad(CHIPS.notAccepted(), kindNote(item, limits.kinds)), ...face };
  }
}

/** @param {string} chip @param {string} note */
function bad(chip, note) {
  return { ...PLAIN, tone: "chip-bad", icon: "warning", chip, note, noteTone: "error" };
}

/**
 * The limit that the page knows, unless the host has lowered it since.
 * @param {import("./queue.js").Item} item
 * @param {import("./limits.js").Limits} limits
 */
function largestNote({ size }, { maxFileSize }) {
  return maxFileSize && size > maxFileSize ? NOTES.largest(maxFileSize) : NOTES.tooLarge();
}

/** @param {import("./queue.js").Item} item @param {string} kinds */
function kindNote(item, kinds) {
  if (kinds === "photos" && item.kind === "video") return NOTES.photos();
  if (kinds === "videos" && item.kind === "image") return NOTES.videos();
  return NOTES.unknownType();
}

/** @param {string} reason */
function failureNote(reason) {
  if (reason === "connection") return NOTES.connection();
  if (reason === "unreadable") return NOTES.unreadable();
  if (reason === "disk_full") return NOTES.diskFull();
  return NOTES.other();
}
