import assert from "node:assert/strict";
import { test } from "node:test";

import { dayOf, lastDay, minuteOf } from "../../static/src/menu/zones.js";

/** Runs in another time zone. */
function in_(zone, run) {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    run();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}

test("the end of a day is still that day, wherever it is", () => {
  in_("Asia/Tokyo", () => assert.equal(lastDay("2099-07-14T15:00:00+00:00"), "2099-07-14"));
  in_("America/New_York", () => assert.equal(lastDay("2099-07-15T04:00:00+00:00"), "2099-07-14"));
  in_("Europe/Berlin", () => assert.equal(lastDay("2026-03-29T22:00:00+00:00"), "2026-03-29")); // 23 hours long
});

test("an end at some hour is on its own day", () => {
  in_("Europe/Berlin", () => assert.equal(lastDay("2099-07-14T18:30:00+02:00"), "2099-07-14"));
  in_("Asia/Tokyo", () => assert.equal(lastDay("2099-07-14T18:30:00+02:00"), "2099-07-15"));
});

test("days are written with all their digits", () => {
  assert.equal(dayOf(new Date(2099, 0, 2)), "2099-01-02");
  assert.equal(dayOf(new Date(987, 10, 12)), "0987-11-12");
});

test("a moment is in the browser's zone, to the minute", () => {
  in_("Asia/Tokyo", () => assert.equal(minuteOf(new Date("2099-07-14T15:00:30Z")), "2099-07-15T00:00"));
  in_("America/New_York", () => assert.equal(minuteOf(new Date("2099-01-02T03:04:00Z")), "2099-01-01T22:04"));
});
