import assert from "node:assert/strict";
import { test } from "node:test";
import { Queue } from "../../static/src/guest/queue.js";

const file = (name, size = 100) => new File([new Uint8Array(size)], name, { type: "image/jpeg" });

function complete(queue, name = "a.jpg") {
  const item = queue.add(file(name));
  queue.complete(item);
  return item;
}

test("a complete file never goes back", () => {
  const queue = new Queue();
  const item = complete(queue);
  assert.equal(queue.update(item, { phase: "waiting" }), false);
  assert.equal(queue.report(item, "receiving"), false);
  assert.equal(item.phase, "received");
});

test("the server's words become the guest's", () => {
  const seen = {};
  for (const status of ["received", "delivering", "waiting", "failed", "held", "delivered", "duplicate", "discarded"]) {
    const queue = new Queue();
    const item = complete(queue);
    queue.report(item, status);
    seen[status] = item.phase;
  }
  assert.deepEqual(seen, {
    received: "received",
    delivering: "received",
    waiting: "received",
    failed: "received",
    held: "held",
    delivered: "delivered",
    duplicate: "duplicate",
    discarded: "removed",
  });
});

test("late and repeated news change nothing", () => {
  const queue = new Queue();
  const item = complete(queue);
  assert.equal(queue.report(item, "delivered"), true);
  for (const late of ["delivered", "delivering", "received", "held", "duplicate", "nonsense"]) {
    assert.equal(queue.report(item, late), false, late);
  }
  assert.equal(item.phase, "delivered");
});

test("a file that the host releases moves on from waiting for the host", () => {
  const queue = new Queue();
  const item = complete(queue);
  queue.report(item, "held");
  queue.report(item, "delivering");
  assert.equal(item.phase, "received");
});

test("an unfinished part that expired on the server is not shown as removed", () => {
  const queue = new Queue();
  const item = queue.add(file("a.jpg"));
  assert.equal(queue.report(item, "discarded"), false);
  assert.equal(item.phase, "waiting");
});

test("news may complete a file whose answer was lost", () => {
  const queue = new Queue();
  const item = queue.add(file("a.jpg"));
  queue.update(item, { phase: "sending", sent: 60, stalled: true });
  queue.report(item, "received");
  assert.deepEqual([item.phase, item.sent, item.stalled], ["received", 100, false]);
});

test("counts tell what is safe, what is left and what needs another try", () => {
  const queue = new Queue();
  complete(queue);
  queue.report(complete(queue), "duplicate");
  queue.report(complete(queue), "discarded");
  queue.update(queue.add(file("b.jpg", 1000)), { phase: "sending", sent: 300 });
  queue.add(file("c.jpg", 500));
  queue.add(file("d.jpg"), "file_too_large");
  queue.update(queue.add(file("e.jpg")), { phase: "failed", reason: "connection" });
  const { total, received, unsent, sending, failed, refused, duplicate, bytesLeft } = queue.counts();
  assert.deepEqual(
    { total, received, unsent, sending, failed, refused, duplicate, bytesLeft },
    { total: 6, received: 2, unsent: 2, sending: 1, failed: 1, refused: 1, duplicate: 1, bytesLeft: 1200 },
  );
});

test("active and failed files come first, then waiting, then finished", () => {
  const queue = new Queue();
  complete(queue, "done.jpg");
  queue.add(file("waiting.jpg"));
  queue.update(queue.add(file("sending.jpg")), { phase: "sending" });
  queue.add(file("huge.jpg"), "file_too_large");
  const names = (filter) => queue.shown(filter).map((item) => item.name);
  assert.deepEqual(names("all"), ["sending.jpg", "huge.jpg", "waiting.jpg", "done.jpg"]);
  assert.deepEqual(names("sending"), ["sending.jpg", "waiting.jpg"]);
  assert.deepEqual(names("received"), ["done.jpg"]);
  assert.deepEqual(names("failed"), ["huge.jpg"]);
});

test("every change is told", () => {
  const told = [];
  const queue = new Queue((item) => told.push(`${item.name} ${item.phase}`));
  const item = queue.add(file("a.jpg"));
  queue.complete(item);
  queue.report(item, "received");
  queue.report(item, "delivered");
  queue.remove(item);
  assert.deepEqual(told, ["a.jpg waiting", "a.jpg received", "a.jpg delivered", "a.jpg delivered"]);
});

test("complete files are known by their size for as long as they are on the list", () => {
  const queue = new Queue();
  const item = queue.add(file("a.jpg", 300));
  assert.equal(queue.holds(300), false);
  queue.complete(item);
  queue.report(item, "delivered");
  assert.equal(queue.holds(300), true);
  assert.equal(queue.add(file("b.jpg", 300)).again, true);
  queue.remove(item);
  assert.equal(queue.holds(300), false);

  const withdrawn = queue.add(file("c.jpg", 400));
  queue.complete(withdrawn);
  queue.report(withdrawn, "discarded");
  assert.equal(queue.holds(400), false);
});

test("files are found by their upload for as long as they are on the list", () => {
  const queue = new Queue();
  const [first, copy] = [queue.add(file("a.jpg")), queue.add(file("a.jpg"))];
  for (const item of [first, copy]) queue.update(item, { uploadId: "u1" });
  assert.deepEqual(queue.withUpload("u1"), [first, copy]);
  queue.update(copy, { uploadId: "u2" });
  assert.deepEqual(queue.withUpload("u1"), [first]);
  queue.remove(first);
  queue.update(first, { checking: false }); // an answer that comes late
  assert.deepEqual(queue.withUpload("u1"), []);
  assert.deepEqual(queue.withUpload("never seen"), []);
});
