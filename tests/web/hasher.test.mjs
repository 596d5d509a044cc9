import assert from "node:assert/strict";
import { test } from "node:test";
import { Hasher } from "../../static/src/guest/hasher.js";

const file = (name) => new File(["bytes"], name);

/** A worker in the test's hands: `asked` holds what it was sent. */
class FakeWorker extends EventTarget {
  asked = [];
  ended = false;
  postMessage(message) {
    this.asked.push(message);
  }
  answer(id, sha1) {
    this.dispatchEvent(Object.assign(new Event("message"), { data: { id, sha1 } }));
  }
  terminate() {
    this.ended = true;
  }
}

function hasherWith(worker, patience) {
  let started = 0;
  const hasher = new Hasher(() => {
    started += 1;
    return worker;
  }, patience);
  return { hasher, started: () => started };
}

test("one worker, started with the first file, answers each file by itself", async () => {
  const worker = new FakeWorker();
  const { hasher, started } = hasherWith(worker);
  assert.equal(started(), 0);
  const sums = [hasher.sum(file("a")), hasher.sum(file("b"))];
  assert.equal(started(), 1);
  const [a, b] = worker.asked;
  assert.deepEqual([a.file.name, b.file.name], ["a", "b"]);
  worker.answer(b.id, "bbb");
  worker.answer(a.id, "aaa");
  assert.deepEqual(await Promise.all(sums), ["aaa", "bbb"]);
});

test("a browser that starts no worker has no sums", async () => {
  const hasher = new Hasher(() => {
    throw new DOMException("blocked", "SecurityError");
  });
  assert.equal(await hasher.sum(file("a")), "");
  assert.equal(await hasher.sum(file("b")), "");
});

test("a worker that fails gives up all that waited for it, and is not asked again", async () => {
  const worker = new FakeWorker();
  const { hasher } = hasherWith(worker);
  const sums = [hasher.sum(file("a")), hasher.sum(file("b"))];
  const error = new Event("error", { cancelable: true });
  worker.dispatchEvent(error);
  assert.deepEqual(await Promise.all(sums), ["", ""]);
  assert.equal(error.defaultPrevented, true);
  assert.equal(worker.ended, true);
  assert.equal(await hasher.sum(file("c")), "");
  assert.equal(worker.asked.length, 2);
});

test("a worker that falls silent is given up", async () => {
  const worker = new FakeWorker();
  const { hasher } = hasherWith(worker, 1);
  assert.equal(await hasher.sum(file("a")), "");
  assert.equal(worker.ended, true);
});

test("a file that can't be handed over fails like a worker that does", async () => {
  const worker = new FakeWorker();
  worker.postMessage = () => {
    throw new DOMException("gone", "DataCloneError");
  };
  assert.equal(await hasherWith(worker).hasher.sum(file("a")), "");
});
