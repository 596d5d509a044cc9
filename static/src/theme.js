/** Light or dark: the system decides until the person does, then this device remembers. */

import { recall, remember } from "./device.js";

const KEY = "drop-theme";
const PAPER = { light: "#f7f2ea", dark: "#0e191f" };

/**
 * Shows a theme on the whole page, in the browser's own bars too.
 * @param {"light" | "dark"} theme
 */
function show(theme) {
  document.documentElement.dataset.theme = `drop-${theme}`;
  for (const meta of document.querySelectorAll("meta[name=theme-color]")) {
    meta.setAttribute("content", PAPER[theme]);
  }
}

/** @returns {boolean} whether the page is dark now */
function isDark() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen) return chosen === "drop-dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Applies the remembered theme, and lets every `[data-theme-toggle]` button change it. */
export function startTheme() {
  const remembered = recall(KEY);
  if (remembered === "light" || remembered === "dark") show(remembered);
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-theme-toggle]")) return;
    const next = isDark() ? "light" : "dark";
    show(next);
    remember(KEY, next);
  });
}
