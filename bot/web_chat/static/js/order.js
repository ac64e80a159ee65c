import { query } from "./api.js";
import { $, h, icon } from "./dom.js";
import { calendarDay, count, money, plural } from "./format.js";

const STATUS = { draft: "Draft", confirmed: "Confirmed", cancelled: "Cancelled" };
const nameOf = ({ status, number }) => (status === "draft" && number ? "Being changed" : (STATUS[status] ?? status));

/** The order beside the chat; on a phone a sheet behind the bar under the header. */
export class OrderPanel {
  #panel = $("order");
  #bar = $("draft-bar");
  #lines = new Map();
  #draft = null;
  #confirm;
  #narrow = matchMedia("(max-width: 859px)");

  constructor(confirm) {
    this.#confirm = confirm;
    this.#bar.addEventListener("click", () => this.toggle());
    $("backdrop").addEventListener("click", () => this.toggle(false));
    addEventListener("keydown", (event) => event.key === "Escape" && this.toggle(false));
    this.#narrow.addEventListener("change", () => this.toggle(false));
    this.toggle(false);
  }

  toggle(open = !this.#panel.classList.contains("open")) {
    const was = this.#panel.classList.contains("open");
    this.#panel.classList.toggle("open", open);
    this.#panel.inert = this.#narrow.matches && !open;
    $("backdrop").hidden = !open;
    this.#bar.setAttribute("aria-expanded", String(open));
    if (open) this.#panel.querySelector(".sheet-close")?.focus();
    else if (was) this.#bar.focus();
  }

  /** Shows a chat's state. `busy`: something is under way, so the order may still change. */
  show({ order, outlet, invoice, handoff }, { chat, busy, taxPercent }) {
    const empty = !order || (order.status === "draft" && order.lines.length === 0);
    this.#bar.hidden = empty;
    if (!empty) this.#summarise(order);
    const close = h(
      "button.icon-button.sheet-close",
      { type: "button", "aria-label": "Close the order", onclick: () => this.toggle(false) },
      icon("close"),
    );
    const focused = this.#panel.contains(document.activeElement) ? document.activeElement.className : "";
    this.#panel.replaceChildren(
      h("div.grip", { "aria-hidden": "true" }),
      handoff ? h("p.handoff", { role: "status" }, "A person from the desk has taken over this chat.") : "",
      empty ? nothing(outlet, close) : this.#card(order, outlet, close, busy, taxPercent),
      invoiceCard(order, invoice, chat),
    );
    if (focused) this.#panel.querySelector(`.${focused.split(" ").at(-1)}`)?.focus();
    this.#remember(order);
  }

  #summarise(order) {
    const items = `${order.lines.length} ${plural(order.lines.length, "item")}`;
    const name = `${nameOf(order)} ${order.number ?? ""}`.trim();
    $("draft-summary").replaceChildren(h("b", {}, name), ` · ${items} · ${money(order.total, order.currency)}`);
  }

  #card(order, outlet, close, busy, taxPercent) {
    const { currency, status } = order;
    const total = (label, amount, kind = "") =>
      h("tr", { class: kind }, h("th", { scope: "row", colspan: "2" }, label), h("td", {}, money(amount, currency)));
    return h(
      "section.card.order-card",
      { dataset: { status } },
      h(
        "div.card-head",
        {},
        h("h2", {}, order.number ? "Order " : "Your order", order.number ? h("span.number", {}, order.number) : ""),
        h("span.chip", { class: `chip ${status}`, role: "status" }, nameOf(order)),
        close,
      ),
      h("div.facts", {}, ...facts(order, outlet)),
      h(
        "table.lines",
        {},
        h("caption.sr", {}, "Lines of the order"),
        h(
          "thead.sr",
          {},
          h("tr", {}, ...["Product", "Quantity", "Total"].map((name) => h("th", { scope: "col" }, name))),
        ),
        h("tbody", {}, ...order.lines.map((line) => this.#line(line, order))),
        h(
          "tfoot",
          {},
          total("Subtotal", order.subtotal),
          total(taxPercent ? `GST ${taxPercent}%` : "GST", order.tax),
          total("Total", order.total, "grand"),
        ),
      ),
      status === "draft" ? this.#confirmButton(order, busy) : "",
    );
  }

  #line(line, order) {
    const changed = this.#draft === keyOf(order) && this.#lines.get(line.sku) !== line.quantity;
    const pieces = Number(line.pieces) === Number(line.quantity) ? "" : `${count(line.pieces)} pieces`;
    const detail = [`${money(line.unit_price, order.currency)} a ${line.unit}`, pieces].filter(Boolean).join(" · ");
    return h(
      "tr",
      { class: changed ? "changed" : "", dataset: { sku: line.sku } },
      h("td.product", {}, h("span.name", {}, line.name), h("small", {}, detail)),
      h("td.quantity", {}, h("b", {}, count(line.quantity)), ` ${plural(line.quantity, line.unit)}`),
      h("td.amount", {}, money(line.line_total, order.currency)),
    );
  }

  #confirmButton(order, busy) {
    const ready = order.outlet && order.delivery_date;
    const button = h(
      "button.confirm",
      { type: "button", disabled: busy || !ready, onclick: () => (this.toggle(false), this.#confirm()) },
      icon("check"),
      order.number ? "Confirm the change" : "Confirm order",
    );
    return ready ? button : h("p.hint", {}, order.outlet ? "Tell the desk when to deliver." : "Tell the desk which outlet this is for.");
  }

  #remember(order) {
    this.#draft = order ? keyOf(order) : "";
    this.#lines = new Map(order?.lines.map((line) => [line.sku, line.quantity]));
  }
}

const keyOf = (order) => `${order.status} ${order.number ?? ""}`;

function facts(order, outlet) {
  const date = order.delivery_date ? calendarDay(order.delivery_date) : "Delivery day not chosen";
  const rows = [
    ["store", outlet?.name ?? order.outlet ?? "Outlet not known", outlet?.code ?? "", !(outlet || order.outlet)],
    ["truck", date, order.delivery_window ?? "", !order.delivery_date],
    ...(order.notes ?? []).map((note) => ["note", note, "", false]),
  ];
  return rows.map(([name, text, small, open]) =>
    h("p", { class: open ? "open" : "" }, icon(name), h("span", {}, text, small ? h("small", {}, small) : "")),
  );
}

function nothing(outlet, close) {
  return h(
    "section.card.empty-card",
    {},
    h("div.card-head", {}, h("h2", {}, "Your order"), close),
    h("span.empty-icon", {}, icon("box")),
    h("p", {}, "Nothing in the order yet."),
    h("p.quiet", {}, outlet ? `Write what ${outlet.name} needs, just as you always do.` : "Write what you need, just as you always do."),
  );
}

/** How an invoice stands: paid, void, or due and how much of it. */
function standing(invoice) {
  if (invoice.void) return "Cancelled, nothing is due";
  if (invoice.status === "paid") return invoice.paid ? `Paid on ${calendarDay(invoice.paid, false)}` : "Paid";
  if (Number(invoice.amount_due) === 0) return "Nothing is due";
  const part = invoice.amount_due === invoice.total ? "" : `${money(invoice.amount_due, invoice.currency)} `;
  return `${part ? `${part}due` : "Due"} ${calendarDay(invoice.due, false)}`;
}

function invoiceCard(order, invoice, chat) {
  if (!order?.number) return "";
  if (!invoice) return order.status !== "confirmed" ? "" : h("section.card.invoice-card.pending", { role: "status" }, "Preparing your invoice…");
  const href = `/web/invoices/${encodeURIComponent(invoice.order)}.pdf?${query(chat)}`;
  return h(
    "section.card.invoice-card",
    {},
    h(
      "div.paper",
      { "aria-hidden": "true" },
      h("b", {}, invoice.void ? "VOID" : invoice.status === "paid" ? "PAID" : "TAX INVOICE"),
      h("i", {}),
      h("i", {}),
      ...order.lines.slice(0, 4).map(() => h("span", {}, h("i", {}), h("i", {}))),
      h("em", {}, money(invoice.total, invoice.currency)),
    ),
    h(
      "div.invoice-text",
      {},
      h("h2", {}, invoice.void ? "Void invoice " : "Invoice ", h("span.number", {}, invoice.number)),
      h("p", {}, `Issued ${calendarDay(invoice.issued, false)}`, h("br"), h("span.standing", {}, standing(invoice))),
      h("p.invoice-total", {}, money(invoice.total, invoice.currency)),
      h("a.open-invoice", { href, target: "_blank", rel: "noopener" }, "Open PDF", icon("out")),
    ),
  );
}
