/** The server as the page asks it. Keeps the guest's secret in memory only. */

/**
 * @typedef {object} Config the page's `config` block
 * @property {string | null} invite the link's token, null on the public page
 * @property {string} apiBase
 * @property {string} tusUrl
 * @property {string} socketPath
 * @property {number | null} chunkSize bytes
 * @property {string[]} accept
 * @property {import("./limits.js").Limits} limits
 * @property {"off" | "optional" | "required"} guestName
 * @property {string} hostName
 * @property {boolean} albumSet
 * @property {boolean} own whether it is a host's own page, which nobody else is told of
 *
 * @typedef {object} Upload one of the guest's own uploads, as the server lists it
 * @property {string} id
 * @property {string} filename
 * @property {number} size bytes
 * @property {number} offset bytes received
 * @property {string} status
 * @property {string} key
 * @property {string | null} [receivedAt] when its last byte came, in ISO 8601
 */

const PATIENCE = 20_000; // ms that somebody looks at a dialog which waits

/** An answer that isn't a success. `code` is the server's word, `passing` whether trying again makes sense. */
export class Refused extends Error {
  /**
   * @param {number} status HTTP status, 0 when the server wasn't reached
   * @param {string} code
   * @param {number} [wait] seconds that the server asks to wait
   */
  constructor(status, code, wait = 0) {
    super(code || `status ${status}`);
    this.status = status;
    this.code = code;
    this.wait = wait;
    this.passing = status === 0 || status === 429 || status >= 500;
  }
}

/**
 * The code in an error answer.
 * @param {string} body
 * @returns {string} "" when the answer isn't ours (a proxy's page)
 */
export function codeIn(body) {
  try {
    const code = JSON.parse(body)?.error;
    return typeof code === "string" ? code : "";
  } catch (notJson) {
    return "";
  }
}

export class Api {
  /** @type {string} the guest's secret, known only where the server gave it */
  guest = "";
  /** @type {string} the code of this guest's receipt, as last told */
  receipt = "";
  #config;
  #fetch;

  /** @param {Pick<Config, "invite" | "apiBase">} config @param {typeof fetch} [fetcher] */
  constructor(config, fetcher = (...request) => fetch(...request)) {
    this.#config = config;
    this.#fetch = fetcher;
  }

  /** @returns {Record<string, string>} what every request carries */
  headers() {
    return this.guest ? { "X-Drop-Guest": this.guest } : {};
  }

  /**
   * Makes this browser known and tells what holds for the link now.
   * @returns {Promise<{active?: boolean, inactiveReason?: string | null, authorized?: boolean, passwordRequired?: boolean,
   *   photosUrl?: string | null, visit?: {name: string, message: string}}>}
   * @throws {Refused}
   */
  async open() {
    const { invite } = this.#config;
    return this.#get(invite === null ? "/config" : `/invite/${encodeURIComponent(invite)}`);
  }

  /**
   * Gives the link's password.
   * @param {string} password
   * @returns {Promise<void>}
   * @throws {Refused}
   */
  async authorize(password) {
    const { invite, apiBase } = this.#config;
    await this.#ask(`${apiBase}/invite/${encodeURIComponent(String(invite))}/auth`, {
      method: "POST",
      headers: { ...this.headers(), Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify({ password }),
    });
  }

  /**
   * A page as this guest sees it.
   * @param {string} address
   * @returns {Promise<string>} HTML
   * @throws {Refused}
   */
  async page(address) {
    const answer = await this.#ask(address, { headers: { ...this.headers(), Accept: "text/html" }, cache: "no-store" });
    return answer.text();
  }

  /**
   * The guest's own uploads at this link.
   * @returns {Promise<Upload[]>}
   * @throws {Refused}
   */
  async uploads() {
    const { invite } = this.#config;
    const answer = await this.#get(invite === null ? "/uploads" : `/uploads?invite=${encodeURIComponent(invite)}`);
    this.receipt = answer.receipt ?? this.receipt;
    return answer.items;
  }

  /**
   * Which of these files this guest sent through this link before.
   * @param {{key: string, size: number, sha1: string}[]} items
   * @returns {Promise<string[]>} their keys
   * @throws {Refused}
   */
  async known(items) {
    const { invite, apiBase } = this.#config;
    const response = await this.#ask(`${apiBase}/uploads/known`, {
      method: "POST",
      headers: { ...this.headers(), Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify({ ...(invite === null ? {} : { invite }), items }),
    });
    return (await bodyOf(response)).known;
  }

  /**
   * Gives up an unfinished upload, so that it no longer counts. An unreachable server forgets it by itself later.
   * @param {string} url
   * @returns {Promise<boolean>} whether the server took it
   */
  async giveUp(url) {
    try {
      await this.#ask(url, { method: "DELETE", headers: { ...this.headers(), "Tus-Resumable": "1.0.0" } });
      return true;
    } catch (refused) {
      return false;
    }
  }

  /**
   * Takes back an upload that is complete, wherever it is by now. A server that is silent counts as not reached.
   * @param {string} id
   * @throws {Refused}
   */
  async takeBack(id) {
    const { tusUrl } = this.#config;
    const patience = new AbortController();
    const late = setTimeout(() => patience.abort(), PATIENCE);
    try {
      await this.#ask(tusUrl + encodeURIComponent(id), {
        method: "DELETE",
        headers: { ...this.headers(), "Tus-Resumable": "1.0.0" },
        signal: patience.signal,
      });
    } finally {
      clearTimeout(late);
    }
  }

  /** @param {string} path */
  async #get(path) {
    const headers = { ...this.headers(), Accept: "application/json" };
    const response = await this.#ask(this.#config.apiBase + path, { headers, cache: "no-store" });
    return bodyOf(response);
  }

  /** @param {string} url @param {RequestInit} request */
  async #ask(url, request) {
    let response;
    try {
      response = await this.#fetch(url, { ...request, credentials: "same-origin" });
    } catch (unreachable) {
      throw new Refused(0, "");
    }
    if (!response.ok) {
      const wait = Number(response.headers.get("Retry-After")) || 0;
      throw new Refused(response.status, codeIn(await response.text()), wait);
    }
    this.guest = response.headers.get("X-Drop-Guest") ?? this.guest;
    return response;
  }
}

/** @param {Response} response @throws {Refused} when somebody else answered: a hotel's login page, say */
async function bodyOf(response) {
  try {
    return await response.json();
  } catch (notOurs) {
    throw new Refused(0, "");
  }
}
