/** What a pasted link's row says, by what the server says of its job. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { stateOf, wordOf } from "../../static/src/guest/links.js";
import { isTaken } from "../../static/src/share/post.js";

const words = { fetching: "F", sending: "S", received: "R", private: "P", nothing_there: "N", too_large: "L", other: "O" };

test("a job on its way", () => {
  assert.deepEqual(stateOf({ job_id: "1", status: "pending" }, words), { text: "F", progress: null, over: false });
  assert.deepEqual(stateOf({ job_id: "1", status: "downloading", progress: 40 }, words), { text: "F", progress: 40, over: false });
  assert.deepEqual(stateOf({ job_id: "1", status: "uploading", progress: 100 }, words), { text: "S", progress: 100, over: false });
});

test("a job that is over", () => {
  assert.equal(stateOf({ job_id: "1", status: "completed" }, words).text, "R");
  assert.deepEqual(stateOf({ job_id: "1", status: "failed", cause: "private" }, words), { text: "P", progress: null, over: true });
});

test("codes that share words, and those that have none", () => {
  assert.equal(wordOf("unsupported", words), "N");
  assert.equal(wordOf("too_long", words), "L");
  assert.equal(wordOf("live", { ...words, live: "V" }), "V", "nothing there would be a lie");
  assert.equal(wordOf("brand_new", words), "O");
  assert.equal(wordOf(undefined, words), "O");
});

test("a shared address is taken at a platform's names and below them, and nowhere else", () => {
  const hosts = ["x.com", "youtu.be"];
  for (const taken of ["https://x.com/a/status/1", "https://www.X.com/a?b", "http://youtu.be/a"]) assert.ok(isTaken(taken, hosts));
  for (const not of ["https://ax.com/", "https://x.com.evil.example/", "https://evil.example/x.com", "x.com", ""]) {
    assert.ok(!isTaken(not, hosts), not);
  }
});
