"""Every sentence that the staff room says, as Telegram's HTML; and messages that fit its limit.

Telegram's "sendMessage" takes 1 to 4,096 characters after its entities are parsed; here the whole HTML is
counted in UTF-16 units, which is never less.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape as escape_html

from core.domain.messages import Attachment, ChatRef
from core.domain.orders import Order, OrderStatus
from core.wording import delivery, item, money

LIMIT = 4_096
TOAST_LIMIT = 200  # "answerCallbackQuery"
_WORDS_LIMIT = 120
_MOST_NOTES = 8

_HEADINGS = {
    "order": "🧾 New order {}",
    "changed": "✏️ Order {} changed",
    "cancelled": "❌ Order {} cancelled",
    "handoff": "🙋 A person is wanted",
    "message": "💬 Message",
    "file": "📎 To look at",
    "parked": "⚠️ A message could not be handled",
    "undelivered": "⚠️ Not delivered",
    "invoice": "⚠️ An invoice needs a look",
    "unsubscribed": "🔕 Unsubscribed",
    "claim": "📦 Claim on order {}",
    "claim more": "📦 More on the claim, order {}",
}
_IN_WORDS = frozenset({"claim", "claim more"})  # what is told of an order is the customer's report, not its lines
_REMARKS = {
    "parked": "The desk told them so. See `resupply parked list`.",
    "undelivered": "They did not get this; please reach them otherwise.",
    "invoice": "The order itself stands. See `resupply xero sync`.",
    "unsubscribed": "They get no more messages until they write START.",
}
_CHANNELS = {"whatsapp": "WhatsApp", "telegram": "Telegram", "web": "browser chat", "api": "chat API"}
_CUT_WORDS = "\n… (cut: too long for one message)"

HELP = (
    "<b>Staff room</b>\n"
    "Reply to one of my messages to write to that customer, on whatever channel they are.\n"
    "<b>Take over</b> stops the desk from answering in a chat; <b>Hand back</b> lets it answer again.\n\n"
    "/chats – chats that wait for a person\n"
    "/take 12 – take over chat 12, or send it as a reply\n"
    "/release 12 – hand chat 12 back, or send it as a reply\n"
    "/help – this"
)
NOBODY_WAITS = "Nobody is waiting for a person."
WHICH_CHAT = "Which chat? Send it as a reply to a message about the chat, or with its number, such as /take 12."
UNKNOWN_MESSAGE = "Not sent: I don't know which customer that message is about. See /chats."
UNKNOWN_COMMAND = "Not sent: I don't know that command. See /help."
TEXT_ONLY = "Not sent: I can only pass on text for now. Please type it."
NO_EDITS = "Edits aren't passed on: the customer has the message as it was. Reply again to correct it."
NOTHING_TO_SEND = "Not sent: there are no words in it."
SENT = "Sent."
BUSY = "That chat is just being answered. Please try again in a moment."
NOT_HERE = "This only works in the staff group."
STALE_BUTTON = "This button does nothing any more."


def no_chat(number: int) -> str:
    """There is no such chat."""
    return f"There is no chat {number}."


def too_long(most: int) -> str:
    """The staff member's message is longer than the desk passes on."""
    return f"Not sent: it is longer than {most} characters. Please send it in parts."


def unreachable(reach: str) -> str:
    """The customer cannot be written to: they blocked the desk, or opted out."""
    why = "has blocked us" if reach == "blocked" else "has unsubscribed"
    return f"Not sent: the customer {why}. Please reach them otherwise."


def no_way_in(channel: str) -> str:
    """Nobody can be written to on this channel."""
    return f"Not sent: nobody can be written to on the {channel_name(channel)}. Please reach them otherwise."


def taken(who: str) -> str:
    """Somebody took a chat."""
    return f"{who} has this chat now; the desk is silent in it."


def has_it(who: str) -> str:
    """Somebody has the chat already."""
    return f"{who} has this chat already."


def released() -> str:
    """A chat is with the desk again."""
    return "The desk answers this chat again."


def with_desk() -> str:
    """Nobody has the chat."""
    return "The desk has this chat already."


def about_chat(number: int, who: str, said: str) -> str:
    """A sentence about a chat, with who it is; a reply to it goes to the customer."""
    return f"{said}\n{who}\n{_how_to_answer(number)}"


def waiting(rows: Sequence[str], more: int) -> str:
    """The chats that wait for a person, each a line of its own."""
    rest = f"\n… and {more} more" if more else ""
    return fitted("<b>Waiting for a person</b>", "\n".join(rows) + rest, "", lambda text: text)


def waiting_row(number: int, outlet: str, channel: str, reason: str, since: str) -> str:
    """One of them, as HTML."""
    parts = (outlet, channel_name(channel), short(reason), since)
    return f"<b>{number}</b> " + escape(" · ".join(part for part in parts if part))


def file_name(attachment: Attachment) -> str:
    """What a file is: "photo", "voice note", "file order.pdf"."""
    kind = attachment.content_type.partition("/")[0]
    plain = {"image": "photo", "audio": "voice note", "video": "video"}.get(kind, "file")
    return f"{plain} {short(attachment.name)}".strip()


def file_missing(attachment: Attachment, why: str, channel: str) -> str:
    """A file could not be passed on; how staff can see it."""
    where = {
        "whatsapp": "It is in Twilio's console: Monitor, Logs, Messaging.",
        "telegram": "Please ask the customer to send it again.",
    }.get(channel, "")
    return f"The {escape(file_name(attachment))} cannot be shown here: {escape(why)}. {where}".strip()


@dataclass(frozen=True, slots=True)
class Told:
    """What an announcement is about, resolved from the job's payload. `customer` is HTML: see `customer`."""

    about: str
    customer: str
    chat_id: int | None = None
    channel: str = ""
    text: str = ""
    reason: str = ""
    order: Order | None = None
    number: str = ""
    attachments: tuple[Attachment, ...] = ()


def announcement(told: Told) -> str:
    """The announcement as HTML, cut to Telegram's limit where the customer wrote a lot."""
    heading = _HEADINGS.get(told.about, "ℹ️ Notice").format(escape(told.number or "")).strip()
    if told.about == "file" and told.attachments:
        heading = f"📎 {escape(short(', '.join(file_name(each) for each in told.attachments)))}"
    if told.about == "xero":
        return _xero(told)
    if told.about == "xero limit":
        return _xero_limit(told)
    order = told.order
    if order is not None and order.status is OrderStatus.CANCELLED and told.about in ("order", "changed"):
        heading += " (cancelled since)"
    reason = "" if told.reason.casefold() in told.text.casefold() else escape(short(told.reason))
    head = "\n".join(part for part in (f"<b>{heading}</b>", told.customer, reason) if part)
    listed = order if told.about not in _IN_WORDS else None
    tail = []
    if listed is not None:
        tail += _totals(listed)
    if remark := _REMARKS.get(told.about):
        tail.append(f"<i>{escape(remark)}</i>")
    if told.chat_id is not None:
        closed = told.channel in ("api", "terminal")
        tail.append(f"<i>Chat {told.chat_id}</i>" if closed else _how_to_answer(told.chat_id))
    if listed is not None:
        return fitted(head, "\n".join(_lines(listed)), "\n".join(tail))
    return fitted(head, told.text, "\n".join(tail), _quoted)


def _xero(told: Told) -> str:
    """The connection to the books was lost, for a reason; or it is back."""
    where = f" ({escape(short(told.text))})" if told.text else ""
    if not told.reason:
        return f"<b>🔌 Xero is connected again</b>{where}\n\nThe invoices that waited are being made."
    return (
        f"<b>🔌 The connection to Xero is lost</b>{where}\n{escape(short(told.reason))}\n\n"
        "Orders go on as usual; their invoices wait and are made once it is connected again. "
        "Whoever runs the desk: <code>resupply xero connect</code>"
    )


def _xero_limit(told: Told) -> str:
    """The day's calls are used up, until `reason`."""
    where = f" ({escape(short(told.text))})" if told.text else ""
    return (
        f"<b>⏳ Xero's daily limit of calls is reached</b>{where}\n\n"
        f"Orders go on as usual; their invoices wait and go on at {escape(short(told.reason))}. "
        "Whoever runs the desk: see <code>RESUPPLY_XERO_DAILY_LIMIT</code>"
    )


def customer(outlet: str, code: str, author: str, chat: ChatRef) -> str:
    """Who it is, as HTML: outlet and code; name, channel and number. Staff see numbers in full: they call them."""
    place = f"{outlet} ({code})" if outlet and code else outlet or code or "Outlet not known"
    return f"{escape(short(place))}\n{_person(short(author), chat)}"


def channel_name(channel: str) -> str:
    """A channel's name for people."""
    return _CHANNELS.get(channel, channel)


def short(text: str) -> str:
    """Words that stand inside a line: on one line and not too long."""
    words = " ".join(text.split())
    return words if len(words) <= _WORDS_LIMIT else f"{words[: _WORDS_LIMIT - 1]}…"


def escape(text: str) -> str:
    """Text for Telegram's HTML, which knows &lt; &gt; &amp; and &quot; only ("HTML style")."""
    return escape_html(text, quote=False).replace('"', "&quot;")


def units(text: str) -> int:
    """The length that Telegram counts: UTF-16 code units."""
    return len(text.encode("utf-16-le", "replace")) // 2


def toast(text: str) -> str:
    """The text of a toast, cut to its limit."""
    return text if units(text) <= TOAST_LIMIT else f"{text[: TOAST_LIMIT // 2 - 1]}…"


def fitted(head: str, body: str, tail: str, shown: Callable[[str], str] | None = None) -> str:
    """Head, body and tail with empty lines between; a body that is too long is cut, and says so.

    `body` is plain text which `shown` makes HTML of, with whatever it puts around.
    """
    show = shown or escape

    def joined(text: str) -> str:
        return "\n\n".join(part for part in (head, show(text) if text else "", tail) if part)

    whole = joined(body.strip())
    if units(whole) <= LIMIT:
        return whole
    least, most = 0, len(body)
    while least < most:  # the longest beginning that still fits
        middle = (least + most + 1) // 2
        least, most = (middle, most) if units(joined(body[:middle] + _CUT_WORDS)) <= LIMIT else (least, middle - 1)
    kept = body[:least]
    at_line = kept.rpartition("\n")[0]
    return joined((at_line if len(at_line) > least // 2 else kept).rstrip() + _CUT_WORDS)


def _quoted(text: str) -> str:
    return f"<blockquote>{escape(text)}</blockquote>" if text.strip() else ""


def _how_to_answer(number: int) -> str:
    return f"<i>Chat {number} · reply to this message to answer</i>"


def _lines(order: Order) -> list[str]:
    return [f"• {item(line)} – {money(line.line_total, order.currency)}" for line in order.lines]


def _totals(order: Order) -> list[str]:
    """Delivery, notes and total. Notes are short, for customers write them; the last may be the desk's own."""
    when = delivery(order.delivery_date, order.delivery_window)
    rows = [f"Deliver {escape(when)}"] if when else []
    more = len(order.notes) - _MOST_NOTES
    shown = order.notes if more <= 0 else (*order.notes[: _MOST_NOTES - 1], f"({more} more)", order.notes[-1])
    rows += [f"Note: {escape(short(note))}" for note in shown]
    tax = f" with {money(order.tax, order.currency)} tax" if order.tax else ""
    return [*rows, f"<b>Total {money(order.total, order.currency)}</b>{tax}"]


def _person(author: str, chat: ChatRef) -> str:
    """The writer: on Telegram a link to them, on WhatsApp their number, which Telegram makes a link to call."""
    name, channel = escape(author), channel_name(chat.channel)
    rest = chat.sender.removeprefix(f"{chat.channel}:")
    if chat.channel == "telegram" and rest.isdecimal():
        return f'<a href="tg://user?id={rest}">{name or "Customer"}</a> · {channel}'
    if chat.channel == "telegram":
        return " · ".join(part for part in (name, f"{channel} group") if part)
    if rest != chat.sender:
        return " · ".join(part for part in (name, f"{channel}, no number") if part)
    return " · ".join(part for part in (name, f"{channel} {escape(short(chat.sender))}") if part)
