import assert from "node:assert/strict";
import { test } from "node:test";
import { Choosing } from "../../static/src/guest/choosing.js";
import { Ledger } from "../../static/src/guest/ledger.js";
import { Queue } from "../../static/src/guest/queue.js";

const UNLIMITED = { maxFiles: null, maxBytes: null, maxFileSize: null, kinds: "both", remaining: null };
const file = (name, size = 100) => new File([new Uint8Array(size)], name, { type: "image/jpeg" });
const several = (count, start = 0) => Array.from({ length: count }, (_, i) => file(`${start + i}.jpg`));

/** `slow`: ms that each look at the clock takes. */
function workshop({ limits = {}, slow = 0, earlier = [] } = {}) {
  const queue = new Queue();
  const ledger = new Ledger();
  ledger.open(earlier);
  let clock = 0;
  const now = () => {
    clock += slow;
    return clock;
  };
  const choosing = new Choosing({ queue, ledger, limits: { ...UNLIMITED, ...limits }, accept: [], now });
  return { queue, choosing, names: () => queue.items.map((item) => item.name) };
}

test("the page gets its turn while a slow device tells of thousands of files", async () => {
  const { queue, choosing } = workshop({ slow: 4 });
  const done = choosing.add(several(30));
  let turns = 0;
  while (queue.items.length < 30) {
    const before = queue.items.length;
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.ok(queue.items.length - before <= 10, "so many at once hold the page up");
    turns += 1;
  }
  await done;
  assert.ok(turns > 3);
});

test("a second choice waits for the first, and counts with it", async () => {
  const { queue, choosing, names } = workshop({ slow: 4, limits: { maxFiles: 25 } });
  await Promise.all([choosing.add(several(20)), choosing.add(several(10, 20))]);
  assert.deepEqual(names(), several(30).map(({ name }) => name));
  assert.deepEqual(queue.items.slice(25).map((item) => item.reason), Array(5).fill("too_many_files"));
  assert.equal(queue.counts().unsent, 25);
});

test("what an earlier visit sent counts once", async () => {
  const sent = { id: "u1", filename: "0.jpg", size: 100, offset: 100, status: "delivered", key: "k" };
  const { queue, choosing } = workshop({ limits: { maxFiles: 2 }, earlier: [sent] });
  await choosing.add([file("0.jpg"), file("new.jpg", 200), file("more.jpg", 300)]);
  assert.deepEqual(queue.items.map((item) => item.reason), ["", "", "too_many_files"]);
});
