/**
 * News of the guest's uploads as they happen. While the socket is closed, the listing is asked instead; while it is
 * open too, but seldom: news from another process of the server may have no way to it.
 */

const FIRST_WAIT = 1_000; // ms
const LONGEST_WAIT = 30_000;
const POLL_EVERY = 5_000;
const POLLS_WHILE_OPEN = 4; // only every so often

/** @returns {string} 128 random bits in hex; crypto.randomUUID is missing on plain http */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class NewsSocket {
  #address;
  #greeting;
  #onNews;
  #poll;
  /** @type {WebSocket | null} */
  #socket = null;
  #wait = FIRST_WAIT;
  #timer = 0;
  #pollTimer = 0;
  #skipped = 0;

  /**
   * @param {object} wiring
   * @param {string} wiring.address ws: or wss: address
   * @param {() => object} wiring.greeting the first frame
   * @param {(uploadId: string, status: string) => void} wiring.onNews
   * @param {() => Promise<void> | null} wiring.poll asks the listing, or null when nothing is awaited
   */
  constructor({ address, greeting, onNews, poll }) {
    this.#address = address;
    this.#greeting = greeting;
    this.#onNews = onNews;
    this.#poll = poll;
  }

  /** Opens it now, if it isn't open or opening. Also the way to hurry a waiting reconnection. */
  wake() {
    clearTimeout(this.#timer);
    if (this.#socket) return;
    this.#schedulePoll();
    const socket = new WebSocket(this.#address);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#wait = FIRST_WAIT;
      socket.send(JSON.stringify(this.#greeting()));
    });
    socket.addEventListener("message", (event) => this.#hear(event.data));
    socket.addEventListener("close", () => this.#closed(socket));
  }

  /** @param {WebSocket} socket */
  #closed(socket) {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#timer = setTimeout(() => this.wake(), this.#wait * (0.75 + Math.random() / 2));
    this.#wait = Math.min(LONGEST_WAIT, this.#wait * 2);
    this.#schedulePoll();
  }

  /** @param {unknown} data */
  #hear(data) {
    if (typeof data !== "string") return;
    const frame = JSON.parse(data);
    if (frame.type === "ping" || typeof frame.item_id !== "string") return;
    if (typeof frame.state === "string") this.#onNews(frame.item_id, frame.state);
  }

  #schedulePoll() {
    if (this.#pollTimer) return;
    this.#pollTimer = setTimeout(async () => {
      this.#pollTimer = 0;
      const open = this.#socket?.readyState === WebSocket.OPEN;
      this.#skipped = open ? (this.#skipped + 1) % POLLS_WHILE_OPEN : 0;
      if (this.#skipped === 0) await this.#poll();
      this.#schedulePoll();
    }, POLL_EVERY);
  }
}
