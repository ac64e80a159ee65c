import { Refused, postJson } from "./api.js";

const PREFIX = "resupply.outbox.";
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;

/**
 * Messages on their way, in order, kept in localStorage (one key each, so that tabs do not overwrite each
 * other) and so not lost by a reload. The server accepts an id once, so sending again is always safe.
 */
export class Outbox {
  #changed;
  #busy = false;
  #wait = FIRST_WAIT;
  #timer = 0;

  constructor(changed) {
    this.#changed = changed;
    addEventListener("online", () => this.retry());
  }

  of(chat) {
    return all().filter((item) => item.as === chat.as && item.session === chat.session);
  }

  add(item) {
    const at = Math.max(item.at, (all().at(-1)?.at ?? 0) + 1);
    keep({ ...item, at });
    this.#changed({ ...item, at }, "queued");
    this.#pump();
  }

  /** Send again now what has failed or is waiting. */
  retry() {
    for (const item of all()) if (item.refused) keep({ ...item, refused: undefined });
    this.#wait = FIRST_WAIT;
    this.#pump();
  }

  async #pump() {
    clearTimeout(this.#timer);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let item = next(); item; item = next()) {
        if (!(await this.#send(item))) break;
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Sends one message; false when the line is down and the rest should wait too. */
  async #send(item) {
    const { refused: _refused, at: _at, ...message } = item;
    this.#changed(item, "sending");
    try {
      await postJson("/web/messages", message);
    } catch (error) {
      if (error instanceof Refused && !error.retry) {
        keep({ ...item, refused: error.message });
        this.#changed(item, "refused", error.message);
        return true;
      }
      this.#changed(item, "failed");
      this.#timer = setTimeout(() => this.#pump(), error.after ?? this.#wait * (1 + Math.random() / 4));
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
      return false;
    }
    this.#wait = FIRST_WAIT;
    localStorage.removeItem(PREFIX + item.id);
    this.#changed(item, "accepted");
    return true;
  }
}

const all = () =>
  Object.keys(localStorage)
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => JSON.parse(localStorage.getItem(key) ?? "null"))
    .filter(Boolean)
    .sort((a, b) => a.at - b.at);
const keep = (item) => localStorage.setItem(PREFIX + item.id, JSON.stringify(item));
const next = () => all().find((item) => !item.refused);
