import { getJson, query, wholeHistory } from "./js/api.js";
import { Bubbles } from "./js/bubbles.js";
import { chatWith, currentChat, newSession, onSessionsChanged } from "./js/chat_id.js";
import { Composer } from "./js/composer.js";
import { $, h, uuid } from "./js/dom.js";
import { LiveReply } from "./js/live.js";
import { OrderPanel } from "./js/order.js";
import { Outbox } from "./js/outbox.js";
import { Picker } from "./js/picker.js";
import { Stream } from "./js/stream.js";

const EXAMPLES = ["2 bundles 12in pizza box n 5 pkt straw tmr morning pls", "the usual", "How much is the 10in kraft box?"];
const TYPING_AT_MOST = 30_000;
const EMPTY = { order: null, outlet: null, invoice: null, handoff: false };

let chat = null;
let stream = null;
let state = EMPTY;
let online = false;
let unread = 0;
let typingTimer = 0;
let typing = false;

const { config, contacts } = await startingPoint();
const bubbles = new Bubbles($("log"), {
  choose,
  quote: (message) => composer.quote(message),
  retry: () => outbox.retry(),
  fileAt: (order) => `/web/invoices/${encodeURIComponent(order)}.pdf?${query(chat)}`,
});
const composer = new Composer(send);
const live = new LiveReply($("live"), $("live-text"));
const panel = new OrderPanel(() => send("confirm"));
const outbox = new Outbox(delivered);
const picker = contacts ? new Picker(contacts, (id) => show(chatWith(id))) : null;

composer.limit = config.max_text;
document.title = config.supplier;
$("desk-name").textContent = config.supplier;
$("new-chat").addEventListener("click", () => {
  newSession(chat.as);
  show(chatWith(chat.as));
});
$("to-end").addEventListener("click", () => toEnd());
$("scroller").addEventListener("scroll", () => nearEnd() && toEnd(false), { passive: true });
document.addEventListener("visibilitychange", () => !document.hidden && nearEnd() && toEnd(false));
onSessionsChanged(() => {
  if (currentChat().session !== chat.session) show(currentChat());
});
const remembered = currentChat();
await show(remembered && (!picker || picker.find(remembered.as)) ? remembered : chatWith(picker?.first.id ?? ""));
outbox.retry();

/** The page's settings and the demo's contacts; asked for until the server answers. */
async function startingPoint() {
  for (;;) {
    try {
      const config = await getJson("/web/config");
      return { config, contacts: config.demo ? (await getJson("/web/contacts")).contacts : null };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  }
}

async function show(next) {
  chat = next;
  stream?.stop();
  bubbles.clear();
  live.clear();
  composer.quote(null);
  state = EMPTY;
  picker?.show(chat.as);
  bubbles.load(outbox.of(chat).map((item) => waiting(item, item.refused ? "refused" : "queued")));
  try {
    const history = await wholeHistory(next);
    if (chat !== next) return;
    bubbles.load(history.map(logged));
  } catch {
    // The stream brings the log when the server is back.
  }
  stream = new Stream(next, bubbles.resumeAt, {
    message: (row) => chat === next && received(logged(row)),
    state: (now) => {
      if (chat !== next) return;
      state = now;
      refresh();
    },
    delta: (more) => chat === next && written(more),
    over: () => {
      if (chat !== next) return;
      live.clear();
      showTyping();
    },
    connected: (yes) => {
      online = yes;
      refresh();
    },
  });
  refresh();
  toEnd(false);
}

function send(text, { choiceId, quoted } = {}) {
  outbox.add({ id: uuid(), ...chat, text, choice_id: choiceId, quoted, at: Date.now() });
  toEnd();
}

function choose(message, choice) {
  send(choice.title, { choiceId: choice.id });
  $("text").focus({ preventScroll: true });
}

/** The outbox tells how a message is doing. */
function delivered(item, mark, error) {
  if (item.as !== chat?.as || item.session !== chat?.session) return;
  bubbles.put(waiting(item, mark, error));
  if (mark === "accepted") expectAnswer();
  refresh();
}

function received(message) {
  const atEnd = nearEnd();
  live.giveWayTo(message);
  const fresh = bubbles.put(message);
  if (fresh && message.direction === "out" && (!atEnd || document.hidden)) unread += 1;
  if (message.direction === "in" && message.mark === "accepted") expectAnswer();
  refresh();
  if (fresh && atEnd) toEnd();
}

/** More of the reply that is being written. */
function written(more) {
  const atEnd = nearEnd();
  live.grow(more);
  expectAnswer();
  showTyping();
  if (atEnd) toEnd(false);
}

function expectAnswer() {
  typing = true;
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => {
    typing = false;
    refresh();
  }, TYPING_AT_MOST);
}

function waiting(item, mark, error) {
  const { id, text, quoted, at } = item;
  return { id, text, quoted, at: new Date(at), direction: "in", mark, error: error ?? item.refused };
}

function logged(row) {
  const mark = row.direction === "out" ? undefined : row.waiting ? "accepted" : "answered";
  return { ...row, at: new Date(row.at), mark };
}

function refresh() {
  showTyping();
  $("as").textContent = state.outlet?.name ?? picker?.find(chat.as).name ?? "";
  $("to-end").hidden = nearEnd() && unread === 0;
  $("unread").textContent = unread || "";
  document.title = unread && document.hidden ? `(${unread}) ${config.supplier}` : config.supplier;
  panel.show(state, { chat, busy: bubbles.awaiting || bubbles.sending, taxPercent: config.tax_percent });
  welcome();
}

/** That an answer is coming: dots, until its first words are there. */
function showTyping() {
  const atEnd = nearEnd();
  const answering = online && typing && bubbles.awaiting && !state.handoff;
  $("typing").hidden = !answering || live.shown;
  $("presence").textContent = presence(answering || live.shown);
  if (atEnd && answering && !live.shown) toEnd();
}

function presence(answering) {
  if (!online) return "connecting…";
  if (answering) return "typing…";
  if (state.handoff) return "a person is answering";
  return "online";
}

function welcome() {
  const box = $("welcome");
  box.hidden = !bubbles.empty;
  if (!bubbles.empty || box.childElementCount) return;
  const example = (text) => h("button", { type: "button", onclick: () => composer.fill(text) }, text);
  box.append(
    h("p", {}, "Write your order as you would to a person. The desk asks where it is not sure, and nothing is ordered until you confirm."),
    ...(config.demo ? EXAMPLES.map(example) : []),
  );
}

function nearEnd() {
  const box = $("scroller");
  return box.scrollHeight - box.scrollTop - box.clientHeight < 80;
}

function toEnd(smooth = true) {
  const box = $("scroller");
  const calm = !smooth || matchMedia("(prefers-reduced-motion: reduce)").matches;
  box.scrollTo({ top: box.scrollHeight, behavior: calm ? "instant" : "smooth" });
  unread = 0;
  $("to-end").hidden = true;
  $("unread").textContent = "";
  document.title = config.supplier;
}
