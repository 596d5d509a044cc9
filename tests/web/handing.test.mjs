import assert from "node:assert/strict";
import { test } from "node:test";

import { fetchFiles, fits } from "../../static/src/menu/handing.js";

const wanted = (name, size = 3) => ({ address: `/${name}`, name, type: "image/jpeg", modified: 1_700_000_000_000, size });
const answers = (bodies) => (address, { signal }) => {
  signal.throwIfAborted();
  const body = bodies[address.slice(1)];
  if (body instanceof Error) return Promise.reject(body);
  return Promise.resolve(typeof body === "string" ? new Response(body) : body);
};

test("so many files and bytes fit, and none at all does not", () => {
  const limit = { files: 2, bytes: 6 };
  assert.equal(fits([], limit), false);
  assert.equal(fits([wanted("a"), wanted("b")], limit), true);
  assert.equal(fits([wanted("a"), wanted("b"), wanted("c", 0)], limit), false);
  assert.equal(fits([wanted("a", 7)], limit), false);
});

test("files keep their names, types and dates, and what came is told", async () => {
  const told = [];
  const get = answers({ a: "abc", b: "def" });
  const { files, unfetched } = await fetchFiles([wanted("a"), wanted("b")], new AbortController().signal, (n) => told.push(n), get);
  assert.deepEqual(unfetched, []);
  assert.deepEqual(files.map(({ name, type, lastModified }) => [name, type, lastModified]), [
    ["a", "image/jpeg", 1_700_000_000_000],
    ["b", "image/jpeg", 1_700_000_000_000],
  ]);
  assert.deepEqual(await Promise.all(files.map((file) => file.text())), ["abc", "def"]);
  assert.deepEqual(told, [3, 3, 6, 6]);
});

test("what can't be had is named, the others come", async () => {
  const broken = new ReadableStream({
    pull(controller) {
      controller.error(new TypeError("network error"));
    },
  });
  const get = answers({ gone: new Response("", { status: 404 }), off: new TypeError("offline"), cut: new Response(broken), a: "abc" });
  const all = ["gone", "off", "cut", "a"].map((name) => wanted(name));
  const { files, unfetched } = await fetchFiles(all, new AbortController().signal, () => {}, get);
  assert.deepEqual(unfetched, ["gone", "off", "cut"]);
  assert.deepEqual(files.map(({ name }) => name), ["a"]);
});

test("cancelling ends it, and no further file is asked for", async () => {
  const cancelling = new AbortController();
  const asked = [];
  const get = (address) => {
    asked.push(address);
    cancelling.abort();
    return Promise.reject(cancelling.signal.reason);
  };
  await assert.rejects(fetchFiles([wanted("a"), wanted("b")], cancelling.signal, () => {}, get), { name: "AbortError" });
  assert.deepEqual(asked, ["/a"]);
});
