import assert from "node:assert/strict";
import { test } from "node:test";
import { codeIn } from "../../static/src/guest/api.js";
import { isPassing } from "../../static/src/guest/sender.js";

test("lost connections, busy answers and troubled servers are tried again", () => {
  for (const status of [0, 409, 423, 429, 500, 502, 503, 504]) assert.equal(isPassing(status), true, String(status));
});

test("refusals are not, nor is a full disk", () => {
  for (const status of [400, 401, 403, 404, 410, 413, 422, 507]) assert.equal(isPassing(status), false, String(status));
});

test("a refusal's code is read only from the server's own answer", () => {
  assert.equal(codeIn('{"error": "quota_exceeded"}'), "quota_exceeded");
  assert.equal(codeIn("<html>413 Request Entity Too Large</html>"), "");
  assert.equal(codeIn('{"error": {"nested": true}}'), "");
  assert.equal(codeIn("null"), "");
});
