import { h } from "./dom.js";

const SYMBOLS = { SGD: "S$", USD: "US$", AUD: "A$", NZD: "NZ$", HKD: "HK$", MYR: "RM", EUR: "€", GBP: "£" };
const STYLES = { "*": "strong", _: "em", "~": "s" };
const TOKEN = /```([\s\S]+?)```|`([^`\n]+)`|(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])|([*_~])(?=\S)([^\n]*?\S)\4(?![\p{L}\p{N}])/gu;

/** WhatsApp's formatting as nodes: *bold*, _italic_, ~struck~, `code`, ```block``` and web links. */
export function rich(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, block, code, link, mark, inner] = match;
    if (mark && end <= match.index && /[\p{L}\p{N}]/u.test(text[match.index - 1] ?? "")) continue;
    if (match.index > end) nodes.push(text.slice(end, match.index));
    if (block !== undefined || code !== undefined) nodes.push(h("code", {}, block ?? code));
    else if (link) nodes.push(h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, link));
    else nodes.push(h(STYLES[mark], {}, ...rich(inner)));
    end = match.index + whole.length;
  }
  if (end < text.length) nodes.push(text.slice(end));
  return nodes;
}

/** "1234.50", "SGD" -> "S$1,234.50". The digits are the server's; nothing is computed here. */
export function money(amount, currency) {
  const [whole, cents] = String(amount).split(".");
  return `${SYMBOLS[currency] ?? `${currency} `}${count(whole)}${cents ? `.${cents}` : ""}`;
}

/** 1000 -> "1,000" */
export const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

export function plural(number, word) {
  if (Number(number) === 1) return word;
  if (/(s|x|ch|sh)$/.test(word)) return `${word}es`;
  return /^[a-z]+$/i.test(word) ? `${word}s` : word;
}

export const clockTime = (date) => date.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });

export function dayName(date) {
  const start = (day) => new Date(day.getFullYear(), day.getMonth(), day.getDate());
  const ago = Math.round((start(new Date()) - start(date)) / 86_400_000);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  if (ago > 1 && ago < 7) return date.toLocaleDateString("en-SG", { weekday: "long" });
  return date.toLocaleDateString("en-SG", { day: "numeric", month: "long", year: "numeric" });
}

/** "2026-11-24" -> "Tuesday, 24 November 2026", as the calendar day it names in any time zone. */
export function calendarDay(iso, long = true) {
  const [year, month, day] = iso.slice(0, 10).split("-").map(Number);
  const options = long
    ? { weekday: "long", day: "numeric", month: "long", year: "numeric" }
    : { day: "numeric", month: "short", year: "numeric" };
  return new Date(Date.UTC(year, month - 1, day)).toLocaleDateString("en-SG", { ...options, timeZone: "UTC" });
}
