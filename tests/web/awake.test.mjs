import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Awake } from "../../static/src/guest/awake.js";

/** A browser's wake locks, as the standard has them: taken back when the page is hidden. */
class Locks {
  held = new Set();
  refusing = false;

  async request() {
    await turn();
    if (this.refusing || document.visibilityState === "hidden") throw new DOMException("no", "NotAllowedError");
    const lock = new EventTarget();
    lock.release = async () => {
      if (this.held.delete(lock)) lock.dispatchEvent(new Event("release"));
    };
    this.held.add(lock);
    return lock;
  }
}

let told;

beforeEach(() => {
  told = [];
  globalThis.document = Object.assign(new EventTarget(), { visibilityState: "visible" });
});

async function look(state, locks) {
  document.visibilityState = state;
  if (state === "hidden") for (const lock of locks.held) await lock.release();
  document.dispatchEvent(new Event("visibilitychange"));
  await settle();
}

async function settle() {
  for (let i = 0; i < 10; i += 1) await turn();
}

test("the screen stays on while files are sent, and no longer", async () => {
  const locks = new Locks();
  const awake = new Awake((alone) => told.push(alone), locks);
  awake.want(true);
  awake.want(true);
  await settle();
  assert.equal(locks.held.size, 1);
  awake.want(false);
  await settle();
  assert.equal(locks.held.size, 0);
  assert.ok(told.every((alone) => !alone));
});

test("a page that was hidden asks again when it is seen", async () => {
  const locks = new Locks();
  const awake = new Awake(() => {}, locks);
  awake.want(true);
  await settle();
  await look("hidden", locks);
  assert.equal(locks.held.size, 0);
  await look("visible", locks);
  assert.equal(locks.held.size, 1);
});

test("one that comes when it is no longer wanted is given back", async () => {
  const locks = new Locks();
  const awake = new Awake(() => {}, locks);
  awake.want(true);
  awake.want(false);
  await settle();
  assert.equal(locks.held.size, 0);
});

test("without locks, or when they are refused, the guest is told as long as files are sent", async () => {
  for (const locks of [null, Object.assign(new Locks(), { refusing: true })]) {
    const awake = new Awake((alone) => told.push(alone), locks);
    awake.want(true);
    await settle();
    assert.equal(told.at(-1), true);
    awake.want(false);
    await settle();
    assert.equal(told.at(-1), false);
  }
});
