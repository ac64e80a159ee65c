import { query } from "./api.js";

/** Follows a chat's events; reconnects on its own, also after an error that EventSource gives up on. */
export class Stream {
  #source = null;
  #timer = 0;

  constructor(chat, after, { message, state, delta, over, connected }) {
    this.open = () => {
      this.close();
      this.#source = new EventSource(`/web/events?${query(chat, { after: this.after })}`);
      this.#source.onopen = () => connected(true);
      this.#source.onerror = () => {
        connected(false);
        if (this.#source?.readyState === EventSource.CLOSED) this.#timer = setTimeout(this.open, 3_000);
      };
      this.#source.addEventListener("message", (event) => {
        this.after = Number(event.lastEventId) || this.after;
        message(JSON.parse(event.data));
      });
      this.#source.addEventListener("state", (event) => state(JSON.parse(event.data)));
      this.#source.addEventListener("delta", (event) => delta(JSON.parse(event.data)));
      this.#source.addEventListener("over", over);
    };
    this.after = after;
    addEventListener("online", this.open);
    this.open();
  }

  stop() {
    removeEventListener("online", this.open);
    this.close();
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }
}
