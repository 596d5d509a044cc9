import assert from "node:assert/strict";
import { test } from "node:test";
import { kindOf, refusalOf, withoutCounts } from "../../static/src/guest/limits.js";

const OPEN = { maxFiles: null, maxBytes: null, maxFileSize: null, kinds: "both", remaining: null };
const ACCEPT = [".jpg", ".heic", ".mov"];
const NONE = { files: 0, earlier: 0, bytes: 0 };
const photo = { name: "IMG_1.JPG", size: 1000, type: "image/jpeg" };
const film = { name: "clip.mov", size: 1000, type: "" };

test("without limits every accepted ending passes", () => {
  assert.equal(refusalOf(photo, OPEN, ACCEPT, NONE), "");
  assert.equal(refusalOf(film, OPEN, ACCEPT, NONE), "");
});

test("an ending outside the list is refused, also without any ending", () => {
  assert.equal(refusalOf({ ...photo, name: "page.html" }, OPEN, ACCEPT, NONE), "wrong_type");
  assert.equal(refusalOf({ ...photo, name: "jpg" }, OPEN, ACCEPT, NONE), "wrong_type");
  assert.equal(refusalOf({ ...photo, name: ".jpg" }, OPEN, ACCEPT, NONE), "wrong_type");
});

test("the kind is told by the browser's type, or else by the ending", () => {
  assert.equal(kindOf("a.MTS", ""), "video");
  assert.equal(kindOf("a.heic", ""), "image");
  assert.equal(refusalOf(film, { ...OPEN, kinds: "photos" }, ACCEPT, NONE), "wrong_type");
  assert.equal(refusalOf(photo, { ...OPEN, kinds: "videos" }, ACCEPT, NONE), "wrong_type");
});

test("an empty file and a larger one than the limit are refused, one of exactly the limit is not", () => {
  const limits = { ...OPEN, maxFileSize: 1000 };
  assert.equal(refusalOf({ ...photo, size: 0 }, limits, ACCEPT, NONE), "empty_file");
  assert.equal(refusalOf({ ...photo, size: 1001 }, limits, ACCEPT, NONE), "file_too_large");
  assert.equal(refusalOf(photo, limits, ACCEPT, NONE), "");
});

test("files of earlier visits count towards the limit per guest, not towards what the link has left", () => {
  const taken = { files: 2, earlier: 3, bytes: 0 };
  assert.equal(refusalOf(photo, { ...OPEN, maxFiles: 5 }, ACCEPT, taken), "too_many_files");
  assert.equal(refusalOf(photo, { ...OPEN, maxFiles: 6 }, ACCEPT, taken), "");
  assert.equal(refusalOf(photo, { ...OPEN, remaining: 3 }, ACCEPT, taken), "");
  assert.equal(refusalOf(photo, { ...OPEN, remaining: 2 }, ACCEPT, taken), "invite_exhausted");
});

test("all bytes together stay under the link's quota", () => {
  const limits = { ...OPEN, maxBytes: 5000 };
  assert.equal(refusalOf(photo, limits, ACCEPT, { ...NONE, bytes: 4000 }), "");
  assert.equal(refusalOf(photo, limits, ACCEPT, { ...NONE, bytes: 4001 }), "quota_exceeded");
});

test("a file that counts already is still checked for what it is", () => {
  const limits = withoutCounts({ ...OPEN, maxFiles: 1, remaining: 0, maxBytes: 1, maxFileSize: 500 });
  assert.equal(refusalOf({ ...photo, size: 400 }, limits, ACCEPT, { files: 9, earlier: 9, bytes: 9 }), "");
  assert.equal(refusalOf(photo, limits, ACCEPT, NONE), "file_too_large");
});
