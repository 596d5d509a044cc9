/** Small pictures made from the chosen files themselves, one at a time and only when a row comes near the screen. */

const SIDE = 168; // px: 56 on a screen of three pixels to one
const LARGEST = 80_000_000; // bytes; decoding more costs a phone too much memory
const DECODABLE = new Set(["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"]);

/** @typedef {import("./queue.js").Item} Item */

export class Thumbnails {
  /** @type {Map<Item, Promise<string>>} */
  #made = new Map();
  #line = Promise.resolve("");
  /** @type {WeakMap<Element, () => void>} */
  #near = new WeakMap();
  #observer;

  constructor() {
    this.#observer = new IntersectionObserver((entries) => this.#arrived(entries), { rootMargin: "300px" });
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
    this.#near.set(element, async () => {
      const url = await this.of(item);
      if (url) show(url);
    });
    this.#observer.observe(element);
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
      this.#made.set(item, picture);
    }
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
  #arrived(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.#observer.unobserve(target);
      this.#near.get(target)?.();
    }
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
