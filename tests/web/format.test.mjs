import assert from "node:assert/strict";
import { test } from "node:test";
import { initials, nameParts, percent, perSecond, size, timeLeft } from "../../static/src/guest/format.js";

test("sizes are decimal, with a space and at most one decimal", () => {
  const told = [0, 999, 1000, 38_270, 4_200_000, 612_000_000, 999_949_999, 2_000_000_000, 2_140_000_000, 3.4e12].map(size);
  assert.deepEqual(told, ["0 B", "999 B", "1 kB", "38 kB", "4.2 MB", "612 MB", "1 GB", "2 GB", "2.1 GB", "3.4 TB"]);
});

test("a file in transfer never reads 100 %", () => {
  assert.equal(percent(46, 100), 46);
  assert.equal(percent(100, 100), 99);
  assert.equal(percent(0, 0), 0);
});

test("the time left is rounded generously", () => {
  const told = [1, 59, 60, 330, 601, 1900, 3200, 3301, 5000, 7201].map(timeLeft);
  assert.deepEqual(told, [
    "less than a minute",
    "less than a minute",
    "about 1 min",
    "about 6 min",
    "about 15 min",
    "about 35 min",
    "about 55 min",
    "about 1 h",
    "about 2 h",
    "about 3 h",
  ]);
});

test("a long name keeps its last nine characters, a short one stays whole", () => {
  assert.deepEqual(nameParts("IMG_2041.HEIC"), ["IMG_2041.HEIC", ""]);
  assert.deepEqual(nameParts("VID_20250614_first_dance.MOV"), ["VID_20250614_first_", "dance.MOV"]);
  assert.deepEqual(nameParts("👩‍🎤".repeat(8)).join(""), "👩‍🎤".repeat(8));
});

test("initials come from the first and the last word", () => {
  assert.deepEqual(["Aunt Maria", "  lena ", "Anna van der Berg", "", "Öz"].map(initials), ["AM", "L", "AB", "", "Ö"]);
});

test("speeds are in kilobytes or megabytes", () => {
  assert.deepEqual([300, 84_200, 999_400, 999_600, 3_400_000, 112_400_000].map(perSecond), [
    "0 kB/s",
    "84 kB/s",
    "999 kB/s",
    "1 MB/s",
    "3.4 MB/s",
    "112 MB/s",
  ]);
});
