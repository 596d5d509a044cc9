import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { fingerprint, SLICE, sampleOffsets, WHOLE } from "../../static/src/guest/fingerprint.js";

const bytes = (size, seed = 0) => Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8) + seed) % 256);
const file = (content, name = "a.jpg", lastModified = 1_750_000_000_000) => new File([content], name, { lastModified });

test("a small file is read in full", async () => {
  const content = bytes(200_001);
  const header = `a.jpg\0${content.length}\x001750000000000\0`;
  const expected = createHash("sha1").update(header).update(content).digest("hex");
  assert.equal(await fingerprint(file(content)), expected);
});

test("every byte of a small file counts", async () => {
  const content = bytes(WHOLE);
  const before = await fingerprint(file(content));
  content[700_000] ^= 1;
  assert.notEqual(await fingerprint(file(content)), before);
});

test("a large file is sampled at its head, its tail and 14 places between", () => {
  const size = 5_000_000_000;
  const offsets = sampleOffsets(size);
  assert.equal(offsets.length, 16);
  assert.equal(offsets[0], 0);
  assert.equal(offsets.at(-1), size - SLICE);
  assert.deepEqual(offsets, [...offsets].sort((a, b) => a - b));
});

test("name, size, date, head and tail all tell large files apart", async () => {
  const content = bytes(WHOLE + 1);
  const changed = (at) => {
    const copy = content.slice();
    copy[at] ^= 1;
    return copy;
  };
  const prints = await Promise.all([
    fingerprint(file(content)),
    fingerprint(file(content, "b.jpg")),
    fingerprint(file(content, "a.jpg", 1)),
    fingerprint(file(bytes(WHOLE + 2))),
    fingerprint(file(changed(0))),
    fingerprint(file(changed(content.length - 1))),
  ]);
  assert.equal(new Set(prints).size, prints.length);
  assert.match(prints[0], /^[0-9a-f]{40}$/);
});

test("the same file gives the same fingerprint", async () => {
  assert.equal(await fingerprint(file(bytes(50))), await fingerprint(file(bytes(50))));
});

test("a name and a size can't be mistaken for each other", async () => {
  assert.notEqual(await fingerprint(file(bytes(1), "a1")), await fingerprint(file(bytes(11), "a")));
});
