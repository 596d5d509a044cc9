/**
 * What every page has. Loaded in the head and before the first paint, so that the chosen theme never flashes;
 * it therefore listens on the document instead of looking for elements.
 */

import { startReturning, startWorker } from "./installing.js";
import { startLanguageChoice } from "./language.js";
import { startTheme } from "./theme.js";

startTheme();
startLanguageChoice();
startWorker();
startReturning();
document.documentElement.dataset.scripted = "";
if (typeof navigator.share === "function") document.documentElement.dataset.sharing = "";

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-reveal]") : null;
  const input = button?.parentElement?.querySelector("input");
  if (!button || !input) return;
  const hidden = input.type === "password";
  input.type = hidden ? "text" : "password";
  button.setAttribute("aria-pressed", String(hidden));
  button.setAttribute("aria-label", button.getAttribute(hidden ? "data-hide" : "data-show") ?? "");
});
