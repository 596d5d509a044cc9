/**
 * Where shared items may go: the pages that this browser opened and, of a host who is logged in, their links and albums.
 */

import { recall, remember } from "../device.js";
import { find, setIcon } from "../guest/elements.js";
import { Albums } from "./albums.js";
import { links, pathOf } from "./links.js";

const LAST = "drop-to";
const MANY = 8; // places from which on one looks for them by name
const ICONS = { link: "link", album: "album", timeline: "image" };

/**
 * @typedef {object} Place
 * @property {string} key by which this device knows it again
 * @property {"link" | "album" | "timeline"} kind
 * @property {string} path of its page; "" for what has one once it was asked for
 * @property {string | null} [album] its id in Immich
 * @property {string} title
 * @property {boolean} [urls] whether it takes links to posts
 */

export class Places {
  /** @type {Place[]} a host's links */
  #own = [];
  /** @type {Place[]} a host's albums */
  #kept = [];
  /** @type {Place[]} */
  #shown = [];
  #albums = new Albums();

  constructor() {
    this.list = find("[data-places]");
    this.template = /** @type {HTMLTemplateElement} */ (find("#place-template"));
    this.words = /** @type {HTMLInputElement} */ (find("[data-places-words]"));
    this.words.addEventListener("input", () => this.#filter());
    this.words.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault(); // it looks for a place, and sends nothing yet
    });
    this.list.addEventListener("change", () => this.#filter());
  }

  /** Learns a host's links and albums; guests have none, and without a network nobody is told. */
  async ask() {
    try {
      const answer = await fetch("/api/invites", { headers: { Accept: "application/json" }, cache: "no-store" });
      if (!answer.ok) return;
      const { items } = await answer.json();
      this.#own = items
        .filter(({ active }) => active)
        .map(({ token, name, albumName, allowUrls }) => ({
          ...placeOf({ path: pathOf(token), title: name || albumName || document.body.dataset.unnamed || "" }),
          urls: allowUrls,
        }));
      this.#kept = await this.#albums.ask(this.list.dataset.timeline ?? "");
    } catch (unreachable) {
      this.#own = [];
    }
  }

  /** @returns {boolean} whether there is no place to choose */
  get none() {
    return this.#shown.length === 0;
  }

  /** @returns {Place | undefined} */
  get chosen() {
    const radio = /** @type {HTMLInputElement | null} */ (this.list.querySelector("input:checked"));
    return this.#shown.find(({ key }) => key === radio?.value);
  }

  /**
   * The page by which things go to a place, which is offered first from now on.
   * @param {Place} place
   * @returns {Promise<string>} its path, "" when the server has none now
   */
  async page({ key, path, album = null }) {
    const found = path || (await this.#albums.page(album));
    if (found) remember(LAST, key);
    return found;
  }

  /**
   * @param {boolean} choosing whether one is chosen for something; else each leads to its page
   * @param {boolean} forPost whether that is a link to a post, which not every page takes
   */
  show(choosing, forPost) {
    const opened = links().map(placeOf);
    const known = new Set(opened.map(({ path }) => path));
    const own = new Map(this.#own.map((place) => [place.path, place])); // what the server says is newer
    const pages = [...opened, ...this.#own.filter(({ path }) => !known.has(path))];
    const takers = forPost ? pages.filter((place) => (own.get(place.path) ?? place).urls) : pages;
    const last = recall(LAST);
    const before = this.chosen?.key ?? last;
    this.#shown = choosing ? [...takers, ...this.#kept] : takers;
    this.#shown.sort((one, other) => Number(other.key === last) - Number(one.key === last));
    const checked = this.#shown.find(({ key }) => key === before) ?? this.#shown[0];
    this.list.replaceChildren(...this.#shown.map((place) => this.#row(place, choosing, place === checked)));
    find("[data-where]").hidden = !choosing || this.none;
    find("[data-pages]").hidden = choosing || this.none;
    find("[data-no-places]").hidden = !this.none || pages.length > 0;
    find("[data-no-takers]").hidden = !this.none || !pages.length;
    find("[data-albums-failed]").hidden = !choosing || !this.#albums.failed;
    find("[data-places-find]").hidden = !choosing || this.#shown.length <= MANY;
    this.#filter();
  }

  /** Shows the places in whose name the words occur, and the chosen one, whatever it is called. */
  #filter() {
    const hidden = find("[data-places-find]").hidden;
    const words = hidden ? [] : this.words.value.toLocaleLowerCase().split(/\s+/);
    for (const [n, row] of [...this.list.children].entries()) {
      const title = this.#shown[n].title.toLocaleLowerCase();
      const found = words.every((word) => title.includes(word));
      row.toggleAttribute("hidden", !found && !row.querySelector("input:checked"));
    }
  }

  /** @param {Place} place @param {boolean} choosing @param {boolean} checked */
  #row({ key, kind, path, title }, choosing, checked) {
    const row = /** @type {DocumentFragment} */ (this.template.content.cloneNode(true));
    const radio = /** @type {HTMLInputElement} */ (find("input", row));
    const page = /** @type {HTMLAnchorElement} */ (find("a", row));
    radio.value = key;
    radio.checked = checked;
    page.href = path;
    setIcon(find("[data-thumb] use", row), ICONS[kind]);
    for (const name of row.querySelectorAll("[data-title]")) name.textContent = title;
    for (const word of row.querySelectorAll("[data-kind]")) {
      word.toggleAttribute("hidden", !this.#kept.length || word.getAttribute("data-kind") !== kind);
    }
    find("label", row).hidden = !choosing;
    page.hidden = choosing;
    return row;
  }
}

/** @param {import("./links.js").Link} link @returns {Place} */
const placeOf = (link) => ({ ...link, key: link.path, kind: "link" });
