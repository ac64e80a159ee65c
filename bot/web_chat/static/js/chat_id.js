import { uuid } from "./dom.js";

const SESSIONS = "resupply.sessions";
const SENDER = "resupply.sender";

const sessions = () => JSON.parse(localStorage.getItem(SESSIONS) ?? "{}");

/** The chat this tab shows: the sender is the tab's own choice, its session is shared by all tabs. */
export function currentChat() {
  const sender = sessionStorage.getItem(SENDER) ?? localStorage.getItem(SENDER);
  return sender === null ? null : chatWith(sender);
}

export function chatWith(sender) {
  sessionStorage.setItem(SENDER, sender);
  localStorage.setItem(SENDER, sender);
  return { as: sender, session: sessions()[sender] ?? newSession(sender) };
}

export function newSession(sender) {
  const session = uuid();
  localStorage.setItem(SESSIONS, JSON.stringify({ ...sessions(), [sender]: session }));
  return session;
}

/** Calls back when another tab starts a new chat. */
export function onSessionsChanged(callback) {
  addEventListener("storage", (event) => event.key === SESSIONS && callback());
}
