import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Courier } from "../../static/src/guest/courier.js";
import { Ledger } from "../../static/src/guest/ledger.js";
import { Queue } from "../../static/src/guest/queue.js";

const ENDPOINT = "https://drop.example/api/tus/";
const file = (name, size = 100) => new File([new Uint8Array(size)], name, { type: "image/jpeg" });
const upload = (some) => ({ id: "u1", filename: "a.jpg", size: 100, offset: 0, status: "receiving", key: "a.jpg-0", ...some });

/** A courier whose network is in the test's hands: `sent` holds each started transfer with its outcome. */
function workshop({ slots = 2, earlier = [], mayStart = () => true } = {}) {
  const shop = { sent: [], stopped: [], givenUp: [], now: 0, ready: true };
  const queue = new Queue();
  const ledger = new Ledger();
  ledger.open(earlier);
  const courier = new Courier({
    queue,
    ledger,
    api: { giveUp: async (url) => shop.givenUp.push(url) },
    send: (item, outcome) => {
      shop.sent.push({ item, outcome, url: item.url });
      return () => shop.stopped.push(item.name);
    },
    fingerprint: async ({ name }) => {
      if (name.startsWith("gone")) throw new DOMException("moved", "NotReadableError");
      return name;
    },
    endpoint: ENDPOINT,
    slots,
    mayStart,
    now: () => shop.now,
    onBytes: () => {},
    onChange: () => {},
  });
  const choose = async (...names) => {
    const items = names.map((name) => queue.add(file(name)));
    courier.pump();
    await settle();
    return items;
  };
  courier.opened("");
  return Object.assign(shop, { queue, courier, ledger, choose, names: () => shop.sent.map(({ item }) => item.name) });
}

/** Lets everything that is already decided happen. */
async function settle() {
  for (let i = 0; i < 20; i += 1) await turn();
}

test("no more files are sent at once than there are slots, in the order of choosing", async () => {
  const shop = workshop({ slots: 2 });
  await shop.choose("a.jpg", "b.jpg", "c.jpg");
  assert.deepEqual(shop.names(), ["a.jpg", "b.jpg"]);
  shop.sent[0].outcome.done();
  assert.deepEqual(shop.names(), ["a.jpg", "b.jpg", "c.jpg"]);
});

test("nothing is sent before the server knows the browser, without a needed name, or offline", async () => {
  let named = false;
  const shop = workshop({ mayStart: () => named });
  shop.courier.setOnline(false);
  await shop.choose("a.jpg");
  shop.courier.setOnline(true);
  assert.deepEqual(shop.names(), []);
  named = true;
  shop.courier.pump();
  assert.deepEqual(shop.names(), ["a.jpg"]);
});

test("received means that the last byte was acknowledged", async () => {
  const shop = workshop();
  const [item] = await shop.choose("a.jpg");
  shop.sent[0].outcome.progress(100);
  assert.equal(item.phase, "sending");
  shop.sent[0].outcome.done();
  assert.equal(item.phase, "received");
});

test("copies get an upload of their own", async () => {
  const shop = workshop({ slots: 3 });
  await shop.choose("a.jpg", "a.jpg");
  assert.deepEqual(shop.sent.map(({ item }) => item.key), ["a.jpg-0", "a.jpg-1"]);
});

test("a file that an earlier visit finished shows its state and is not sent", async () => {
  const shop = workshop({ earlier: [upload({ offset: 100, status: "delivered" })] });
  const [item] = await shop.choose("a.jpg");
  assert.equal(item.phase, "delivered");
  assert.deepEqual(shop.names(), []);
});

test("a file that an earlier visit began goes on at its address", async () => {
  const shop = workshop({ earlier: [upload({ offset: 40 })] });
  const [item] = await shop.choose("a.jpg");
  assert.equal(shop.sent[0].url, `${ENDPOINT}u1`);
  assert.deepEqual([item.resumed, item.sent], [true, 40]);
});

test("an upload that was thrown away is not taken up again", async () => {
  const shop = workshop({ earlier: [upload({ status: "discarded" })] });
  const [item] = await shop.choose("a.jpg");
  assert.equal(item.key, "a.jpg-1");
  assert.equal(shop.sent[0].url, "");
});

test("a refusal of one file lets the others go on", async () => {
  const shop = workshop({ slots: 1 });
  const [first] = await shop.choose("a.jpg", "b.jpg");
  shop.sent[0].outcome.failed("file_too_large");
  assert.deepEqual([first.phase, first.reason], ["refused", "file_too_large"]);
  assert.deepEqual(shop.names(), ["a.jpg", "b.jpg"]);
});

test("a link that closes stops the queue, and opens again where it stopped", async () => {
  const shop = workshop({ slots: 2 });
  const [first, second, third] = await shop.choose("a.jpg", "b.jpg", "c.jpg");
  shop.sent[0].outcome.done();
  shop.sent[1].outcome.failed("invite_expired");
  assert.equal(shop.courier.closed, "invite_expired");
  assert.deepEqual([first.phase, second.phase, third.phase], ["received", "waiting", "waiting"]);
  assert.equal(shop.courier.busy, false);
  shop.courier.close("");
  assert.deepEqual(shop.names().slice(-2), ["b.jpg", "c.jpg"]);
});

test("a broken file can be retried, and choosing it again retries it too", async () => {
  const shop = workshop();
  const [item] = await shop.choose("a.jpg");
  shop.sent[0].outcome.failed("connection");
  shop.courier.retry(item);
  assert.equal(shop.sent.length, 2);
  shop.sent[1].outcome.failed("connection");
  await shop.choose("a.jpg");
  assert.equal(shop.queue.items.length, 1);
  assert.equal(shop.sent.length, 3);
});

test("pausing stops and resuming goes on at the upload's address", async () => {
  const shop = workshop();
  const [item] = await shop.choose("a.jpg");
  shop.sent[0].outcome.located("/api/tus/u9");
  shop.sent[0].outcome.progress(46);
  shop.courier.pause(true);
  assert.deepEqual([item.phase, item.sent, shop.stopped], ["waiting", 46, ["a.jpg"]]);
  shop.courier.pause(false);
  assert.equal(shop.sent[1].url, "/api/tus/u9");
});

test("what a stopped transfer still says is not heard", async () => {
  const shop = workshop();
  const [item] = await shop.choose("a.jpg");
  shop.courier.pause(true);
  shop.sent[0].outcome.failed("connection");
  shop.sent[0].outcome.done();
  assert.equal(item.phase, "waiting");
});

test("leaving out an unfinished file gives it up on the server, a complete one stays there", async () => {
  const shop = workshop();
  const [first, second] = await shop.choose("a.jpg", "b.jpg");
  shop.sent[0].outcome.located("/api/tus/u1");
  shop.sent[1].outcome.located("/api/tus/u2");
  shop.sent[1].outcome.done();
  shop.courier.leaveOut(first);
  shop.courier.leaveOut(second);
  assert.deepEqual(shop.givenUp, ["/api/tus/u1"]);
  assert.deepEqual(shop.queue.items, []);
});

test("news that came before the address is known is applied at the end", async () => {
  const shop = workshop();
  const [item] = await shop.choose("a.jpg");
  shop.courier.hear("u1", "duplicate");
  shop.sent[0].outcome.located("/api/tus/u1");
  shop.sent[0].outcome.done();
  assert.equal(item.phase, "duplicate");
});

test("news that a stalled file arrived frees its slot", async () => {
  const shop = workshop({ slots: 1 });
  const [item] = await shop.choose("a.jpg", "b.jpg");
  shop.sent[0].outcome.located("/api/tus/u1");
  shop.sent[0].outcome.stalled();
  shop.courier.learn([upload({ status: "received", offset: 100 })]);
  assert.equal(item.phase, "received");
  assert.deepEqual(shop.names(), ["a.jpg", "b.jpg"]);
});

test("a connection that is silent for a minute is given up and taken up again", async () => {
  const shop = workshop();
  await shop.choose("a.jpg");
  shop.now = 59_000;
  shop.courier.reviveSilent();
  assert.equal(shop.sent.length, 1);
  shop.now = 61_000;
  shop.courier.reviveSilent();
  assert.equal(shop.sent.length, 2);
  assert.deepEqual(shop.stopped, ["a.jpg"]);
});

test("a file that the device can't read fails alone", async () => {
  const shop = workshop();
  const [gone, fine] = await shop.choose("gone.jpg", "b.jpg");
  assert.deepEqual([gone.phase, gone.reason], ["failed", "unreadable"]);
  assert.equal(fine.phase, "sending");
});

test("bytes that left with a creation nobody answered are still to be sent", async () => {
  const shop = workshop({ slots: 2 });
  const [refused, cut] = await shop.choose("a.jpg", "b.jpg");
  for (const { outcome } of shop.sent) outcome.progress(100);
  shop.sent[0].outcome.failed("invite_password_required");
  assert.deepEqual([refused.sent, cut.sent], [0, 0]);
  assert.equal(shop.queue.counts().bytesLeft, 200);
});
