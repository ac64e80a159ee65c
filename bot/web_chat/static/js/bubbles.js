import { h, icon } from "./dom.js";
import { clockTime, dayName, rich } from "./format.js";

const MARKS = {
  queued: ["clock", "Waiting to be sent"],
  sending: ["tick", "Sent"],
  accepted: ["ticks", "Received by the desk"],
  answered: ["ticks", "Answered"],
  failed: ["alert", "Not sent yet"],
  refused: ["alert", "Not sent"],
};

/**
 * The messages of one chat as bubbles. Messages are known by id: the same one coming again (another tab, a
 * reconnect, the log after the optimistic bubble) replaces what is there.
 */
export class Bubbles {
  #list;
  #messages = new Map();
  #nodes = new Map();
  #choose;
  #quote;
  #retry;
  #fileAt;

  constructor(list, { choose, quote, retry, fileAt }) {
    this.#list = list;
    this.#choose = choose;
    this.#quote = quote;
    this.#retry = retry;
    this.#fileAt = fileAt;
  }

  clear() {
    this.#messages.clear();
    this.#nodes.clear();
    this.#list.replaceChildren();
  }

  get empty() {
    return this.#messages.size === 0;
  }

  /** Where a new event stream should start so that it re-reads everything that can still change. */
  get resumeAt() {
    const rows = this.#sorted().filter((message) => message.seq);
    const open = rows.find((message) => message.direction === "in" && message.mark !== "answered");
    return Math.max(0, Math.min(open?.seq ?? Infinity, rows.at(-30)?.seq ?? rows[0]?.seq ?? 1) - 1);
  }

  /** Whether the desk has accepted something that it has not answered. */
  get awaiting() {
    return this.#sorted().some((message) => message.direction === "in" && message.mark === "accepted");
  }

  get sending() {
    return this.#sorted().some((message) => ["queued", "sending", "failed"].includes(message.mark));
  }

  /** Adds or updates a message; true when it was new. */
  put(message) {
    const known = this.#messages.get(message.id);
    // The log knows better than the outbox, which may report after it.
    const merged = known?.seq && !message.seq ? { ...message, ...known } : { ...known, ...message };
    this.#messages.set(message.id, merged);
    const node = this.#bubble(merged);
    this.#nodes.get(message.id)?.replaceWith(node);
    this.#nodes.set(message.id, node);
    this.#layOut();
    return !known;
  }

  /** Adds many at once, without announcing them to a screen reader. */
  load(messages) {
    this.#list.setAttribute("aria-live", "off");
    for (const message of messages) {
      const merged = { ...this.#messages.get(message.id), ...message };
      this.#messages.set(message.id, merged);
      this.#nodes.set(message.id, this.#bubble(merged));
    }
    this.#layOut();
    setTimeout(() => this.#list.setAttribute("aria-live", "polite"), 500);
  }

  #bubble(message) {
    return bubble(message, this.#choose, this.#quote, this.#retry, this.#fileAt);
  }

  /** In the log's order; what is under way comes last, what was refused stays where it was written. */
  #sorted() {
    const all = [...this.#messages.values()];
    const logged = all.filter((message) => message.seq).sort((a, b) => a.seq - b.seq);
    const place = (message) => {
      if (message.seq) return message.seq;
      if (message.mark !== "refused") return Infinity;
      return (logged.findLast((other) => other.at <= message.at)?.seq ?? 0) + 0.5;
    };
    return all.sort((a, b) => place(a) - place(b) || a.at - b.at);
  }

  #layOut() {
    for (const separator of this.#list.querySelectorAll(".day")) separator.remove();
    const rows = this.#sorted();
    const live = lastTurn(rows);
    let before = null;
    let place = this.#list.firstChild;
    const insert = (node) => {
      if (node === place) place = place.nextSibling;
      else this.#list.insertBefore(node, place);
    };
    rows.forEach((message, index) => {
      const node = this.#nodes.get(message.id);
      const newDay = !before || dayName(before.at) !== dayName(message.at);
      if (newDay) insert(h("li.day", {}, h("span", {}, dayName(message.at))));
      node.classList.toggle("first", newDay || before.direction !== message.direction);
      setChoices(node, live.has(message.id), rows.slice(index + 1));
      insert(node);
      before = message;
    });
    while (place) {
      const next = place.nextSibling;
      place.remove();
      place = next;
    }
  }
}

/** Ids of the desk's messages that still wait for the customer: those after the last one sent. */
function lastTurn(rows) {
  const live = new Set();
  for (const message of rows.toReversed()) {
    if (message.direction === "in") break;
    live.add(message.id);
  }
  return live;
}

function setChoices(node, live, later) {
  const buttons = node.querySelectorAll(".choices button");
  if (!buttons.length) return;
  const said = later.find((message) => message.direction === "in");
  for (const button of buttons) {
    button.disabled = !live;
    button.classList.toggle("chosen", !live && said?.text === button.dataset.title);
  }
}

function bubble(message, choose, quote, retry, fileAt) {
  const mine = message.direction === "in";
  const body = h(
    "div.bubble",
    {},
    h("span.sr", {}, mine ? "You: " : "Desk: "),
    message.quoted ? h("blockquote", {}, message.quoted) : null,
    message.document ? file(message.document, fileAt) : h("div.text", {}, ...rich(message.text)),
    h("span.meta", {}, h("time", { datetime: message.at.toISOString() }, clockTime(message.at)), mark(message)),
  );
  const reply = h(
    "button.reply",
    { type: "button", title: "Reply", "aria-label": "Reply to this message", onclick: () => quote(message) },
    icon("reply"),
  );
  onLongPress(body, () => quote(message));
  return h(
    `li.message.${mine ? "mine" : "theirs"}`,
    { dataset: { id: message.id, mark: message.mark ?? "" } },
    h("div.row", {}, body, reply),
    message.choices?.length ? choices(message, choose) : null,
    ["failed", "refused"].includes(message.mark)
      ? h("button.retry", { type: "button", onclick: retry }, message.error ?? "Not sent. Tap to retry")
      : null,
  );
}

function file(document, fileAt) {
  const href = fileAt(document.order);
  return h("a.file", { href, target: "_blank", rel: "noopener" }, icon("note"), h("span", {}, document.name), icon("out"));
}

function choices(message, choose) {
  const button = (choice) =>
    h(
      "button",
      { type: "button", dataset: { title: choice.title }, onclick: () => choose(message, choice) },
      h("span", {}, choice.title),
      choice.description ? h("small", {}, choice.description) : null,
    );
  return h("div.choices", { role: "group", "aria-label": "Choices" }, message.choices.map(button));
}

function mark(message) {
  if (message.direction !== "in" || !MARKS[message.mark]) return null;
  const [name, label] = MARKS[message.mark];
  const svg = icon(name, label);
  svg.classList.add("mark", message.mark);
  return svg;
}

function onLongPress(node, action) {
  let timer = 0;
  const stop = () => clearTimeout(timer);
  node.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") timer = setTimeout(action, 500);
  });
  for (const name of ["pointerup", "pointermove", "pointercancel", "pointerleave"]) node.addEventListener(name, stop);
}
