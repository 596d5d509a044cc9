import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Api, Refused } from "../../static/src/guest/api.js";
import { Courier } from "../../static/src/guest/courier.js";
import { Known, LARGEST } from "../../static/src/guest/known.js";
import { Ledger } from "../../static/src/guest/ledger.js";
import { Queue } from "../../static/src/guest/queue.js";

const ENDPOINT = "https://drop.example/api/tus/";
const file = (name, size = 100) => new File([new Uint8Array(size)], name, { type: "image/jpeg" });
const upload = (some) => ({ id: "u1", filename: "a.jpg", size: 100, offset: 100, status: "delivered", key: "a.jpg-0", ...some });

/** Lets everything that is already decided happen. */
async function settle() {
  for (let i = 0; i < 30; i += 1) await turn();
}

// --- asking in batches

const item = (number) => ({ key: `k${number}`, size: number, file: { name: `s${number}` } });

/** A `Known` whose files' sums are their names; `asked` holds each request. */
function asking({ answer = (items) => items.map(({ key }) => key), gather = 0 } = {}) {
  const asked = [];
  const known = new Known({
    sum: async ({ name }) => (name.startsWith("gone") ? "" : name),
    ask: async (items) => {
      asked.push(items);
      return answer(items);
    },
    gather,
  });
  return { known, asked };
}

test("files that are summed up soon after another are asked about together", async () => {
  const { known, asked } = asking({ answer: () => ["k2"] });
  const answers = await Promise.all([1, 2, 3].map((number) => known.has(item(number))));
  assert.deepEqual(answers, [false, true, false]);
  assert.deepEqual(asked, [
    [
      { key: "k1", size: 1, sha1: "s1" },
      { key: "k2", size: 2, sha1: "s2" },
      { key: "k3", size: 3, sha1: "s3" },
    ],
  ]);
});

test("a hundred files are a full request", async () => {
  const { known, asked } = asking();
  await Promise.all(Array.from({ length: 250 }, (_, number) => known.has(item(number))));
  assert.deepEqual(asked.map((items) => items.length), [100, 100, 50]);
});

test("a file without a sum is not known, and not asked about", async () => {
  const { known, asked } = asking();
  assert.equal(await known.has({ ...item(1), file: { name: "gone" } }), false);
  assert.deepEqual(asked, []);
});

test("a server that does not answer knows nothing", async () => {
  const { known } = asking({
    answer: () => {
      throw new Refused(0, "");
    },
  });
  assert.deepEqual(await Promise.all([known.has(item(1)), known.has(item(2))]), [false, false]);
});

test("the server is asked with the link and the guest's secret, on the public page without a link", async () => {
  const requests = [];
  const fetcher = async (url, request) => {
    requests.push([url, request.method, request.headers["X-Drop-Guest"], JSON.parse(request.body)]);
    return new Response('{"known": ["k1"]}');
  };
  for (const invite of ["t0ken", null]) {
    const api = new Api({ invite, apiBase: "/api" }, fetcher);
    api.guest = "s3cret";
    assert.deepEqual(await api.known([]), ["k1"]);
  }
  assert.deepEqual(requests, [
    ["/api/uploads/known", "POST", "s3cret", { invite: "t0ken", items: [] }],
    ["/api/uploads/known", "POST", "s3cret", { items: [] }],
  ]);
});

// --- what the page makes of it

/** A courier whose network and knowledge are in the test's hands; `asked` holds each question with its answer. */
function workshop({ earlier = [], slots = 2 } = {}) {
  const shop = { sent: [], asked: [] };
  const queue = new Queue();
  const ledger = new Ledger();
  ledger.open(earlier);
  const courier = new Courier({
    queue,
    ledger,
    api: { giveUp: async () => true },
    send: (sending, outcome) => {
      shop.sent.push({ name: sending.name, outcome });
      return () => {};
    },
    fingerprint: async ({ name }) => name,
    known: (about) => new Promise((answer) => shop.asked.push({ name: about.name, answer })),
    endpoint: ENDPOINT,
    slots,
    mayStart: () => true,
    now: () => 0,
    onBytes: () => {},
    onChange: () => {},
  });
  courier.opened("");
  const choose = async (...files) => {
    const items = files.map((chosen) => queue.add(chosen));
    courier.pump();
    await settle();
    return items;
  };
  const finish = (number, id) => {
    shop.sent[number].outcome.located(`/api/tus/${id}`);
    shop.sent[number].outcome.done();
  };
  const names = () => ({ sent: shop.sent.map(({ name }) => name), asked: shop.asked.map(({ name }) => name) });
  return Object.assign(shop, { queue, ledger, courier, choose, finish, names });
}

test("a file that was sent under another name shows its state and is not sent", async () => {
  const shop = workshop({ earlier: [upload({ status: "duplicate" })] });
  const [again] = await shop.choose(file("other.jpg"));
  assert.deepEqual(shop.names(), { sent: [], asked: ["other.jpg"] });
  assert.equal(again.phase, "waiting");
  shop.asked[0].answer(true);
  await settle();
  assert.deepEqual([again.phase, again.uploadId, again.sent], ["duplicate", "u1", 100]);
  assert.deepEqual(shop.names().sent, []);
});

test("a file that only has the size of another is sent", async () => {
  const shop = workshop({ earlier: [upload()] });
  await shop.choose(file("other.jpg"));
  shop.asked[0].answer(false);
  await settle();
  assert.deepEqual(shop.names().sent, ["other.jpg"]);
});

test("other files are sent meanwhile", async () => {
  const shop = workshop({ earlier: [upload()], slots: 1 });
  await shop.choose(file("other.jpg"), file("new.jpg", 7));
  assert.deepEqual(shop.names(), { sent: ["new.jpg"], asked: ["other.jpg"] });
});

test("hundreds that are asked about hold none of the others up", async () => {
  const shop = workshop({ slots: 1 });
  await shop.choose(file("first.jpg"));
  shop.finish(0, "u1");
  await shop.choose(...Array.from({ length: 60 }, (_, number) => file(`${number}.jpg`)), file("new.jpg", 7));
  assert.equal(shop.asked.length, 60);
  assert.deepEqual(shop.names().sent, ["first.jpg", "new.jpg"]);
});

test("nothing is asked where nothing can be saved", async () => {
  const shop = workshop({
    slots: 9,
    earlier: [
      upload(),
      upload({ id: "u2", key: "b", size: 200, offset: 50, status: "receiving" }),
      upload({ id: "u3", key: "c", size: 300, status: "discarded" }),
      upload({ id: "u4", key: "d", size: LARGEST + 1, offset: LARGEST + 1 }),
    ],
  });
  const huge = Object.defineProperty(file("huge.mp4"), "size", { value: LARGEST + 1 });
  await shop.choose(file("a.jpg"), file("new.jpg", 99), file("begun.jpg", 200), file("given-up.jpg", 300), huge);
  assert.deepEqual(shop.names(), { sent: ["new.jpg", "begun.jpg", "given-up.jpg", "huge.mp4"], asked: [] });
});

test("copies that are chosen together are both sent, chosen later they are asked about", async () => {
  const shop = workshop({ slots: 3 });
  await shop.choose(file("a.jpg"), file("copy.jpg"));
  assert.deepEqual(shop.names(), { sent: ["a.jpg", "copy.jpg"], asked: [] });
  shop.finish(0, "u1");
  shop.finish(1, "u2");
  const [later, last] = await shop.choose(file("a.jpg"), file("third.jpg"));
  for (const { answer } of shop.asked) answer(true);
  await settle();
  assert.deepEqual([later.phase, last.phase], ["received", "received"]);
  assert.equal(shop.sent.length, 2);
});

test("news reach every file that is the same upload", async () => {
  const shop = workshop();
  const [first] = await shop.choose(file("a.jpg"));
  shop.finish(0, "u1");
  const [second] = await shop.choose(file("b.jpg"));
  shop.asked[0].answer(true);
  await settle();
  assert.equal(second.uploadId, "u1");
  shop.courier.hear("u1", "delivered");
  assert.deepEqual([first.phase, second.phase], ["delivered", "delivered"]);
});

test("a file that news completed counts as sent, too", async () => {
  const shop = workshop();
  await shop.choose(file("a.jpg"));
  shop.sent[0].outcome.located("/api/tus/u1");
  shop.courier.hear("u1", "delivered");
  const [again] = await shop.choose(file("b.jpg"));
  shop.asked[0].answer(true);
  await settle();
  assert.deepEqual([again.phase, again.uploadId], ["delivered", "u1"]);
});

test("of several uploads of its size a file takes that of its name, else one that is not shown yet", async () => {
  const shop = workshop({
    earlier: [
      upload({ id: "u1", key: "1", filename: "1.jpg" }),
      upload({ id: "u2", key: "2", filename: "2.jpg" }),
      upload({ id: "u3", key: "3", filename: "3.jpg" }),
    ],
  });
  const items = await shop.choose(file("2.jpg"), file("x.jpg"), file("y.jpg"));
  for (const { answer } of shop.asked) answer(true);
  await settle();
  assert.deepEqual(items.map(({ uploadId }) => uploadId), ["u2", "u1", "u3"]);
});

test("a file that was left out meanwhile stays away", async () => {
  const shop = workshop({ earlier: [upload()] });
  const [again] = await shop.choose(file("other.jpg"));
  shop.courier.leaveOut(again);
  shop.asked[0].answer(true);
  await settle();
  assert.deepEqual([shop.queue.items, shop.sent], [[], []]);
});

test("limits of number don't meet what was sent before, by size alone", () => {
  const ledger = new Ledger();
  ledger.open([upload(), upload({ id: "u2", filename: "part.jpg", size: 7, offset: 3, status: "receiving" })]);
  const seems = (name, size) => ledger.seemsEarlier({ name, size });
  assert.deepEqual([seems("other.jpg", 100), seems("part.jpg", 7), seems("other.jpg", 7)], [true, true, false]);
});
