import assert from "node:assert/strict";
import { test } from "node:test";
import { stretch } from "../../static/src/guest/rows.js";

const PHONE = { screen: 840, height: 70 }; // twelve rows

test("a list that is no longer than a few screens is whole", () => {
  assert.deepEqual(stretch({ total: 60, above: 0, ...PHONE }), { first: 0, end: 60 });
  assert.deepEqual(stretch({ total: 60, above: 3000, ...PHONE }), { first: 0, end: 60 });
  assert.deepEqual(stretch({ total: 0, above: 0, ...PHONE }), { first: 0, end: 0 });
});

test("of a long list there are the rows on the screen and some on either side", () => {
  assert.deepEqual(stretch({ total: 2000, above: -500, ...PHONE }), { first: 0, end: 76 });
  assert.deepEqual(stretch({ total: 2000, above: 70_000, ...PHONE }), { first: 968, end: 1044 });
  assert.deepEqual(stretch({ total: 2000, above: 139_160, ...PHONE }), { first: 1924, end: 2000 });
  assert.deepEqual(stretch({ total: 100, above: 139_160, ...PHONE }), { first: 24, end: 100 }, "files were taken off it");
});
