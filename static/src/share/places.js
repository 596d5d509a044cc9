/** Where shared items may go: the pages that this browser opened, and the links of a host who is logged in. */

import { find } from "../guest/elements.js";
import { links, pathOf } from "./links.js";

/** @typedef {import("./links.js").Link} Link */

export class Places {
  /** @type {Link[]} */
  #own = [];
  /** @type {Link[]} */
  #shown = [];

  constructor() {
    this.list = find("[data-places]");
    this.template = /** @type {HTMLTemplateElement} */ (find("#place-template"));
  }

  /** Learns a host's links; guests have none, and without a network nobody is told. */
  async ask() {
    try {
      const answer = await fetch("/api/invites", { headers: { Accept: "application/json" }, cache: "no-store" });
      if (!answer.ok) return;
      const { items } = await answer.json();
      this.#own = items
        .filter(({ active }) => active)
        .map(({ token, name, albumName, allowUrls }) => ({
          path: pathOf(token),
          urls: allowUrls,
          title: name || albumName || document.body.dataset.unnamed || "",
        }));
    } catch (unreachable) {
      this.#own = [];
    }
  }

  /** @returns {boolean} whether there is no place to choose */
  get none() {
    return this.#shown.length === 0;
  }

  /** @returns {Link | undefined} */
  get chosen() {
    const radio = /** @type {HTMLInputElement | null} */ (this.list.querySelector("input:checked"));
    return this.#shown.find(({ path }) => path === radio?.value);
  }

  /**
   * @param {boolean} choosing whether one is chosen for something; else each leads to its page
   * @param {boolean} forPost whether that is a link to a post, which not every page takes
   */
  show(choosing, forPost) {
    const opened = links();
    const known = new Set(opened.map(({ path }) => path));
    const own = new Map(this.#own.map((link) => [link.path, link])); // what the server says is newer
    const pages = [...opened, ...this.#own.filter(({ path }) => !known.has(path))];
    const all = forPost ? pages.filter((link) => (own.get(link.path) ?? link).urls) : pages;
    const before = this.chosen?.path ?? all[0]?.path;
    this.#shown = all;
    this.list.replaceChildren(...all.map((link) => this.#row(link, choosing, link.path === before)));
    find("[data-where]").hidden = !choosing || !all.length;
    find("[data-pages]").hidden = choosing || !all.length;
    find("[data-no-places]").hidden = pages.length > 0;
    find("[data-no-takers]").hidden = all.length > 0 || !pages.length;
  }

  /** @param {Link} link @param {boolean} choosing @param {boolean} checked */
  #row({ path, title }, choosing, checked) {
    const row = /** @type {DocumentFragment} */ (this.template.content.cloneNode(true));
    const radio = /** @type {HTMLInputElement} */ (find("input", row));
    const page = /** @type {HTMLAnchorElement} */ (find("a", row));
    radio.value = path;
    radio.checked = checked;
    page.href = path;
    for (const name of row.querySelectorAll("[data-title]")) name.textContent = title;
    find("label", row).hidden = !choosing;
    page.hidden = choosing;
    return row;
  }
}
