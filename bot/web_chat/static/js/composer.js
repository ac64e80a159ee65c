import { $ } from "./dom.js";

/** The message box: grows with its text, sends on Enter, starts a line on Shift+Enter, quotes a message. */
export class Composer {
  #box = $("text");
  #quoted = null;
  #send;

  constructor(send) {
    this.#send = send;
    $("composer").addEventListener("submit", (event) => this.#submit(event));
    $("quote-drop").addEventListener("click", () => this.quote(null));
    this.#box.addEventListener("input", () => this.#grow());
    this.#box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.quote(null);
      // isComposing: Enter that accepts a word of an input method is not a send.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.#submit(event);
    });
  }

  set limit(characters) {
    this.#box.maxLength = characters;
  }

  /** Puts text into the box, for the visitor to send or change. */
  fill(text) {
    this.#box.value = text;
    this.#grow();
    this.#box.focus();
  }

  quote(message) {
    this.#quoted = message;
    $("quote").hidden = message === null;
    if (message === null) return;
    $("quote-who").textContent = message.direction === "in" ? "You" : "Supplier desk";
    $("quote-text").textContent = message.text;
    this.#box.focus();
  }

  #submit(event) {
    event.preventDefault();
    const text = this.#box.value.trim();
    if (!text) return;
    this.#send(text, { quoted: this.#quoted?.text.slice(0, 1000) });
    this.#box.value = "";
    this.quote(null);
    this.#grow();
    this.#box.focus();
  }

  #grow() {
    $("send").disabled = !this.#box.value.trim();
    this.#box.style.height = "auto";
    this.#box.style.height = `${Math.min(this.#box.scrollHeight, 132)}px`;
  }
}
