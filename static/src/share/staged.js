/** What the server took from the share sheet, because no service worker did. It is not received until it is sent. */

/** @typedef {{id: string, name: string, type: string, size: number}} StagedItem */

const JSON_TYPE = { Accept: "application/json", "Content-Type": "application/json" };

export class Staged {
  /** @type {StagedItem[]} */
  items = [];

  /** Learns what is there; without a network there is nothing to show. */
  async ask() {
    try {
      const answer = await fetch("/api/shared", { headers: JSON_TYPE, cache: "no-store" });
      const { items } = answer.ok ? await answer.json() : { items: [] };
      this.items = items.map(({ id, filename, type, size }) => ({ id, name: filename, type, size }));
    } catch (unreachable) {
      this.items = [];
    }
  }

  /** @param {string} id @returns {boolean} */
  has(id) {
    return this.items.some((item) => item.id === id);
  }

  /** @param {string} id */
  async leaveOut(id) {
    await fetch(`/api/shared/${encodeURIComponent(id)}`, { method: "DELETE" }).catch(() => null);
    await this.ask();
  }

  async clear() {
    if (!this.items.length) return;
    await fetch("/api/shared", { method: "DELETE" }).catch(() => null);
    await this.ask();
  }

  /**
   * Has all of it received.
   * @param {string} token of the link, "" for the public page
   * @returns {Promise<{location: string, code: string}>} the page that tells what came of it, or why nothing was sent
   */
  async send(token) {
    try {
      const body = JSON.stringify({ invite: token });
      const answer = await fetch("/api/shared/send", { method: "POST", headers: JSON_TYPE, body });
      const said = await answer.json();
      return answer.ok ? { location: said.location, code: "" } : { location: "", code: said.error || "other" };
    } catch (unreachable) {
      return { location: "", code: "other" };
    }
  }
}
