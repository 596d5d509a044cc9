/**
 * Whose turn it is: what was begun is finished first, then small files before large ones, so that somebody who has to
 * leave has most of them through. Within a class it goes by the order of choosing. Pure.
 */

const SMALL = 20_000_000; // bytes: nearly every photo
const LARGE = 200_000_000; // a clip of a minute or two

/** @param {import("./queue.js").Item} item @returns {number} lower goes first */
function turnOf({ size, url, sent }) {
  if (url && sent > 0) return 0;
  if (size <= SMALL) return 1;
  return size <= LARGE ? 2 : 3;
}

/**
 * @param {import("./queue.js").Item[]} items
 * @param {(item: import("./queue.js").Item) => boolean} ready
 * @returns {import("./queue.js").Item | undefined} the ready one whose turn it is
 */
export function nextInTurn(items, ready) {
  let best;
  let lowest = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const turn = turnOf(item);
    if (turn >= lowest || !ready(item)) continue;
    best = item;
    lowest = turn;
  }
  return best;
}
