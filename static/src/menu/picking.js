/** Several rows at once: which are picked, how many, all or none. */

import { onParts } from "./swaps.js";

/** @returns {HTMLInputElement[]} */
function boxes() {
  return [.../** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("#list .c-pick input"))];
}

function show() {
  const all = boxes();
  const picked = all.filter((box) => box.checked);
  for (const box of all) box.closest("tr")?.toggleAttribute("data-picked", box.checked);
  const count = document.querySelector("[data-picked-count]");
  if (count) count.textContent = String(picked.length);
  const every = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-pick-all]"));
  if (!every) return;
  every.checked = picked.length > 0 && picked.length === all.length;
  every.indeterminate = picked.length > 0 && picked.length < all.length;
}

export function startPicking() {
  document.addEventListener("change", (event) => {
    const box = event.target instanceof HTMLInputElement ? event.target : null;
    if (!box?.closest("#list")) return;
    if (box.matches("[data-pick-all]")) for (const each of boxes()) each.checked = box.checked;
    show();
  });
  document.addEventListener("reset", (event) => {
    if (!(event.target instanceof HTMLFormElement) || event.target.id !== "bulk") return;
    event.preventDefault(); // it would bring back what was picked when the page came
    for (const each of boxes()) each.checked = false;
    show();
    boxes()[0]?.focus();
  });
  onParts(show);
}
