import assert from "node:assert/strict";
import { test } from "node:test";
import { progressOf, stageOf } from "../../static/src/guest/board.js";

test("the page is empty, active, in trouble or done", () => {
  assert.equal(stageOf({ total: 0, unsent: 0, failed: 0 }), "empty");
  assert.equal(stageOf({ total: 3, unsent: 1, failed: 2 }), "active");
  assert.equal(stageOf({ total: 3, unsent: 0, failed: 2 }), "problems");
  assert.equal(stageOf({ total: 3, unsent: 0, failed: 0 }), "done");
});

test("the bar counts complete files and what has left of the others", () => {
  const items = [
    { phase: "delivered", sent: 10, size: 10 },
    { phase: "sending", sent: 5, size: 10 },
    { phase: "waiting", sent: 0, size: 10 },
    { phase: "failed", sent: 9, size: 10 },
  ];
  assert.equal(progressOf(items, 1), 1.5);
});
