import { rich } from "./format.js";

/**
 * The reply that is being written, at the end of the chat where its message will stand. It is no part of the log,
 * which is a live region: a screen reader is told the message once, when it is whole.
 */
export class LiveReply {
  #box;
  #words;
  #turn = null;
  #text = "";

  constructor(box, words) {
    this.#box = box;
    this.#words = words;
  }

  get shown() {
    return this.#turn !== null;
  }

  /** Shows what more has been said; with `start` in the place of what was shown before. */
  grow({ turn, text, start }) {
    if (!start && turn !== this.#turn) return;
    this.#turn = turn;
    this.#text = start ? text : this.#text + text;
    this.#words.replaceChildren(...rich(this.#text.trimEnd()));
    this.#box.hidden = false;
  }

  /** A message has come: where it is of this reply's turn, it takes its place. */
  giveWayTo(message) {
    if (message.direction === "out" && message.turn === this.#turn) this.clear();
  }

  clear() {
    this.#turn = null;
    this.#text = "";
    this.#box.hidden = true;
    this.#words.replaceChildren();
  }
}
