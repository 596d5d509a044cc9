/** Every text that the guest page's script shows, in one place. */

import { size } from "./format.js";

/** @param {number} n @param {string} one @param {string} many */
const plural = (n, one, many) => (n === 1 ? one : many);

/** @param {number} n */
const files = (n) => `${n} ${plural(n, "file", "files")}`;

/** Stands where a name would, on a page without a host's name. */
export const THE_HOST = "the host";

export const CHIPS = {
  waiting: "Waiting",
  sending: (percent) => `Uploading ${percent} %`,
  paused: (percent) => `Paused at ${percent} %`,
  offline: "Waiting for network",
  received: "Received",
  album: "In the album",
  immich: "In Immich",
  held: (host) => `Waiting for ${host}`,
  duplicate: "Already there",
  failed: "Failed",
  removed: "Removed",
  too_large: "Too large",
  not_accepted: "Not accepted",
  too_many: "Too many",
};

export const NOTES = {
  resumed: "Continuing where it stopped",
  held: (host) => `Safe here. ${host} looks first.`,
  largest: (bytes) => `${size(bytes)} is the limit`,
  most: (n) => `${files(n)} is the limit`,
  photos: "Photos only",
  videos: "Videos only",
  unknownType: "Not a photo or video",
  empty: "This file is empty",
  tooLarge: "Larger than this page takes",
  tooMany: "No more files fit here",
  quota: "No more room on this page",
  connection: "The connection broke",
  unreadable: "This device can't open the file",
  diskFull: "No room right now. Try again later",
  other: "Something went wrong on the way",
};

export const ROW = {
  leaveOut: "Leave out",
  stop: "Stop sending",
  retry: "Retry",
};

export const SUMMARY = {
  title: (received, total) => `${received} of ${total} received`,
  left: (bytes) => (bytes > 0 ? `${size(bytes)} left` : "almost done"),
  offline: "waiting for network",
  paused: "paused",
  nameless: "waiting for your name",
  pause: "Pause",
  resume: "Resume",
  safe: "You can close this page: everything marked received is safe.",
  keepOpen: (n) => `Keep it open to finish the other ${n}.`,
  allSafe: "You can close this page: everything is safe.",
};

/**
 * The finished card's texts. Counts: total, received (all that is safe), delivered, duplicate, held, failed, refused.
 */
export const FINISHED = {
  title({ total, received, failed, refused }, name) {
    const thanks = name ? `Thank you, ${name}!` : "Thank you!";
    if (failed) return `${SUMMARY.title(received, total)}. ${failed} ${plural(failed, "needs", "need")} another try.`;
    if (refused) return received ? `${SUMMARY.title(received, total)}. ${thanks}` : SUMMARY.title(received, total);
    return total === 1 ? `Received. ${thanks}` : `All ${total} received. ${thanks}`;
  },
  text({ received, delivered, duplicate, held, failed, refused }, { host, albumSet }) {
    const album = albumSet ? "in the album" : "in Immich";
    const parts = [];
    if (delivered) parts.push(`${delivered} ${plural(delivered, "is", "are")} ${album}`);
    if (duplicate) parts.push(`${duplicate} ${plural(duplicate, "was", "were")} already there`);
    if (held) parts.push(`${held} ${plural(held, "waits", "wait")} for ${host}`);
    const sentences = [];
    if (parts.length) sentences.push(`${parts.join(", ")}.`);
    if (refused) sentences.push(`${refused} couldn't be taken, the list says why.`);
    if (received) sentences.push(failed ? SUMMARY.safe : SUMMARY.allSafe);
    return sentences.join(" ");
  },
  retry: (n) => `Retry ${n}`,
};

/** Why nothing more is taken, by the server's code. What was received stays safe in every case. */
export const CLOSED = {
  title: {
    invite_expired: "This page has closed.",
    invite_disabled: "This page is taking a break.",
    invite_not_open: "This page isn't open yet.",
    invite_claimed: "This link was already used.",
    invite_exhausted: "This page is full.",
    invite_password_required: "This page needs its password again.",
    invalid_invite: "We can't find this page any more.",
  },
  advice: {
    invite_expired: (host) => `Ask ${host} to open it again.`,
    invite_disabled: (host) => `Ask ${host} to open it again.`,
    invite_not_open: () => "Come back then.",
    invite_claimed: (host) => `Ask ${host} for a new link.`,
    invite_exhausted: (host) => `Ask ${host} for a new link.`,
    invite_password_required: () => "Reload it to enter the password, then choose your files again.",
    invalid_invite: (host) => `Ask ${host} for a new link.`,
  },
  safe: "Everything marked received is safe.",
};

export const WHO = {
  from: (name) => `From ${name}`,
  nameless: "Sent without a name",
  message: (text) => `“${text}”`,
  missing: (host) => `Please tell ${host} who you are`,
};

export const EARLIER = {
  safe: (n) => `${files(n)} you sent before ${plural(n, "is", "are")} safe.`,
  unfinished: (n) =>
    n === 1
      ? "1 file isn't finished. Choose it again and it goes on where it stopped."
      : `${n} files aren't finished. Choose them again and they go on where they stopped.`,
};
