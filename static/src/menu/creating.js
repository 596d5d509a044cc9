/** The panel of a new link, and the page's address, which follows what is shown. */

import { onParts, within } from "./swaps.js";
import { dayOf } from "./zones.js";

const DAY = 24 * 60 * 60 * 1000;

/** @param {HTMLElement} panel */
function wire(panel) {
  const field = (/** @type {string} */ name) =>
    /** @type {HTMLInputElement} */ (panel.querySelector(`[name="${name}"]`));
  const chips = /** @type {HTMLElement[]} */ ([...panel.querySelectorAll("[data-days]")]);
  const end = field("expires_at");
  const dayAfter = (/** @type {string} */ days) => (days ? dayOf(new Date(Date.now() + Number(days) * DAY)) : "");
  const press = () => {
    for (const chip of chips) chip.setAttribute("aria-pressed", String(dayAfter(chip.dataset.days ?? "") === end.value));
  };
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      end.value = dayAfter(chip.dataset.days ?? "");
      press();
    });
  }
  end.addEventListener("input", press);
  press();
  // An album that was chosen is known by its id, so that it is followed when it gets another name.
  field("album_name").addEventListener("input", () => {
    const options = /** @type {NodeListOf<HTMLOptionElement>} */ (panel.querySelectorAll("#albums option"));
    const chosen = [...options].find((option) => option.value === field("album_name").value.trim());
    field("album_id").value = chosen?.dataset.id ?? "";
  });
  /** @type {HTMLElement | null} */ (panel.querySelector("[aria-invalid]") ?? field("name")).focus();
}

export function startCreating() {
  onParts((part) => {
    const panel = within(part, "#create")[0];
    if (panel) wire(/** @type {HTMLElement} */ (panel));
    const shown = /** @type {HTMLElement | null} */ (document.querySelector("#list"));
    const sort = /** @type {HTMLSelectElement | null} */ (document.querySelector("#filters [name=sort]"));
    if (sort && shown) {
      sort.value = shown.dataset.sort ?? "";
      const words = document.querySelector("[data-sort-words]");
      if (words) words.textContent = sort.selectedOptions[0]?.textContent ?? "";
    }
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const id = event.target instanceof Element ? event.target.id : "";
    if (id !== "list" && id !== "links-page") return;
    const list = /** @type {HTMLElement | null} */ (document.getElementById("list"));
    const creating = document.getElementById("create") ? "?create" : "";
    history.replaceState(null, "", (id === "links-page" && creating) || list?.dataset.address || location.href);
  });
}
