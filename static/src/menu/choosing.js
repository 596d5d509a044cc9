/** The page on which a host chooses files to hand on: which are chosen, and the way of the chosen ones to an app. */

import { find } from "../guest/elements.js";
import { fetchFiles, fits } from "./handing.js";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

/** @param {number} bytes @returns {string} "4.2 MB", in the page's language */
function size(bytes) {
  const power = bytes < 999.5 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes * 1.0005) / 3));
  const digits = power < 2 || bytes / 1000 ** power >= 99.95 ? 0 : 1;
  const style = { style: "unit", unit: UNITS[power], unitDisplay: "short", maximumFractionDigits: digits };
  return new Intl.NumberFormat(document.documentElement.lang, /** @type {Intl.NumberFormatOptions} */ (style)).format(
    bytes / 1000 ** power,
  );
}

/** @param {{ size: number }[]} wanted */
const bytesOf = (wanted) => wanted.reduce((sum, each) => sum + each.size, 0);

/** @returns {boolean} whether the device takes files at all */
function sharesFiles() {
  const probe = new File([new Uint8Array(1)], "photo.jpg", { type: "image/jpeg" });
  return typeof navigator.canShare === "function" && navigator.canShare({ files: [probe] });
}

/** @param {HTMLFormElement} form @returns {{ files: number, bytes: number, words: string }} */
function limitOf(form) {
  // Only Chromium's browsers have it, and only they have such a limit.
  const of = "userAgentData" in navigator ? "chromium" : "elsewhere";
  const [files, bytes] = (form.dataset[of] ?? "").split(",").map(Number);
  return { files, bytes, words: form.dataset[`${of}Words`] ?? "" };
}

export function startChoosing() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form#choose"));
  if (!form?.querySelector("[data-step]")) return;
  const boxes = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input[name=file]")]);
  const every = /** @type {HTMLInputElement} */ (find("[data-choose-all]", form));
  const share = /** @type {HTMLButtonElement} */ (find("[data-share-files]", form));
  const zip = /** @type {HTMLButtonElement} */ (find("[data-zip]", form));
  const meter = /** @type {HTMLProgressElement} */ (find("progress", form));
  const limit = limitOf(form);
  const able = sharesFiles();
  /** @type {File[]} */
  let ready = [];
  let fetching = new AbortController();

  /** @param {string} selector @param {string} text */
  const write = (selector, text) => {
    find(selector, form).textContent = text;
  };
  /** @param {"choosing" | "fetching" | "ready"} step */
  const go = (step) => {
    for (const each of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-step]"))) {
      each.hidden = each.dataset.step !== step;
    }
    for (const box of [...boxes, every]) box.disabled = step !== "choosing";
    if (step === "choosing") ready = []; // the browser may forget them
  };
  /** @param {"unfetched" | "refused" | ""} trouble @param {string[]} names */
  const tell = (trouble, names = []) => {
    find("[data-trouble]", form).hidden = !trouble;
    for (const each of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-words]"))) {
      each.hidden = each.dataset.words !== trouble;
    }
    write("[data-names]", names.join(", "));
  };
  const chosen = () =>
    boxes
      .filter((box) => box.checked)
      .map(({ dataset }) => ({
        address: dataset.address ?? "",
        name: dataset.name ?? "",
        type: dataset.type ?? "",
        modified: Date.parse(dataset.modified ?? "") || Date.now(),
        size: Number(dataset.size),
      }));
  const show = () => {
    const wanted = chosen();
    const fitting = fits(wanted, limit);
    write("[data-count]", String(wanted.length));
    write("[data-bytes]", wanted.length ? ` · ${size(bytesOf(wanted))}` : "");
    every.checked = wanted.length > 0 && wanted.length === boxes.length;
    every.indeterminate = wanted.length > 0 && wanted.length < boxes.length;
    zip.disabled = wanted.length === 0;
    share.disabled = !fitting;
    const note = find("[data-limit]", form);
    note.hidden = !able || wanted.length === 0 || fitting;
    write("[data-limit] span", limit.words);
  };

  const handOver = async () => {
    try {
      await navigator.share({ files: ready });
      go("choosing");
    } catch (error) {
      const { name } = /** @type {DOMException} */ (error);
      if (name === "AbortError") return; // the sheet was closed: they are still at hand
      go("choosing");
      tell("refused");
    }
  };
  const begin = async () => {
    tell("");
    const wanted = chosen();
    const all = bytesOf(wanted);
    const came = (/** @type {number} */ bytes) => {
      meter.value = all ? bytes / all : 1;
      write("[data-done]", size(Math.min(bytes, all)));
    };
    write("[data-all]", size(all));
    came(0);
    go("fetching");
    fetching = new AbortController();
    try {
      const { files, unfetched } = await fetchFiles(wanted, fetching.signal, came);
      ready = files;
      if (unfetched.length) tell("unfetched", unfetched);
      if (files.length === 0) go("choosing");
      else if (navigator.canShare({ files })) go("ready");
      else {
        go("choosing");
        tell("refused");
      }
    } catch (error) {
      if (!fetching.signal.aborted) throw error;
      go("choosing");
    }
    // A sheet opens only just after a tap: where fetching took longer, there is a button for another one.
    if (ready.length && navigator.userActivation?.isActive) await handOver();
  };

  form.addEventListener("change", (event) => {
    if (event.target === every) for (const box of boxes) box.checked = every.checked;
    tell("");
    show();
  });
  share.addEventListener("click", () => void begin());
  find("[data-share-now]", form).addEventListener("click", () => void handOver());
  for (const button of form.querySelectorAll("[data-cancel]")) {
    button.addEventListener("click", () => {
      fetching.abort();
      go("choosing");
    });
  }
  share.hidden = !able;
  if (!able) zip.classList.replace("btn-outline", "btn-primary");
  show();
}
