/** A host's albums in Immich, as places for what their phone shared. Guests have none. */

/** @typedef {import("./places.js").Place} Place */

const JSON_TYPE = { Accept: "application/json", "Content-Type": "application/json" };

export class Albums {
  /** Whether Immich did not tell them. */
  failed = false;

  /**
   * @param {string} withoutAlbum how the timeline alone is called
   * @returns {Promise<Place[]>} the timeline first, then the albums by name
   */
  async ask(withoutAlbum) {
    const timeline = placeOf(null, withoutAlbum);
    try {
      const answer = await fetch("/api/albums", { headers: JSON_TYPE, cache: "no-store" });
      this.failed = !answer.ok;
      const albums = answer.ok ? await answer.json() : [];
      const byName = new Intl.Collator(document.documentElement.lang, { numeric: true });
      const places = albums.map(({ id, albumName }) => placeOf(id, albumName));
      return [timeline, ...places.sort((one, other) => byName.compare(one.title, other.title))];
    } catch (unreachable) {
      this.failed = true;
      return [timeline];
    }
  }

  /**
   * The host's own page for an album.
   * @param {string | null} album
   * @returns {Promise<string>} its path, "" when there is none now
   */
  async page(album) {
    try {
      const body = JSON.stringify({ albumId: album });
      const answer = await fetch("/api/own-page", { method: "POST", headers: JSON_TYPE, body });
      return answer.ok ? (await answer.json()).path : "";
    } catch (unreachable) {
      return "";
    }
  }
}

/** @param {string | null} album @param {string} title @returns {Place} */
const placeOf = (album, title) => ({
  key: `album ${album ?? ""}`,
  kind: album === null ? "timeline" : "album",
  album,
  path: "",
  title,
  urls: true,
});
