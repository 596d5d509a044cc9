import assert from "node:assert/strict";
import { test } from "node:test";
import { nextInTurn } from "../../static/src/guest/turns.js";

const item = (name, megabytes, begun = false) => ({ name, size: megabytes * 1e6, url: begun ? "u" : "", sent: begun ? 1 : 0 });

/** The names in the order in which they go. */
function order(items) {
  const left = [...items];
  const names = [];
  while (left.length) {
    const next = nextInTurn(left, () => true);
    left.splice(left.indexOf(next), 1);
    names.push(next.name);
  }
  return names;
}

test("what was begun comes first, then photos, clips, and films", () => {
  const chosen = [item("film", 900), item("photo", 4), item("clip", 90), item("second photo", 12), item("begun film", 900, true)];
  assert.deepEqual(order(chosen), ["begun film", "photo", "second photo", "clip", "film"]);
});

test("among alike it goes by the order of choosing, whatever their sizes", () => {
  assert.deepEqual(order([item("a", 19), item("b", 2), item("c", 8)]), ["a", "b", "c"]);
});

test("one that isn't ready is passed over", () => {
  const chosen = [item("a", 1), item("b", 1)];
  assert.equal(nextInTurn(chosen, ({ name }) => name !== "a")?.name, "b");
  assert.equal(nextInTurn(chosen, () => false), undefined);
});
