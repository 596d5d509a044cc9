import assert from "node:assert/strict";
import { test } from "node:test";
import { EARLIER, FINISHED } from "../../static/src/guest/words.js";

const counts = (some) => ({ total: 30, received: 30, delivered: 0, duplicate: 0, held: 0, failed: 0, refused: 0, ...some });
const ALBUM = { host: "Lena", albumSet: true };

test("thanks go to the guest by name, if there is one", () => {
  assert.equal(FINISHED.title(counts(), "Maria"), "All 30 received. Thank you, Maria!");
  assert.equal(FINISHED.title(counts(), ""), "All 30 received. Thank you!");
  assert.equal(FINISHED.title(counts({ total: 1, received: 1 }), ""), "Received. Thank you!");
});

test("problems ask for another try, without thanks", () => {
  const some = counts({ received: 28, failed: 2 });
  assert.equal(FINISHED.title(some, "Maria"), "28 of 30 received. 2 need another try.");
  assert.equal(FINISHED.retry(2), "Retry 2");
  assert.equal(FINISHED.text(some, ALBUM), "You can close this page: everything marked received is safe.");
});

test("the text says where the files are", () => {
  const some = counts({ delivered: 28, duplicate: 2 });
  assert.equal(
    FINISHED.text(some, ALBUM),
    "28 are in the album, 2 were already there. You can close this page: everything is safe.",
  );
  assert.equal(
    FINISHED.text(counts({ total: 2, received: 2, delivered: 1, held: 1 }), { ...ALBUM, albumSet: false }),
    "1 is in Immich, 1 waits for Lena. You can close this page: everything is safe.",
  );
});

test("files that couldn't be taken are mentioned, and nothing is called safe when nothing arrived", () => {
  assert.equal(FINISHED.title(counts({ total: 1, received: 0, refused: 1 }), "Maria"), "0 of 1 received");
  assert.equal(
    FINISHED.text(counts({ total: 1, received: 0, refused: 1 }), ALBUM),
    "1 couldn't be taken, the list says why.",
  );
});

test("one and many read right", () => {
  assert.equal(EARLIER.safe(1), "1 file you sent before is safe.");
  assert.equal(EARLIER.safe(12), "12 files you sent before are safe.");
});
