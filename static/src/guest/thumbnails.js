/**
 * Small pictures made from the chosen files themselves: one at a time, of rows that stay near the screen for a moment,
 * and only the latest are kept.
 */

const SIDE = 168; // px: 56 on a screen of three pixels to one
const LARGEST = 80_000_000; // bytes; decoding more costs a phone too much memory
const DECODABLE = new Set(["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"]);
const KEPT = 50; // pictures
const STAY = 400; // ms near the screen; small files are sent and gone sooner

/**
 * @typedef {import("./queue.js").Item} Item
 * @typedef {object} Wish
 * @property {Item} item
 * @property {(url: string) => void} show
 * @property {number} since ms; when it came near
 */

export class Thumbnails {
  /** @type {Map<Item, Promise<string>>} the one asked for last is the last */
  #made = new Map();
  #line = Promise.resolve("");
  /** @type {Map<Element, Wish>} */
  #watched = new Map();
  /** @type {Set<Element>} those near the screen, in the order of their coming */
  #near = new Set();
  #working = false;
  #observer;

  constructor() {
    this.#observer = new IntersectionObserver((entries) => this.#moved(entries), { rootMargin: "300px" });
  }

  /**
   * Whether a picture can be tried at all. HEIC and videos keep their icon.
   * @param {Item} item
   */
  static possible(item) {
    return DECODABLE.has(item.file.type) && item.size > 0 && item.size <= LARGEST;
  }

  /**
   * Calls back once, when the element is near the screen and its picture is ready.
   * @param {Element} element
   * @param {Item} item
   * @param {(url: string) => void} show
   */
  watch(element, item, show) {
    if (!Thumbnails.possible(item)) return;
    this.#watched.set(element, { item, show, since: 0 });
    this.#observer.observe(element);
  }

  /** The element shows another file now, or none. @param {Element} element */
  unwatch(element) {
    this.#observer.unobserve(element);
    this.#watched.delete(element);
    this.#near.delete(element);
  }

  /**
   * @param {Item} item
   * @returns {Promise<string>} object URL of a square picture, or "" when the file can't be shown
   */
  of(item) {
    let picture = this.#made.get(item);
    if (!picture) {
      picture = this.#line.then(() => draw(item.file));
      this.#line = picture;
    }
    this.#made.delete(item);
    this.#made.set(item, picture);
    const [oldest] = this.#made.keys();
    if (this.#made.size > KEPT) this.release(oldest);
    return picture;
  }

  /** Frees an item's picture. @param {Item} item */
  async release(item) {
    const picture = this.#made.get(item);
    this.#made.delete(item);
    const url = await picture;
    if (url) URL.revokeObjectURL(url);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #moved(entries) {
    for (const { isIntersecting, target } of entries) {
      const wish = this.#watched.get(target);
      this.#near.delete(target);
      if (!wish || !isIntersecting) continue;
      wish.since = performance.now();
      this.#near.add(target);
    }
    this.#work();
  }

  async #work() {
    if (this.#working) return;
    this.#working = true;
    for (let [element] = this.#near; element; [element] = this.#near) {
      const wish = this.#watched.get(element);
      const rest = wish.since + STAY - performance.now();
      if (rest > 0) {
        await new Promise((resolve) => setTimeout(resolve, rest));
        continue;
      }
      this.#near.delete(element);
      this.#observer.unobserve(element);
      const url = await this.of(wish.item);
      if (url && this.#watched.get(element) === wish) wish.show(url);
    }
    this.#working = false;
  }
}

/**
 * The middle of a picture as a small square.
 * @param {File} file
 * @returns {Promise<string>} object URL, or "" when the browser can't decode it
 */
async function draw(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { resizeWidth: SIDE * 2, resizeQuality: "medium" });
  } catch (undecodable) {
    return "";
  }
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  const scale = Math.max(SIDE / bitmap.width, SIDE / bitmap.height);
  const width = bitmap.width * scale;
  const height = bitmap.height * scale;
  canvas.getContext("2d")?.drawImage(bitmap, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
  bitmap.close();
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/webp", 0.8));
  return blob ? URL.createObjectURL(blob) : "";
}
