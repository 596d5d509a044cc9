/** Names and dates that are edited in their row: Save lights up only when there is something to save. */

import { onParts, within } from "./swaps.js";

/** @param {HTMLInputElement} field */
function look(field) {
  field.toggleAttribute("data-changed", field.value !== field.dataset.was);
  field.toggleAttribute("data-empty", !field.value);
  const row = field.closest("tr");
  const save = /** @type {HTMLButtonElement | null} */ (row?.querySelector("[data-save]"));
  if (!row || !save) return;
  const changed = row.querySelector("[data-changed]") !== null;
  save.disabled = !changed;
  save.classList.toggle("icon-btn-lit", changed);
  save.dataset.ready ??= save.dataset.tip;
  const words = (changed ? save.dataset.ready : save.dataset.idle) ?? "";
  save.dataset.tip = words;
  save.setAttribute("aria-label", `${words}: ${row.dataset.title}`);
}

/** What was typed and not saved yet, by the field's id: a new list shall not take it away. */
function unsaved() {
  const fields = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("#list [data-changed]"));
  return new Map([...fields].map((field) => [field.id, field.value]));
}

export function startRows() {
  /** @type {Map<string, string>} */
  let typed = new Map();
  document.addEventListener("input", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.matches(".inline-edit")) look(event.target);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    typed = target?.id === "list" || target?.id === "links-page" ? unsaved() : new Map();
  });
  onParts((part) => {
    for (const found of within(part, ".inline-edit")) {
      const field = /** @type {HTMLInputElement} */ (found);
      field.value = typed.get(field.id) ?? field.value;
      look(field);
    }
  });
  // A row that was swapped took the focus with it.
  document.addEventListener("htmx:afterSettle", (event) => {
    const row = event.target instanceof Element ? event.target.closest("tr[data-url]") : null;
    if (row && document.activeElement === document.body) {
      /** @type {HTMLElement | null} */ (row.querySelector("[aria-invalid], [data-more]"))?.focus();
    }
  });
}
