import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../static/src/guest/pace.js";

/** 100 kB every half second from `start`, for `seconds`. */
function steady(pace, start, seconds) {
  for (let at = start; at <= start + seconds * 1000; at += 500) pace.note(at, 100_000);
}

test("nothing is told in the first five seconds", () => {
  const pace = new Pace();
  steady(pace, 1000, 4);
  assert.equal(pace.speed(5000), null);
});

test("a steady flow gives its speed", () => {
  const pace = new Pace();
  steady(pace, 0, 60);
  const speed = pace.speed(60_000);
  assert.ok(speed > 190_000 && speed < 210_000, `${speed}`);
});

test("a flow that dried up tells nothing", () => {
  const pace = new Pace();
  steady(pace, 0, 10);
  assert.equal(pace.speed(60_000), null);
});

test("after a pause the measurement begins anew", () => {
  const pace = new Pace();
  steady(pace, 0, 10);
  pace.reset();
  steady(pace, 600_000, 2);
  assert.equal(pace.speed(602_000), null);
});

test("bytes sent again after a break are not counted as progress", () => {
  const pace = new Pace();
  steady(pace, 0, 10);
  const before = pace.speed(10_000);
  pace.note(10_000, -5_000_000);
  assert.equal(pace.speed(10_000), before);
});
