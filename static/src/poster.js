/** The poster's page: prints, follows the choice of language, and names the last day in the host's own zone. */

import { lastDay } from "./menu/zones.js";

document.querySelector("[data-print]")?.addEventListener("click", () => print());

for (const choice of document.querySelectorAll("[data-choose]")) {
  choice.addEventListener("change", () => /** @type {HTMLSelectElement} */ (choice).form?.requestSubmit());
}

for (const found of document.querySelectorAll("time[data-ends]")) {
  const time = /** @type {HTMLTimeElement} */ (found);
  const day = lastDay(time.dataset.ends ?? "");
  if (day === time.dateTime) continue; // as the server wrote it
  const language = /** @type {HTMLElement} */ (time.closest("[lang]")).lang;
  const moment = new Date(`${day}T12:00`);
  const other = moment.getFullYear() !== new Date().getFullYear();
  time.dateTime = day;
  time.textContent = moment.toLocaleDateString(language, { day: "numeric", month: "long", ...(other && { year: "numeric" }) });
}
