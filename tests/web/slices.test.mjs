import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { sumInSlices } from "../../static/src/guest/slices.js";

const bytes = (size) => Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) % 256);
const expected = (content) => createHash("sha1").update(content).digest("hex");

test("the sum is that of the whole file, wherever its slices end", async () => {
  for (const size of [0, 1, 999, 1000, 1001, 3000]) {
    const content = bytes(size);
    assert.equal(await sumInSlices(new Blob([content]), 1000), expected(content), String(size));
  }
});

test("no more than a slice is read at a time", async () => {
  const content = bytes(10_000);
  const read = [];
  const file = {
    size: content.length,
    slice: (from, to) => {
      read.push(to - from);
      return new Blob([content.subarray(from, to)]);
    },
  };
  assert.equal(await sumInSlices(file, 4096), expected(content));
  assert.deepEqual(read, [4096, 4096, 4096]);
});

test("a file that can't be read has no sum", async () => {
  const gone = { size: 5, slice: () => ({ arrayBuffer: () => Promise.reject(new Error("moved")) }) };
  await assert.rejects(sumInSlices(gone), /moved/);
});
