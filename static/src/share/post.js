/** A link to a post that a phone shared: shown first, fetched by the server when its person said by which page. */

import { find } from "../guest/elements.js";
import { LinkJobs } from "../guest/links.js";
import { tokenOf } from "./links.js";

/** How `/share` is told of a link: behind the #, which is sent to nobody and kept in no log. */
export const HASH = "#link=";

/**
 * @param {string} address
 * @param {string[]} hosts names, with all below them
 * @returns {boolean} whether a platform that is taken here may have such a post; the server looks again
 */
export function isTaken(address, hosts) {
  try {
    const { hostname } = new URL(address);
    return hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`));
  } catch {
    return false;
  }
}

export class Post {
  /** Whether its person has to choose a page for it. */
  open = false;
  /** Whether a link was shared that nobody here takes. */
  refused = false;

  constructor() {
    this.part = find("[data-post]");
    this.address = location.hash.startsWith(HASH) ? decodeURIComponent(location.hash.slice(HASH.length)) : "";
  }

  /** Learns whether such links are taken here; without a network that is seen later. */
  async ask() {
    if (!this.address) return;
    this.open = true;
    try {
      const answer = await fetch("/api/supported-platforms", { headers: { Accept: "application/json" } });
      const { enabled, hosts } = await answer.json();
      this.open = enabled && isTaken(this.address, hosts);
    } catch {
      // Asked again by whoever fetches it.
    }
    this.refused = !this.open;
    if (this.refused) this.forget();
    find("[data-post-address]", this.part).textContent = this.address;
    this.part.hidden = !this.open;
  }

  /** @returns {boolean} whether it, or what became of it, is on the page */
  get shown() {
    return !this.part.hidden;
  }

  /** @param {string} path of the page by whose link it goes */
  fetch(path) {
    const jobs = new LinkJobs(this.part, "/api", () => ({ "X-Invite-Token": tokenOf(path) }));
    jobs.fetch(this.address);
    find("[data-post-address]", this.part).hidden = true; // its row says it
    this.#end();
  }

  /** Nothing is fetched, and nothing kept. */
  forget() {
    this.part.hidden = true;
    this.#end();
  }

  #end() {
    this.open = false;
    history.replaceState(null, "", location.pathname);
  }
}
