/** A refusal by the server; `retry` says whether sending again later can help. */
export class Refused extends Error {
  constructor(status, message, after) {
    super(message);
    this.retry = status >= 500 || status === 429 || status === 408;
    this.after = after;
  }
}

const TIMEOUT = 15_000;

export const query = (chat, more = {}) => new URLSearchParams({ as: chat.as, session: chat.session, ...more });

export async function getJson(path) {
  return answer(await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT) }));
}

export async function postJson(path, body) {
  const request = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT),
  };
  return answer(await fetch(path, request));
}

async function answer(response) {
  if (response.ok) return response.json();
  const body = await response.json().catch(() => null);
  const after = Number(response.headers.get("Retry-After")) * 1000;
  throw new Refused(response.status, body?.error?.message ?? `Error ${response.status}`, after || undefined);
}

export async function wholeHistory(chat) {
  const messages = [];
  let page;
  do {
    page = await getJson(`/web/history?${query(chat, { after: messages.at(-1)?.seq ?? 0 })}`);
    messages.push(...page.messages);
  } while (page.more);
  return messages;
}
