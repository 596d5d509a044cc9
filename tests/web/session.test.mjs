import assert from "node:assert/strict";
import { test } from "node:test";
import { Api } from "../../static/src/guest/api.js";
import { Ledger } from "../../static/src/guest/ledger.js";
import { openSession, recheck } from "../../static/src/guest/session.js";

/** A page's link to a server that gives these answers in turn; `asked` holds what it was asked. */
function serverWith(answers, invite = "t0k/en") {
  const asked = [];
  const api = new Api({ invite, apiBase: "/api" }, async (url, request) => {
    asked.push([url, request.headers["X-Drop-Guest"] ?? ""]);
    const answer = answers.shift();
    if (answer === undefined) throw new TypeError("network");
    return answer;
  });
  const told = [];
  const courier = { ledger: new Ledger(), opened: (code) => told.push(code), close: (code) => told.push(code) };
  return { api, courier, asked, told };
}

const json = (body, status = 200, headers = {}) => new Response(JSON.stringify(body), { status, headers });
const noPause = async () => {};

test("the secret that the server gives once goes with every later request", async () => {
  const { api, courier, asked, told } = serverWith([
    json({ active: true }, 200, { "X-Drop-Guest": "s3cret" }),
    json({ items: [] }),
  ]);
  await openSession(api, courier, noPause);
  assert.deepEqual(asked, [
    ["/api/invite/t0k%2Fen", ""],
    ["/api/uploads?invite=t0k%2Fen", "s3cret"],
  ]);
  assert.deepEqual(told, [""]);
});

test("the public page asks without a link", async () => {
  const { api, courier, asked } = serverWith([json({}), json({ items: [] })], null);
  await openSession(api, courier, noPause);
  assert.deepEqual(asked.map(([url]) => url), ["/api/config", "/api/uploads"]);
});

test("an unreachable or struggling server is asked again, with growing patience", async () => {
  const { api, courier, told } = serverWith([json({}, 503), undefined, json({ active: true }), json({ items: [] })]);
  const attempts = [];
  await openSession(api, courier, async (attempt) => attempts.push(attempt));
  assert.deepEqual(attempts, [0, 1]);
  assert.deepEqual(told, [""]);
});

test("an answer that isn't the server's counts as unreachable", async () => {
  const { api, courier, told } = serverWith([
    new Response("<h1>Welcome to the hotel</h1>"),
    json({ active: true }),
    json({ items: [] }),
  ]);
  await openSession(api, courier, noPause);
  assert.deepEqual(told, [""]);
});

test("a link that takes nothing says why", async () => {
  for (const [answer, code] of [
    [json({ active: false, inactiveReason: "exhausted" }), "invite_exhausted"],
    [json({ active: false, inactiveReason: "something new" }), "invite_expired"],
    [json({ active: true, passwordRequired: true, authorized: false }), "invite_password_required"],
    [json({ error: "not_found" }, 404), "invalid_invite"],
  ]) {
    const { api, courier, told } = serverWith([answer]);
    await openSession(api, courier, noPause);
    assert.deepEqual(told, [code]);
  }
});

test("a look at the link closes it only when the server says so", async () => {
  const open = serverWith([json({ active: true })]);
  await recheck(open.api, open.courier);
  const down = serverWith([]);
  await recheck(down.api, down.courier);
  const locked = serverWith([json({ active: true, passwordRequired: true, authorized: false })]);
  await recheck(locked.api, locked.courier);
  assert.deepEqual([open.told, down.told, locked.told], [[], [], ["invite_password_required"]]);
});
