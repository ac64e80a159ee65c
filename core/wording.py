"""Every sentence the desk says. Figures come in as values that code took from stored rows."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from core.domain.delivery import NotPossible
from core.domain.invoices import InvoiceStatus, Receivable
from core.domain.messages import Source
from core.domain.orders import Order, OrderLine
from core.domain.reminders import ClaimKind, ReminderKind

_SYMBOLS = {"SGD": "S$", "USD": "US$", "MYR": "RM", "HKD": "HK$", "AUD": "A$", "EUR": "€", "GBP": "£"}


def money(amount: Decimal, currency: str) -> str:
    """`S$64.00`."""
    symbol = _SYMBOLS.get(currency)
    return f"{symbol}{amount:,.2f}" if symbol else f"{currency} {amount:,.2f}"


def day(when: date) -> str:
    """`Tue 24 Nov`."""
    return f"{when:%a} {when.day} {when:%b}"


def delivery(when: date | None, window: str | None) -> str:
    """`Tue 24 Nov, morning`."""
    return ", ".join(part for part in (day(when) if when else "", window or "") if part)


def units(count: int, unit: str) -> str:
    """`2 bundles`, `1 box`."""
    if count == 1:
        return f"1 {unit}"
    ending = "es" if unit.endswith(("x", "s", "ch", "sh")) else "s"
    return f"{count} {unit[:-1]}ies" if unit.endswith("y") and unit[-2:-1] not in "aeiou" else f"{count} {unit}{ending}"


def item(line: OrderLine) -> str:
    """`2 bundles Pizza Box 12in (100 pcs)`."""
    return f"{units(line.quantity, line.unit)} {line.name}{pieces(line.pieces, line.pieces_per_unit)}"


def pieces(count: int, per_unit: int) -> str:
    """` (100 pcs)`, or nothing where a sell unit is one piece."""
    return f" ({count:,} pcs)" if per_unit > 1 else ""


def joined(parts: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}" if parts else ""


def review(order: Order, outlet: str | None) -> str:
    """The whole order: every line with its price, delivery, tax and total."""
    rows = [f"• {item(line)} – {money(line.line_total, order.currency)}" for line in order.lines]
    when = delivery(order.delivery_date, order.delivery_window)
    rows.append("")
    if when or outlet:
        rows.append(
            f"Deliver {when} · {outlet}" if when and outlet else f"Deliver {when}" if when else f"Deliver to {outlet}"
        )
    rows += [f"Note: {note}" for note in order.notes]
    rows.append(
        f"Subtotal {money(order.subtotal, order.currency)} + GST {rate(order.tax_rate)} {money(order.tax, order.currency)}"
        f" = *{money(order.total, order.currency)}*"
    )
    return "\n".join(rows)


def rate(tax_rate: Decimal) -> str:
    """`9%`."""
    return f"{(tax_rate * 100).normalize():f}%"


def draft(order: Order, number: str | None) -> str:
    """The draft in short."""
    title = f"Order {number}, being changed:" if number else "Your order so far:"
    rows = [title, *(f"• {item(line)}" for line in order.lines)]
    when = delivery(order.delivery_date, order.delivery_window)
    rows.append(f"{money(order.subtotal, order.currency)} before GST" + (f" · deliver {when}" if when else ""))
    return "\n".join(rows)


# -- what happened -----------------------------------------------------------------------------------


def added(lines: Iterable[str]) -> str:
    """Echo of what went into the order."""
    return "Got it: " + joined(list(lines)) + "."


def now(line: str) -> str:
    """Echo of a changed line."""
    return f"Now {line}."


def removed(names: Sequence[str]) -> str:
    """Echo of what went out."""
    return f"Took out {joined(names)}."


def rounded(name: str, asked: Decimal, unit: str, per_unit: int, line: str) -> str:
    """A number of pieces that does not divide, rounded up."""
    return f"{name} comes in {units(2, unit)[2:]} of {per_unit}, so for {asked.normalize():f} that's {line}."


NOT_ON_ORDER = "isn't on your order, so nothing changed."
EMPTY = "Your order is empty. Tell me what you need, e.g. the item, size and how many."
UNDONE = "Undone."
NOTHING_TO_UNDO = "There's nothing to undo."
CLEARED = "Cleared. Nothing is on order; say undo to bring it back."
SAME_AGAIN = "I took that as the same message twice, so nothing was added again. Say “add another” for more."
ASK_DATE = "Which day should we deliver?"
ASK_OUTLET = "Which outlet is this for?"
ASK_CONFIRM = "Reply *confirm* to place the order."
ASK_CONFIRM_CHANGE = "Reply *confirm* to save the change."
LATER_QUESTIONS = "I'll check the other items after this."
CONFIRM_FIRST = "Before I place the order:"
APOLOGY = (
    "Sorry, that one went wrong on our side. A colleague will look at it. Your order so far is safe; you can carry on."
)
HANDED_OVER = "OK, I've passed this to our team. A person will reply to you here."
COMPLAINT = "Sorry about that. I've passed it to our team and a person will reply to you here."
PHOTO_HELPS = " A photo helps if you have one."
STILL_DRAFT = "Your order so far is kept."
HELP = (
    "Just tell me what you need, like “2 bundles pizza box 12in, 5 pkt straws, deliver tmr morning”.\n"
    "You can also say *usual*, *cart*, *menu*, *status*, *cancel*, ask for a price, or say *agent* for a person."
)
WELCOME_BACK = "What can I get for you?"
ANYTIME = "You're welcome!"
NOTED = "Noted."
GOT_IT = "Got it."
UNCLEAR = "Sorry, I didn't get that. Tell me the item, size and how many, or say *agent* for a person."
NO_ANSWER = "I don't have that answer here. Shall I get a person to reply?"
TOO_LONG = "That's a long list, more than I can read safely at once. Please send it in parts of up to 100 lines, or say *agent*."
GET_PERSON = "Get a person"
UNKNOWN_SENDER = "This chat isn't linked to an outlet yet. Please send your invite code, or say *agent* for a person."
ASK_CODE = "To order, please send the invite code you got from us. No code? Say *agent* for a person."
UNKNOWN_OUTLET = "I can't find that outlet. Please send its full name or your invite code, or say *agent* for a person."
WRONG_CODE = (
    "That code doesn't work. Please check it, ask your supplier contact for a new one, or say *agent* for a person."
)
TOO_MANY_CODES = "Too many codes that don't work, so I'm not taking more for an hour. Please ask your supplier contact, or say *agent*."
RECURRING = "I can't set up repeating orders yet; I'll take this as one order. Our team can arrange a standing order: say *agent*."
DROPPED = "OK, left out."
NO_HISTORY = "I don't find an earlier order of yours to repeat. What do you need?"
CANNOT_REPEAT = "no longer sold, so it's left out"
NOT_UNTIL_CONFIRMED = "OK. Nothing is ordered until you confirm."
KEEP = "OK, kept as it is."


def greeting(outlet: str | None) -> str:
    """Hello, with the outlet's name where it is known."""
    return f"Hi {outlet}! {WELCOME_BACK}" if outlet else f"Hi! {WELCOME_BACK}"


def outlet_set(name: str) -> str:
    """The outlet that the chat orders for."""
    return f"Thanks, this is for {name}."


def outlet_known(name: str) -> str:
    """The outlet named is the one that the chat orders for already."""
    return f"Yes, this is for {name}."


def already_same(line: str) -> str:
    """The same item and amount said twice."""
    return f"Already on your order: {line}. Say “add” if you want more."


def confirmed(number: str, order: Order, outlet: str | None, *, changed: bool) -> str:
    """The order is placed."""
    head = f"Order *{number}* is {'updated' if changed else 'confirmed'}. Thank you!"
    return f"{head}\n{review(order, outlet)}"


def already_confirmed(number: str, order: Order) -> str:
    """A second confirm."""
    when = delivery(order.delivery_date, order.delivery_window)
    return f"Order *{number}* is already confirmed ({money(order.total, order.currency)}, {when}). Nothing more to do."


def cancelled(number: str) -> str:
    """An order is cancelled."""
    return f"Order *{number}* is cancelled. Nothing will be delivered or charged for it."


def status(order: Order) -> str:
    """How an order stands."""
    when = delivery(order.delivery_date, order.delivery_window)
    lines = joined([item(line) for line in order.lines])
    return f"Order *{order.number}*: {order.status.value}, {when}. {lines}. Total {money(order.total, order.currency)}."


NO_ORDERS = "I don't see an order of yours yet."
NOTHING_TO_CANCEL = "There's nothing to cancel."
DRAFT_CANCELLED = "Cancelled, nothing is on order. Say undo to bring it back."


def unknown_order(number: str) -> str:
    """A number that is no order of this outlet."""
    return f"I don't find order {number} for your outlet."


def too_late(number: str) -> str:
    """Past the cut-off, only a person can still change an order."""
    return f"It's past the cut-off for order {number}, so I can't change it here. Say *agent* and a person will see what can be done."


def reopened(number: str) -> str:
    """A confirmed order is being changed."""
    return f"I've opened order {number} again for the change."


# -- buttons, files and what else a chat brings --------------------------------------------------------


EDITED = "Updated from your edited message:"
EDITED_NEW = "I've read your edited message:"
REACTION = "Not placed yet: a reaction doesn't confirm it. Tap Confirm, or reply *confirm*."
STICKER = "Nice one! I can't read stickers, though. Tell me what you need in words."
NOT_PASSED_ON = "That message didn't come through here. Please type it, or say *agent* for a person."
CONTACT = (
    "Thanks, I've passed that contact to our team. If it's a colleague who should order here, "
    "say *agent* and we'll send an invite."
)
OPTED_IN = "Welcome back! You'll get our messages again."


def old_button(something_open: bool) -> str:
    """A button that stands no more was tapped."""
    return "That button is from an earlier message, so it did nothing." + (
        " This is where we are:" if something_open else ""
    )


SECOND_TAP = "I took the first button you tapped. If you meant the other one, tell me."
PRICES_CHANGED = "Prices have changed since you last saw this order, so I haven't placed it yet. Please check:"
EMPTIED = "Nothing is on your order now."


def cancelled_meanwhile(number: str) -> str:
    """An order was cancelled elsewhere while this chat was changing it."""
    return f"Order {number} was cancelled meanwhile, so this is now a new order."


def changed_meanwhile(stored: Order) -> str:
    """An order was changed elsewhere while this chat was changing it."""
    lines = joined([item(line) for line in stored.lines])
    return f"Order {stored.number} was changed meanwhile. It is now {lines}; what you save here takes its place."


def no_longer_sold(name: str) -> str:
    """A line that an import ended."""
    return f"{name} is no longer sold, so I took it off your order."


def edited_late(number: str, *, open_order: bool) -> str:
    """Why an edited message changes nothing."""
    if number:
        return f"Order *{number}* was already confirmed, so your edit doesn't change it. Tell me the change in a new message."
    if open_order:
        return "Your order has changed since that message, so I can't follow the edit. Tell me the change in a new message."
    return "I can't go back to that message any more. Please send the change as a new message."


def taken_back(number: str, *, on_order: bool = True) -> str:
    """A message was deleted that an order was made from."""
    if number:
        return (
            f"You deleted a message, but order *{number}* is confirmed and stays as it is. To change it, tell me here."
        )
    if not on_order:
        return "You deleted a message that I'm still asking about. Say “leave it out” if you don't need it."
    return "You deleted a message, but your order still has what it said. Tell me what to take out."


def welcome(supplier: str) -> str:
    """What this is."""
    whose = f"the ordering desk of {supplier}" if supplier else "our ordering desk"
    return f"Hi! This is {whose}. Tell me what you need in your own words; nothing is ordered until you confirm."


def ordering_for(name: str) -> str:
    """The outlet of a chat that is just opened."""
    return f"You're ordering for {name}."


def ordering_for_one_of(names: Sequence[str]) -> str:
    """The outlets that a sender may order for."""
    return f"You can order for {joined(list(names), 'or')}."


def opted_out(*, open_order: bool) -> str:
    """STOP is confirmed, once."""
    draft_stays = " Your open order has not been placed." if open_order else ""
    return f"OK, we won't send you anything more.{draft_stays} Send START to come back."


_CANNOT = {
    "voice": "listen to voice notes",
    "photo": "read photos",
    "video": "watch videos",
    "document": "open files",
}
_WHY_NOT = {
    "type": "{name} is a kind of file I can't read. CSV, Excel and PDF with text are fine.",
    "too large": "{name} is too large for me to open.",
    "no text": "{name} looks like a scan, and I can only read files with real text.",
    "empty": "{name} is empty.",
    "broken": "{name} doesn't open; it may be damaged.",
    "gone": "{name} didn't reach me. Please try sending it again.",
    "too long": "That voice note is longer than I can listen to.",
    "unheard": "I couldn't make out that voice note.",
}


def cannot_read(files: Sequence[tuple[str, str, str]], count: int) -> str:
    """Files (kind, name, reason) that cannot be read: why, and that people have them now."""
    reasons = [_WHY_NOT[why].format(name=plain(name, 60) or "Your file") for _, name, why in files if why in _WHY_NOT]
    kinds = dict.fromkeys(_CANNOT[kind] for kind, _, why in files if why not in _WHY_NOT)
    if kinds:
        reasons.append(f"I can't {joined(list(kinds), 'or')} yet.")
    said = " ".join(reasons)
    return f"{said} I've passed {_it(count)} to our team; typing the items here is quickest."


def nothing_from_it(count: int) -> str:
    """What cannot be read changes no order."""
    return f"Nothing from {_it(count)} is on your order."


def files_passed_on(count: int) -> str:
    """Files beside a message that a person answers."""
    return f"What you sent with it is with them too{'' if count == 1 else f', all {count} files'}."


def _it(count: int) -> str:
    return "it" if count == 1 else "them"


def plain(text: str, longest: int) -> str:
    """A customer's words, fit to stand in a sentence: one line, no markup, not too long."""
    kept = " ".join("".join(c if c.isprintable() and c not in "*~`" else " " for c in text).split())
    return f"{kept[: longest - 1]}…" if len(kept) > longest else kept


def i_heard(text: str) -> str:
    """The words of a voice note, for the customer to check."""
    return f"I heard: “{plain(text, 600)}”"


def from_sheet(name: str, items: int) -> str:
    """What a file held."""
    found = f"{items} {'item' if items == 1 else 'items'}" if items else "I found no items in it that I know"
    return f"From {plain(name, 60) or 'your file'}: {found}." + (
        "" if items else " I've passed it to our team; typing the items here is quickest."
    )


def sheet_names_outlets(names: Sequence[str]) -> str:
    """A file is for another outlet than the chat, or for several."""
    return f"The file says {joined(list(names))}. Which outlet is this order for?"


def unread_lines(lines: Sequence[str], more: int) -> str:
    """Lines of a file that are no items."""
    named = [plain(line, 60) if line.startswith("…") else f"“{plain(line, 60)}”" for line in lines]
    rest = [*named, f"{more} more"] if more else named
    them = _it(len(lines) + more)
    return f"I left out {joined(rest)}. Please type {them} here if you need {them}."


def delivers_to(outlet: str, address: str) -> str:
    """A place was sent."""
    where = ", ".join(part for part in (outlet, address) if part) or "the address on file for your outlet"
    return f"Thanks, I've passed the location to our team. We deliver to {where}. For another place, say *agent*."


def only_outlet(name: str) -> str:
    """A change of outlet by one who has no other."""
    return f"You're linked to one outlet, {name}. For another, send its invite code or say *agent*."


def this_outlet(name: str, others: Sequence[str]) -> str:
    """Which outlet the chat orders for."""
    more = f" Say “switch outlet” for {joined(list(others), 'or')}." if others else ""
    return f"You're ordering for {name}.{more}"


def several_outlets(names: Sequence[str]) -> str:
    """Items for several outlets came in one go."""
    return (
        f"You named {joined(list(names))}, and one order goes to one outlet. Which one gets all of this? "
        "For separate orders, take out the rest and send it after confirming."
    )


def code_not_needed(name: str) -> str:
    """A code that does not work, from one who is linked."""
    return f"That code doesn't work. It may be used or expired. You're still ordering for {name}."


def order_stays(number: str, outlet: str) -> str:
    """A draft that changed an order goes to another outlet."""
    return f"Order {number} for {outlet} stays as it was; this is now a new order."


def for_staff(order: Order, outlet: str | None) -> str:
    """An order in short, for the supplier's people."""
    rows = [outlet or "No outlet", *(f"• {item(line)}" for line in order.lines)]
    when = delivery(order.delivery_date, order.delivery_window)
    rows += [f"Deliver {when}"] if when else []
    rows += [f"Note: {note}" for note in order.notes]
    return "\n".join([*rows, f"Total {money(order.total, order.currency)} with GST"])


# -- reminders ---------------------------------------------------------------------------------------


ALL_GOOD = "All good"
DISCARD = "Discard"
ORDER_USUAL = "Order the usual"
NOT_THIS_TIME = "Not this time"
NO_SUCH_REMINDERS = "Stop these reminders"
STOP_THEM = "Say *stop reminders* to end them."
HAVE_THEM = "Say *turn on reminders* to have them."
STOP_HINT = "Say *stop reminders* for no more of these."
DRAFT_WAITS = "This is not placed yet:"
UNDO_REMINDERS = {False: "Turn them off again", True: "Turn them on again"}
NOT_SENT = "We don't send those reminders. Say *agent* if you need them, and a person will see what can be done."
NOT_YOUR_OUTLET = "This chat isn't linked to that outlet any more. Say *agent* for a person."
ANOTHER_IS_OPEN = "There's another order open here. Please confirm or clear it first:"
CANNOT_REMIND = (
    "Sorry, I can't set a reminder for you, so please don't count on one. Tell me when you're ready to order."
)
CANNOT_PAUSE = (
    "I can't pause reminders for a while. I can stop them for good: say *stop reminders*, or name one kind, such as "
    "*stop cut-off reminders*."
)
NONE_SENT = "We don't send reminders. Say *agent* for a person."
_KINDS = {
    ReminderKind.DELIVERY_TOMORROW: "tomorrow's delivery",
    ReminderKind.DELIVERY_TODAY: "today's delivery",
    ReminderKind.CUT_OFF: "the cut-off",
    ReminderKind.DRAFT: "orders not placed yet",
    ReminderKind.RECEIVED: "whether deliveries arrived",
    ReminderKind.OVERDUE: "overdue invoices",
}


def near_day(when: date, today: date) -> str:
    """`today`, `tomorrow`, else `Tue 24 Nov`."""
    return {0: "today", 1: "tomorrow", -1: "yesterday"}.get((when - today).days, day(when))


def delivery_rows(order: Order, most: int) -> str:
    """An order in a delivery: its number, when, and its first lines."""
    rows = [f"*{order.number}*" + (f", {order.delivery_window}" if order.delivery_window else "")]
    rows += [f"• {item(line)}" for line in order.lines[:most]]
    more = len(order.lines) - most
    return "\n".join([*rows, f"… and {more} more"] if more > 0 else rows)


def delivery_reminder(when: date, today: date, orders: Sequence[str], outlet: str, closes: datetime | None) -> str:
    """What is delivered; `closes` is until when it can be changed."""
    place = f" for {outlet}" if outlet else ""
    change = [f"You can change it until {until(closes, today)}."] if closes else []
    return "\n".join([f"Your delivery {near_day(when, today)}, {day(when)}{place}:", *orders, *change, STOP_HINT])


def until(closes: datetime, today: date) -> str:
    """`17:00 today`."""
    near = near_day(closes.date(), today)
    return f"{closes:%H:%M} {near}" if near in ("today", "tomorrow") else f"{closes:%H:%M} on {near}"


def see_order(number: str = "") -> str:
    """A button."""
    return f"See {number}" if number else "See order"


def change_order(number: str = "") -> str:
    """A button."""
    return f"Change {number}" if number else "Change it"


def whole_order(order: Order, outlet: str | None) -> str:
    """An order with everything on it."""
    return f"Order *{order.number}* ({order.status.value}):\n{review(order, outlet)}"


def what_to_change(order: Order, closes: datetime, today: date) -> str:
    """A placed order that is to be changed."""
    lines = joined([item(line) for line in order.lines])
    return f"Order *{order.number}*: {lines}.\nTell me what to change. It can be changed until {until(closes, today)}."


def closing_soon(when: date, closes: datetime, today: date, outlet: str) -> str:
    """A cut-off comes near."""
    place = f" for {outlet}" if outlet else ""
    return f"Orders for {day(when)}{place} close at {until(closes, today)}."


def usual_basket(lines: Sequence[str], most: int) -> str:
    """What the outlet usually takes."""
    more = [f"{len(lines) - most} more"] if len(lines) > most else []
    return f"Your usual: {joined([*lines[:most], *more])}."


def draft_waits(outlet: str) -> str:
    """An order was never placed."""
    return f"Your order{f' for {outlet}' if outlet else ''} is not placed yet."


def nothing_for(when: date) -> str:
    """No order this time."""
    return f"OK, nothing is ordered for {day(when)}."


def placed_already(number: str, when: date) -> str:
    """Somebody of the outlet has ordered for that day."""
    return f"There is an order for {day(when)} already: *{number}*. I've added nothing."


def closed_for(when: date) -> str:
    """Too late for the usual."""
    return f"Orders for {day(when)} have closed. Say *usual* and I'll put it together for another day."


def reminders_set(outlets: Sequence[str], kinds: Iterable[ReminderKind], *, on: bool, every: bool) -> str:
    """Reminders are off or on, and how to have it otherwise."""
    about = joined([_KINDS[kind] for kind in kinds])
    place = joined(list(outlets))
    if on:
        return f"OK, I'll remind {place} about {about}. Say *stop reminders* any time."
    what = "no more reminders" if every else f"no more reminders about {about}"
    return f"OK, {what} for {place}. Say *turn on reminders* to have them again."


def reminders_told(kinds: Mapping[str, Sequence[ReminderKind]], *, sent: bool) -> str:
    """The reminders that each outlet, by its name, gets. `sent`: there are such as are sent unasked."""
    if not sent and not any(kinds.values()):
        return NONE_SENT
    about = {outlet: joined([_KINDS[kind] for kind in of]) for outlet, of in kinds.items()}
    told = {outlet: f"reminders about {what}" if what else "no reminders" for outlet, what in about.items()}
    further = STOP_THEM if any(about.values()) else HAVE_THEM
    if len(set(told.values())) == 1:
        return f"You get {next(iter(told.values()))}. {further}"
    return "\n".join([*(f"• {outlet}: {what}" for outlet, what in told.items()), further])


def overdue_row(number: str, amount: Decimal, currency: str, due: date) -> str:
    """An invoice that is late."""
    return f"• {number}: {money(amount, currency)}, due {day(due)}"


def overdue_reminder(outlet: str, amount: Decimal, currency: str, rows: Sequence[str], more: int) -> str:
    """What is late."""
    rest = [f"… and {more} more"] if more > 0 else []
    head = f"{money(amount, currency)} is overdue for {outlet}:"
    return "\n".join([head, *rows, *rest, "Paid already? Then please ignore this."])


# -- how a delivery arrived --------------------------------------------------------------------------


RECEIVED_WELL = "Good to hear, thanks!"
WHAT_WAS_WRONG = "Sorry about that. What was wrong?"
SHOWN_WHAT_WAS_WRONG = "Thanks, our team has your photo. What was wrong?"
ALL_OF_IT = "All of it"
ANOTHER_ITEM = "Another item too? Tap it."
PROBLEMS = {ClaimKind.SHORT: "Something short", ClaimKind.DAMAGED: "Damaged", ClaimKind.WRONG: "Wrong item"}
_WHICH_ITEM = {
    ClaimKind.SHORT: "Sorry about that. Which item was short?",
    ClaimKind.DAMAGED: "Sorry about that. Which item was damaged?",
    ClaimKind.WRONG: "Sorry about that. Which item was wrong?",
}
_WHAT_HAPPENED = {ClaimKind.SHORT: "short", ClaimKind.DAMAGED: "damaged", ClaimKind.WRONG: "wrong item"}


def received_question(numbers: Sequence[str], when: date, today: date, outlet: str) -> str:
    """Whether a delivery arrived."""
    which = joined(list(numbers)) + (f" for {outlet}" if outlet else "")
    near = near_day(when, today)
    return f"Did {which} arrive all right {near if near in ('today', 'yesterday') else f'on {near}'}?"


def which_item(kind: ClaimKind) -> str:
    """Which item a report is about."""
    return _WHICH_ITEM[kind]


def delivered_item(line: OrderLine) -> str:
    """An item that something is wrong with, which may be a part of what was ordered."""
    return f"{line.name} ({units(line.quantity, line.unit)} ordered)"


def all_of(number: str) -> str:
    """Everything of an order."""
    return f"all of {number}"


def claimed(kind: ClaimKind, what: str, number: str, *, again: bool, counts: bool) -> str:
    """A report is made, and what helps it."""
    known = "Reported already" if again else "Reported to our team"
    more = "How many were short? A photo helps too" if kind is ClaimKind.SHORT and counts else "A photo helps"
    return f"{known}: {_WHAT_HAPPENED[kind]}, {what}, order {number}. {more}: just send it here."


def added_to_claim(number: str, *, ordered: bool) -> str:
    """Words or files went to a report."""
    return f"Added to your report on {number}." + ("" if ordered else " Nothing new is ordered.")


def not_delivered_yet(number: str, when: date) -> str:
    """A report about a delivery that is still to come."""
    return f"{number} is to be delivered on {day(when)}. If something is wrong with it, say *agent*."


def noted_against(number: str) -> str:
    """A complaint that became a claim."""
    return f" I've noted it for your order {number}."


def claim_for_staff(kind: ClaimKind, what: str, number: str, said: str) -> str:
    """A report, for the supplier's people."""
    head = " – ".join(part for part in (PROBLEMS[kind], what, number) if part)
    return f"{head}\n{said}" if said else head


# -- questions ---------------------------------------------------------------------------------------


def which_product(said: str, count: int) -> str:
    """Several products fit."""
    return f"Which one do you mean by “{said}”?" + (" (the first few)" if count > 9 else "")


def is_it(said: str, name: str, unexplained: Sequence[str]) -> str:
    """One product fits, but not every word."""
    if unexplained:
        return f"I don't know “{' '.join(unexplained)}” for “{said}”. Is it {name}?"
    return f"By “{said}”, do you mean {name}?"


def unknown_product(said: str, near: bool) -> str:
    """Nothing fits."""
    return f"I can't find “{said}” in our range." + (
        " The nearest we have:" if near else " Could you say it another way, or leave it out?"
    )


def not_sold(name: str, near: bool) -> str:
    """A discontinued product."""
    return f"{name} is no longer sold." + (" The nearest we have:" if near else "")


def how_many(name: str, unit: str, per_unit: int) -> str:
    """No amount was said."""
    each = f" ({per_unit} pcs each)" if per_unit > 1 else ""
    return f"How many {units(2, unit)[2:]} of {name}{each}?"


def other_unit(name: str, unit: str, per_unit: int, said_unit: str) -> str:
    """The unit said is not the one it is sold in."""
    each = f" of {per_unit} pcs" if per_unit > 1 else ""
    return f"{name} is sold by the {unit}{each}, not by the {said_unit}. How many {units(2, unit)[2:]}?"


def units_or_pieces(name: str, amount: str, unit: str, per_unit: int) -> str:
    """A bare number that may count either."""
    return f"{name} comes in {units(2, unit)[2:]} of {per_unit}. Is that {units(int(amount), unit)}, or {amount} pcs?"


def one_unit(name: str, line: str, unit: str, per_unit: int) -> str:
    """One piece and one sell unit come to the same line."""
    return f"{name} comes in {units(2, unit)[2:]} of {per_unit}, so that's {line}. Is that right?"


def rounding(name: str, amount: str, unit: str, per_unit: int) -> str:
    """A number of pieces far from a whole unit."""
    return f"{name} comes in {units(2, unit)[2:]} of {per_unit}, so {amount} pcs isn't a whole number of them. How many {units(2, unit)[2:]}?"


def minimum(name: str, least: int, unit: str) -> str:
    """Below the product's minimum."""
    return f"The minimum for {name} is {units(least, unit)}. Make it {least}?"


def large(line: str) -> str:
    """An amount so large that it may be a slip."""
    return f"That's {line}. Is that right?"


def which_range(name: str, low: str, high: str) -> str:
    """Two amounts were said."""
    return f"{low} or {high} for {name}?"


def total_or_more(line: str, name: str, said: int) -> str:
    """The product is on the draft already."""
    return f"You already have {line}. Do you want {said} in total, or {said} more?"


def which_line(what: str) -> str:
    """Several lines fit an edit."""
    return f"Which line {what}?"


def take_out(name: str) -> str:
    """Words that may take a line out."""
    return f"Shall I take out {name}?"


def make_it(line: str) -> str:
    """Words that may change a line."""
    return f"Shall I make it {line}?"


def not_that_day(when: date, problem: NotPossible, holiday: str | None, closes: datetime | None) -> str:
    """A date that cannot be had."""
    reasons = {
        NotPossible.PAST: "is in the past",
        NotPossible.TOO_FAR: "is too far ahead",
        NotPossible.HOLIDAY: f"is a public holiday ({holiday})" if holiday else "is a public holiday",
        NotPossible.NO_DELIVERY: "is not a delivery day for your outlet",
        NotPossible.CUT_OFF: f"closed for orders at {closes:%H:%M} on {day(closes.date())}"
        if closes
        else "is past the cut-off",
    }
    year = f" {when.year}" if problem is NotPossible.TOO_FAR else ""
    return f"{day(when)}{year} {reasons[problem]}. The next days we can do:"


def which_day(said: str) -> str:
    """A date that can be read in two ways."""
    return f"Which day do you mean by “{said}”?"


def below_minimum(short: Decimal, least: Decimal, currency: str) -> str:
    """The order's value is below the zone's minimum."""
    return f"The minimum order is {money(least, currency)} before GST; this is {money(short, currency)} short. Add a little more, or say *agent*."


def unusual(line: str, usual: int, unit: str) -> str:
    """Far more than this outlet takes."""
    return f"That's {line}; you usually take {units(usual, unit)}. Is that right?"


def repeated(number: str) -> str:
    """A colleague has placed the same order today."""
    return f"The same order was already placed today ({number}). Place it again?"


def cancel_which(count: int) -> str:
    """Several orders could be meant."""
    return "Which order shall I cancel?" if count > 1 else "Shall I cancel this order?"


# -- products ----------------------------------------------------------------------------------------


def price(name: str, amount: str, unit: str, per_unit: int) -> str:
    """A product's price."""
    each = f" of {per_unit}" if per_unit > 1 else ""
    return f"{name}: {amount} a {unit}{each}, before GST"


def cannot_say(words: Sequence[str]) -> str:
    """A detail that the catalogue does not hold."""
    return f"I can't say about “{' '.join(words)}”; say *agent* and a person can."


def packed(name: str, unit: str, per_unit: int) -> str:
    """Pieces in a sell unit."""
    return f"{name}: {per_unit} pcs in a {unit}" if per_unit > 1 else f"{name}: sold singly, by the {unit}"


def products(rows: Sequence[str], more: int) -> str:
    """A list of products."""
    return "\n".join(f"• {row}" for row in rows) + (
        f"\n… and {more} more. Tell me the size or type you need." if more else ""
    )


def categories(names: Sequence[str]) -> str:
    """The menu."""
    return "We have:\n" + "\n".join(f"• {name}" for name in names) + "\nWhich would you like to see?"


def delivery_days(days: str, closes: str, upcoming: Sequence[date]) -> str:
    """When an outlet gets deliveries."""
    return f"We deliver {days}; orders close at {closes}. Next: {joined([day(d) for d in upcoming], 'or')}."


def left_out(said: str) -> str:
    """Something asked about twice that stayed unclear."""
    return f"I've left out “{said}”."


def of_what(said: str) -> str:
    """An amount without a product."""
    return f"“{said}” of which item?"


def week(days: Sequence[str], all_days: Sequence[str]) -> str:
    """`Mon to Sat`, or `Mon, Wed and Fri`."""
    first = all_days.index(days[0]) if days else 0
    in_a_row = len(days) > 2 and list(days) == list(all_days[first : first + len(days)])
    return f"{days[0]} to {days[-1]}" if in_a_row else joined(days)


def closes(cut_off: str, lead_days: int) -> str:
    """The cut-off in words."""
    return (
        f"{cut_off} the day before"
        if lead_days == 1
        else f"{cut_off} the same day"
        if lead_days == 0
        else f"{cut_off}, {lead_days} days before"
    )


def payment_terms(outlet: str, days: int) -> str:
    """When an outlet's invoices are due."""
    if days == 0:
        return f"Invoices of {outlet} are due at once."
    return f"Invoices of {outlet} are due {days} day{'' if days == 1 else 's'} after their date."


# -- the account -------------------------------------------------------------------------------------

ACCOUNT_OF_THE_LINKED = (
    "Invoices and balances I can only show to people who are linked to the outlet. "
    "Please send your invite code, or say *agent* for a person."
)
BOOKS_AWAY = "I can't look into our books right now. Please ask again in a few minutes, or shall I get a person?"
NO_INVOICES = "I don't see an invoice for your outlet."
NO_OPEN_INVOICE = "No invoice is open."
NO_FILE_HERE = "For an invoice without a file here, say *agent* and a person will send it."
_PLAIN_DAYS = 200
PAID_ALREADY = "If you've paid already, say *agent* and a person will check."


def dated(when: date, today: date) -> str:
    """`Mon 19 Oct`, with its year where that is not plain."""
    return day(when) if abs((today - when).days) < _PLAIN_DAYS else f"{day(when)} {when.year}"


def file_name(invoice: str) -> str:
    """`INV-10012.pdf`."""
    return re.sub(r"[^\w.-]+", "-", invoice, flags=re.ASCII) + ".pdf"


def file_not_here(name: str) -> str:
    """A file that the channel cannot carry."""
    return f"I can't send {name} as a file here. Say *agent* and a person will send it."


def here_is(row: Receivable, today: date) -> str:
    """One invoice, which is sent along."""
    order = f" for order {row.order_number}" if row.order_number else ""
    return f"Invoice *{row.number}* of {dated(row.issued_on, today)}{order}: {_standing(row, today)}."


def here_are(count: int) -> str:
    """Several invoices, which are sent along."""
    return f"Here are {count} invoices:"


def invoice_rows(rows: Sequence[Receivable], more: int, today: date) -> str:
    """Invoices with what is due on each."""
    lines = [f"• {row.number}, {dated(row.issued_on, today)}: {_standing(row, today)}" for row in rows]
    return "\n".join(lines) + (f"\n… and {more} more." if more > 0 else "")


def _standing(row: Receivable, today: date) -> str:
    """`S$76.30, due Wed 9 Dec`, and whether it is paid, late or cancelled."""
    total = money(row.total, row.currency)
    if row.status is InvoiceStatus.VOID:
        return f"{total}, cancelled, nothing is due"
    if row.status is InvoiceStatus.PAID:
        return f"{total}, paid{f' on {dated(row.paid_on, today)}' if row.paid_on else ''}"
    if row.amount_due <= 0:
        return f"{total}, closed: {_settled(row)}" if _settled(row) else f"{total}, nothing is due on it any more"
    part = f"{total}, of which {money(row.amount_due, row.currency)} is open" if row.amount_due != row.total else total
    return f"{part}, {'overdue since' if row.due_on < today else 'due'} {dated(row.due_on, today)}"


def _settled(row: Receivable) -> str:
    """What a closed invoice was settled by; "" where the books do not say."""
    if row.status is not InvoiceStatus.CLOSED or not row.credited:
        return ""
    return f"{money(row.paid or Decimal(0), row.currency)} paid, {money(row.credited, row.currency)} credited"


def whether_paid(row: Receivable, today: date) -> str:
    """Whether one invoice is paid."""
    if row.status is InvoiceStatus.PAID:
        return f"Yes, {row.number} is paid: {_standing(row, today)}."
    if settled := _settled(row):
        return f"{row.number} was closed: {settled}."
    if row.amount_due > 0:
        return f"Our books have no full payment yet: invoice *{row.number}*: {_standing(row, today)}."
    return f"Invoice *{row.number}*: {_standing(row, today)}."


def all_paid(count: int, when: str) -> str:
    """Nothing is open of several invoices."""
    return f"Yes, nothing is open on the {count} invoices{f' of {when}' if when else ''}."


def some_open(left: int, count: int, when: str) -> str:
    """Some of several invoices are not paid."""
    which = f" of {when}" if when else ""
    if left == count:
        return f"Our books have no full payment yet for these {count} invoices{which}:"
    return f"{left} of the {count} invoices{which} {'is' if left == 1 else 'are'} still open in our books:"


def owed(outlet: str, amount: Decimal, late: Decimal, currency: str) -> str:
    """What an outlet owes, and how much of it is late."""
    if amount <= 0:
        return f"Nothing is outstanding for {outlet}."
    overdue_part = f", of which *{money(late, currency)}* is overdue" if late > 0 else ". Nothing is overdue"
    return f"Outstanding for {outlet}: *{money(amount, currency)}*{overdue_part}."


def owed_besides(amounts: Sequence[tuple[Decimal, str]]) -> str:
    """What is owed in other currencies."""
    return f"In other currencies: *{', '.join(money(amount, currency) for amount, currency in amounts)}*."


def overdue(outlet: str, amount: Decimal, late: Decimal, currency: str) -> str:
    """What is late."""
    if late > 0:
        return f"Overdue for {outlet}: *{money(late, currency)}*, of {money(amount, currency)} outstanding in all."
    rest = f" {money(amount, currency)} is outstanding and not due yet." if amount > 0 else ""
    return f"Nothing is overdue for {outlet}.{rest}"


def too_many_invoices(count: int, most: int, when: str) -> str:
    """More invoices than are sent at once."""
    which = f" of {when}" if when else ""
    return f"There are {count} invoices{which}, and I send up to {most} at a time. Tell me an invoice number, or a shorter time:"


def no_invoice_yet(order: str) -> str:
    """An order that is not invoiced so far."""
    return f"Order {order} has no invoice yet. Please ask again a little later, or say *agent*."


def unknown_invoice(number: str) -> str:
    """A number that is no invoice of this outlet."""
    return f"I don't find invoice {plain(number, 40)} for your outlet. Please check the number, or say *agent* for a person."


def no_invoice_of(when: str) -> str:
    """Nothing was invoiced."""
    return f"I don't see an invoice{f' of {when}' if when else ''} for your outlet. Say *agent* and a person can look."


def period(first: date, last: date) -> str:
    """`October 2026`, `Mon 16 Nov`, `Mon 16 Nov to Sun 22 Nov`."""
    if first == last:
        return day(first)
    if first.day == 1 and (last + timedelta(days=1)).day == 1 and (first.year, first.month) == (last.year, last.month):
        return f"{first:%B %Y}"
    return f"{day(first)} to {day(last)}"


def as_of(moment: datetime) -> str:
    """When the books said so."""
    return f"(As of {day(moment.date())}, {moment:%H:%M}; I can't reach our books right now.)"


def answered(text: str, sources: Sequence[Source]) -> str:
    """An answer from the documents and where it stands: `(Delivery policy: Sentosa)`."""
    places = list(dict.fromkeys(place(source) for source in sources))
    return f"{text}\n({'; '.join(places)})" if places else text


def place(source: Source) -> str:
    """A document by the name that people know, with the section."""
    name = re.sub(r"[-_]+", " ", source.document.rsplit("/", 1)[-1].rsplit(".", 1)[0]).strip()
    title = name.upper() if name.casefold() in {"faq", "faqs"} else name[:1].upper() + name[1:]
    section = source.section.rsplit(" > ", 1)[-1]
    return f"{title}: {section}" if section and section.casefold() != title.casefold() else title
