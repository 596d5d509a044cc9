import assert from "node:assert/strict";
import { test } from "node:test";
import { faceOf } from "../../static/src/guest/faces.js";

const MOOD = {
  paused: false,
  offline: false,
  host: "Lena",
  albumSet: true,
  limits: { maxFiles: 50, maxBytes: null, maxFileSize: 2_000_000_000, kinds: "photos", remaining: null },
};
const ITEM = { phase: "waiting", sent: 0, size: 100, reason: "", url: "", stalled: false, resumed: false, kind: "image" };

/** What a row says: chip, note and action. */
function says(item, mood = {}) {
  const face = faceOf({ ...ITEM, ...item }, { ...MOOD, ...mood });
  return [face.chip, face.note, face.action].join(" | ");
}

test("the states read as designed", () => {
  assert.equal(says({}), "Waiting |  | leave");
  assert.equal(says({ phase: "sending", sent: 46 }), "Uploading 46 % |  | stop");
  assert.equal(says({ phase: "received" }), "Received |  | remove");
  assert.equal(says({ phase: "delivered" }), "In the album |  | remove");
  assert.equal(says({ phase: "delivered" }, { albumSet: false }), "In Immich |  | remove");
  assert.equal(says({ phase: "duplicate" }), "Already there |  | ");
  assert.equal(says({ phase: "held" }), "Waiting for Lena | Safe here. Lena looks first. | remove");
  assert.equal(says({ phase: "removed" }), "Removed |  | ");
  assert.equal(says({ phase: "failed", reason: "connection" }), "Failed | The connection broke | retry");
});

test("a page without a host's name says the host", () => {
  assert.equal(says({ phase: "held" }, { host: "the host" }), "Waiting for the host | Safe here. The host looks first. | remove");
});

test("refusals by a limit name the limit", () => {
  const refused = (reason, more = {}) => says({ phase: "refused", reason, ...more });
  assert.equal(refused("file_too_large", { size: 2_000_000_001 }), "Too large | 2 GB is the limit | leave");
  assert.equal(refused("file_too_large"), "Too large | Larger than this page takes | leave");
  assert.equal(refused("too_many_files"), "Too many | 50 files is the limit | leave");
  assert.equal(refused("wrong_type", { kind: "video" }), "Not accepted | Photos only | leave");
  assert.equal(refused("wrong_type"), "Not accepted | Not a photo or video | leave");
  assert.equal(refused("empty_file"), "Not accepted | This file is empty | leave");
});

test("paused and offline files say so, begun ones with their percent", () => {
  const half = { phase: "waiting", sent: 46 };
  assert.equal(says(half, { paused: true }), "Paused at 46 % |  | stop");
  assert.equal(says({}, { paused: true }), "Waiting |  | leave");
  assert.equal(says(half, { offline: true }), "Paused at 46 % |  | stop");
  assert.equal(says({}, { offline: true }), "Waiting for network |  | leave");
  assert.equal(says({ phase: "sending", sent: 46, stalled: true }), "Waiting for network |  | stop");
});

test("an upload that goes on after a reload says so while it is sent", () => {
  assert.equal(says({ phase: "sending", sent: 10, resumed: true }), "Uploading 10 % | Continuing where it stopped | stop");
});

test("every face has an icon and a word, so that colour is never the only sign", () => {
  for (const phase of ["waiting", "sending", "received", "held", "delivered", "duplicate", "removed", "failed", "refused"]) {
    const face = faceOf({ ...ITEM, phase }, MOOD);
    assert.ok(face.icon && face.chip && face.state, phase);
  }
});
