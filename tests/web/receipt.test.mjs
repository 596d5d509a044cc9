import assert from "node:assert/strict";
import { test } from "node:test";
import { Refused } from "../../static/src/guest/api.js";
import { Courier } from "../../static/src/guest/courier.js";
import { Ledger } from "../../static/src/guest/ledger.js";
import { Queue } from "../../static/src/guest/queue.js";
import { filesOf, receiptText, sumsOf } from "../../static/src/guest/receipt-text.js";
import { faceOfUpload } from "../../static/src/guest/sent-before.js";
import { takeBack } from "../../static/src/guest/taking-back.js";
import { REMOVAL } from "../../static/src/guest/words.js";

const upload = (some) => ({ id: "u1", filename: "a.jpg", size: 100, offset: 100, status: "delivered", key: "p-0", ...some });
const ids = (uploads) => uploads.map(({ id }) => id);
const MOOD = { paused: false, offline: false, host: "Lena", albumSet: true, limits: {} };

// --- in figures and as a text

test("photos and videos are counted by their names, with the time of the last one", () => {
  const uploads = [
    upload({ receivedAt: "2026-06-14T16:42:00+00:00" }),
    upload({ filename: "b.HEIC", receivedAt: "2026-06-14T18:00:00+02:00" }),
    upload({ filename: "c.MOV", size: 900, receivedAt: null }),
  ];
  const sums = sumsOf(uploads);
  assert.deepEqual({ ...sums, latest: sums.latest.toISOString() }, {
    photos: 2,
    videos: 1,
    bytes: 1100,
    latest: "2026-06-14T16:42:00.000Z",
  });
  assert.equal(filesOf(sums), "2 + 1");
  assert.equal(filesOf(sumsOf([])), "0");
  assert.equal(sumsOf([upload({})]).latest, null);
});

test("the text to keep has a line for each file, whatever is in its name", () => {
  const text = receiptText({
    head: ["Your receipt", "Beach\nweek", "https://drop.example/invite/x"],
    figures: [["Receipt", "K7M2-QX4D"]],
    uploads: [upload({ filename: "a\tb\r\n.jpg", receivedAt: "2026-06-14T12:00:00Z" }), upload({ filename: "صورة.jpg" })],
    stateOf: ({ status }) => status,
  });
  assert.ok(text.startsWith("\ufeffYour receipt\r\nBeach week\r\nhttps://drop.example/invite/x\r\n\r\nReceipt: K7M2-QX4D\r\n\r\n"));
  const rows = text.split("\r\n").slice(-3);
  assert.match(rows[0], /^a b \.jpg\t100 B\tdelivered\t14 Jun 2026, \d\d:00$/);
  assert.equal(rows[1], "صورة.jpg\t100 B\tdelivered\t");
});

test("an upload of an earlier visit looks as its file does", () => {
  const says = (status) => [faceOfUpload(upload({ status }), MOOD)].map(({ chip, action }) => `${chip} | ${action}`)[0];
  assert.equal(says("delivered"), "In the album | remove");
  assert.equal(says("duplicate"), "Already there | ");
  assert.equal(says("failed"), "Received | remove", "the host sees the problem");
  assert.equal(says("held"), "Waiting for Lena | remove");
});

test("what removing does is told by where the file is", () => {
  const told = (phase, more = {}) => REMOVAL.text({ phase, host: "Lena", albumSet: true, onPhone: true, ...more });
  assert.equal(told("delivered"), "It leaves Lena’s album too. Your own copy stays on your phone.");
  assert.equal(told("delivered", { albumSet: false, host: "the host" }).split(". ")[0], "It leaves the host’s Immich too");
  assert.equal(told("received", { onPhone: false }), "It is deleted here and doesn’t go on to Lena. Your own copy stays on your device.");
});

// --- at the server

/** A server that answers each try with the next of these statuses, and lists `listed`. */
function server(answers, listed = []) {
  const tries = [];
  return {
    tries,
    async takeBack(id) {
      tries.push(id);
      const [status, code = ""] = answers[Math.min(tries.length, answers.length) - 1];
      if (status !== 204) throw new Refused(status, code);
    },
    async uploads() {
      if (!listed) throw new Refused(0, "");
      return listed;
    },
  };
}

const paused = () => {
  const pause = async () => {
    pause.count += 1;
  };
  pause.count = 0;
  return pause;
};

test("what is on its way to Immich is asked for once more", async () => {
  const [api, pause] = [server([[423, "locked"], [423, "locked"], [204]]), paused()];
  assert.equal(await takeBack(api, "u1", pause), "");
  assert.deepEqual([api.tries, pause.count], [["u1", "u1", "u1"], 2]);
  const busy = server([[423, "locked"]]);
  assert.equal(await takeBack(busy, "u1", pause), "busy");
  assert.equal(busy.tries.length, 5);
});

test("why it stays is told", async () => {
  const why = (...answer) => takeBack(server([answer]), "u1", paused());
  assert.equal(await why(0), "offline");
  assert.equal(await why(409, "already_there"), "already");
  assert.equal(await why(503), "other");
});

test("an upload that is not found is gone only when the list says so", async () => {
  const found = (listed) => takeBack(server([[404, "not_found"]], listed), "u1", paused());
  assert.equal(await found([upload({ status: "discarded" })]), "", "the answer before got lost");
  assert.equal(await found([]), "unknown", "another browser, as far as the server knows");
  assert.equal(await found([upload({ status: "received" })]), "unknown");
  assert.equal(await found(null), "offline");
});

// --- on the page

test("the ledger forgets what was taken back, also for the limits", () => {
  const ledger = new Ledger();
  ledger.open([upload({}), upload({ id: "u2", filename: "b.jpg", size: 7 }), upload({ id: "u3", status: "discarded" })]);
  assert.deepEqual(ids(ledger.whole()), ["u1", "u2"]);
  ledger.hear("u1", "discarded");
  assert.deepEqual(ids(ledger.whole()), ["u2"]);
  assert.deepEqual(ledger.earlier(), { files: 1, safe: 1, unfinished: 0 });
  assert.equal(ledger.seemsEarlier({ name: "a.jpg", size: 100 }), false);
  assert.equal(ledger.seemsEarlier({ name: "b.jpg", size: 7 }), true);
  ledger.hear("of another tab", "received");
  assert.deepEqual(ids(ledger.whole()), ["u2"], "nothing is known of it yet");
});

test("news is awaited of what an earlier visit sent", () => {
  const awaits = (status) => {
    const ledger = new Ledger();
    ledger.open([upload({ status })]);
    return ledger.awaitsNews();
  };
  assert.deepEqual(["received", "delivering", "waiting", "held"].map(awaits), [true, true, true, true]);
  assert.deepEqual(["receiving", "delivered", "duplicate", "failed", "discarded"].map(awaits), Array(5).fill(false));
});

test("a file that was taken back and is chosen again is a new upload", async () => {
  const created = [];
  const queue = new Queue();
  const courier = new Courier({
    queue,
    ledger: new Ledger(),
    api: {},
    endpoint: "https://drop.example/api/tus/",
    fingerprint: async (file) => file.name,
    known: async () => false,
    slots: 2,
    mayStart: () => true,
    now: () => 0,
    onBytes: () => {},
    onChange: () => {},
    send: (item, outcome) => {
      created.push(item.key);
      outcome.located("new");
      outcome.done();
      return () => {};
    },
  });
  const choose = async () => {
    queue.add(new File([new Uint8Array(100)], "p", { type: "image/jpeg" }));
    courier.pump();
    for (let i = 0; i < 30; i += 1) await new Promise(setImmediate);
  };
  courier.ledger.open([upload({})]);
  courier.opened("");
  await choose();
  assert.deepEqual([created, queue.items[0].phase], [[], "delivered"], "an earlier visit sent it");
  courier.forget("u1");
  assert.deepEqual(queue.items, []);
  await choose();
  assert.deepEqual([created, queue.items[0].phase], [["p-1"], "received"]);
});
