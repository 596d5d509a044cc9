/** Every text that the guest page's script shows, by where it stands. The words themselves are in words/, one file a language. */

import { percentage, say } from "./catalogue.js";
import { size } from "./format.js";

/** Stands where a name would, on a page without a host's name. */
export const theHost = () => say("theHost");

export const CHIPS = {
  waiting: () => say("chip.waiting"),
  sending: (percent) => say("chip.sending", { percent: percentage(percent) }),
  paused: (percent) => say("chip.paused", { percent: percentage(percent) }),
  offline: () => say("chip.offline"),
  received: () => say("chip.received"),
  album: () => say("chip.album"),
  immich: () => say("chip.immich"),
  held: (host) => say("chip.held", { host }),
  duplicate: () => say("chip.duplicate"),
  failed: () => say("chip.failed"),
  removed: () => say("chip.removed"),
  tooLarge: () => say("chip.tooLarge"),
  notAccepted: () => say("chip.notAccepted"),
  tooMany: () => say("chip.tooMany"),
};

export const NOTES = {
  resumed: () => say("note.resumed"),
  held: (host) => say("note.held", { host }),
  largest: (bytes) => say("note.largest", { size: size(bytes) }),
  most: (n) => say("note.most", { n }),
  photos: () => say("note.photos"),
  videos: () => say("note.videos"),
  unknownType: () => say("note.unknownType"),
  empty: () => say("note.empty"),
  tooLarge: () => say("note.tooLarge"),
  tooMany: () => say("note.tooMany"),
  quota: () => say("note.quota"),
  connection: () => say("note.connection"),
  unreadable: () => say("note.unreadable"),
  diskFull: () => say("note.diskFull"),
  other: () => say("note.other"),
};

/** A row's button: what it says to those who listen, and its tooltip. */
export const ROW = {
  leaveOut: (name) => [say("row.leaveOut", { name }), say("row.leaveOutTip")],
  stop: (name) => [say("row.stop", { name }), say("row.stopTip")],
  retry: (name) => say("row.retry", { name }),
  remove: (name) => [say("row.remove", { name }), say("row.removeTip")],
};

/** The dialog that asks before an upload is taken back. */
export const REMOVAL = {
  title: (kind) => say(kind === "video" ? "removal.video" : "removal.photo"),
  /** What becomes of it, by where it is: in the album, in Immich without one, or still on its way. */
  text: ({ phase, host, albumSet, onPhone }) =>
    sentences(
      say(phase === "delivered" ? (albumSet ? "removal.album" : "removal.immich") : "removal.here", { host }),
      say(onPhone ? "removal.phone" : "removal.device"),
    ),
  keep: () => say("removal.keep"),
  remove: () => say("removal.remove"),
  removing: () => say("removal.removing"),
  problem: (code, host) => say(`removal.${code}`, { host }),
};

export const RECEIPT = {
  before: (n) => say("receipt.before", { n }),
};

export const SUMMARY = {
  title: (received, total) => say("summary.title", { received, total }),
  left: (bytes) => (bytes > 0 ? say("summary.left", { size: size(bytes) }) : say("summary.almost")),
  offline: () => say("summary.offline"),
  paused: () => say("summary.paused"),
  nameless: () => say("summary.nameless"),
  pause: () => [say("summary.pause"), say("summary.pauseAll")],
  resume: () => [say("summary.resume"), say("summary.resumeAll")],
  safe: () => say("summary.safe"),
  keepOpen: (n) => say("summary.keepOpen", { n }),
  allSafe: () => say("summary.allSafe"),
  said: (title, line) => sentences(`${title}${say("stop")}`, line),
};

/** Sentences in a row. @param {...string} said */
export const sentences = (...said) => said.filter(Boolean).join(say("space"));

/**
 * The finished card's texts. Counts: total, received (all that is safe), delivered, duplicate, held, failed, refused.
 */
export const FINISHED = {
  title({ total, received, failed, refused }, name) {
    const thanks = name ? say("finished.thanksName", { name }) : say("finished.thanks");
    const some = say("finished.some", { received, total });
    if (failed) return sentences(some, say("finished.again", { n: failed }));
    if (refused) return received ? sentences(some, thanks) : SUMMARY.title(received, total);
    return sentences(total === 1 ? say("finished.single") : say("finished.all", { n: total }), thanks);
  },
  text({ received, delivered, duplicate, held, failed, refused }, { host, albumSet }) {
    const parts = [];
    if (delivered) parts.push(say(albumSet ? "finished.album" : "finished.immich", { n: delivered }));
    if (duplicate) parts.push(say("finished.duplicate", { n: duplicate }));
    if (held) parts.push(say("finished.held", { n: held, host }));
    return sentences(
      parts.length ? `${parts.join(say("comma"))}${say("stop")}` : "",
      refused ? say("finished.refused", { n: refused }) : "",
      received ? (failed ? SUMMARY.safe() : SUMMARY.allSafe()) : "",
    );
  },
  retry: (n) => say("finished.retry", { n }),
};

const reopen = (host) => say("closed.reopen", { host });
const newLink = (host) => say("closed.newLink", { host });

/** Why nothing more is taken, by the server's code. What was received stays safe in every case. */
export const CLOSED = {
  title: (code) => say(`closed.${code}`),
  advice: {
    invite_expired: reopen,
    invite_disabled: reopen,
    invite_not_open: () => say("closed.return"),
    invite_claimed: newLink,
    invite_exhausted: newLink,
    invite_password_required: () => say("closed.password"),
    invalid_invite: newLink,
  },
  safe: () => say("closed.safe"),
};

export const WHO = {
  from: (name) => say("who.from", { name }),
  nameless: () => say("who.nameless"),
  message: (text) => say("who.message", { text }),
  missing: (host) => say("who.missing", { host }),
};

export const PASSWORD = {
  wrong: () => say("password.wrong"),
  wait: (minutes) => say("password.wait", { n: minutes }),
  unreachable: () => say("password.unreachable"),
};

export const EARLIER = {
  safe: (n) => say("earlier.safe", { n }),
  unfinished: (n) => say("earlier.unfinished", { n }),
};

export const SHARE = {
  items: (n, size) => say("share.items", { n, size }),
  upload: (n) => say("share.upload", { n }),
  waiting: (n) => say("share.waiting", { n }),
  unreachable: () => say("password.unreachable"),
};
