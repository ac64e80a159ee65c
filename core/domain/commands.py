"""What a customer can ask for, as typed commands. The order reader proposes them; flows check and perform them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.domain.reminders import ClaimKind, Occasion, ReminderKind
from core.domain.sessions import Action


@dataclass(frozen=True, slots=True)
class Wanted:
    """A product phrase with its amount, as understood.

    `skus`: what fits, best first; one is a clear reading, several are a doubt, none is unknown. `sure` is
    False when the one reading leaves words unexplained. `amount` counts `unit` (canonical: "carton",
    "piece", ...; None where no unit was said); `amount_to` is the upper end of "2-3" or "2 or 3"; `vague`
    is "some", "a few". `more`: said on top of what is in the draft ("2 more"). `pack`: pieces named beside
    another amount ("2 bundles (100 pcs)").
    """

    said: str
    skus: tuple[str, ...] = ()
    sure: bool = True
    amount: Decimal | None = None
    unit: str | None = None
    amount_to: Decimal | None = None
    vague: bool = False
    more: bool = False
    pack: int | None = None
    unexplained: tuple[str, ...] = ()
    discontinued: str | None = None
    near: tuple[str, ...] = ()


class Sign(StrEnum):
    """How an edit's amount is meant."""

    SET = "set"
    PLUS = "plus"
    MINUS = "minus"
    TIMES = "times"


class RepeatOf(StrEnum):
    """Which earlier order is to be repeated."""

    USUAL = "usual"
    LAST = "last"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Command:
    """Base of all commands."""


@dataclass(frozen=True, slots=True)
class Add(Command):
    """Order something; `same_order`: as part of the order that is confirmed already."""

    wanted: Wanted
    same_order: bool = False


@dataclass(frozen=True, slots=True)
class Change(Command):
    """Change the amount of a line."""

    wanted: Wanted
    sign: Sign = Sign.SET


@dataclass(frozen=True, slots=True)
class Remove(Command):
    """Take a line out."""

    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Replace(Command):
    """Have `new` instead of `old`; without an own amount the new line takes the old one's."""

    old: Wanted
    new: Wanted


@dataclass(frozen=True, slots=True)
class Suggest(Command):
    """An edit of a line (SET or REMOVE) that the words may mean: asked about, never done unasked."""

    wanted: Wanted
    action: Action


@dataclass(frozen=True, slots=True)
class Undo(Command):
    """Take back the last change of the draft."""


@dataclass(frozen=True, slots=True)
class Clear(Command):
    """Empty the draft."""


@dataclass(frozen=True, slots=True)
class Show(Command):
    """Show the draft."""


@dataclass(frozen=True, slots=True)
class Deliver(Command):
    """Set date or window. Several `days` are a doubt between them; `said` is the customer's wording."""

    days: tuple[date, ...] = ()
    window: str | None = None
    said: str = ""
    recurring: bool = False
    soonest: bool = False


@dataclass(frozen=True, slots=True)
class AddNote(Command):
    """Something for the people who pack and deliver."""

    text: str


@dataclass(frozen=True, slots=True)
class Repeat(Command):
    """Order again what was ordered before."""

    of: RepeatOf
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Confirm(Command):
    """Place the order."""


@dataclass(frozen=True, slots=True)
class Cancel(Command):
    """Cancel the draft or an order."""

    number: str | None = None
    order: bool = False


@dataclass(frozen=True, slots=True)
class Status(Command):
    """Ask how an order stands."""

    number: str | None = None


@dataclass(frozen=True, slots=True)
class AskProduct(Command):
    """Ask about products: whether there are any, which, what they cost (`price`), how many in a unit (`pack`)."""

    wanted: tuple[Wanted, ...]
    price: bool = False
    pack: bool = False


@dataclass(frozen=True, slots=True)
class Menu(Command):
    """Show categories, or one category's products."""

    category: str | None = None


@dataclass(frozen=True, slots=True)
class AskDelivery(Command):
    """Ask when delivery or cut-off is."""


@dataclass(frozen=True, slots=True)
class AskTerms(Command):
    """Ask when the outlet's own invoices are due."""


@dataclass(frozen=True, slots=True)
class Greet(Command):
    """Hello."""


@dataclass(frozen=True, slots=True)
class Thank(Command):
    """Thanks."""


@dataclass(frozen=True, slots=True)
class Help(Command):
    """How does this work."""


@dataclass(frozen=True, slots=True)
class CallPerson(Command):
    """Ask for a person."""

    said: str = ""


@dataclass(frozen=True, slots=True)
class Complain(Command):
    """Something went wrong with a delivery or an invoice. `skus` are the products that the words may mean."""

    said: str = ""
    skus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NameOutlet(Command):
    """Say which outlet is ordering; `codes` are the outlets that the name fits."""

    said: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UseInvite(Command):
    """Give an invite code."""

    code: str


@dataclass(frozen=True, slots=True)
class Ask(Command):
    """A question for the documents (policies, payment, ...).

    Where they do not settle it, `otherwise` is done. `lightly`: the words do not say that they ask, so that only a
    sure answer will do. `beside`: said beside something else, so that without an answer nothing is said of it.
    """

    text: str
    otherwise: tuple[Command, ...] = ()
    lightly: bool = False
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Pick(Command):
    """Answer a pending question with its options (indices). `amount` overrides the asked amount."""

    question: str
    options: tuple[int, ...] = ()
    amount: Decimal | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Drop(Command):
    """Give up a pending question: the item is not wanted after all."""

    question: str | None = None


@dataclass(frozen=True, slots=True)
class Agree(Command):
    """Yes, ok: to whatever was asked last."""


@dataclass(frozen=True, slots=True)
class Refuse(Command):
    """No: to whatever was asked last."""


@dataclass(frozen=True, slots=True)
class Acknowledge(Command):
    """Words without a request ("ok noted", an emoji)."""


@dataclass(frozen=True, slots=True)
class Unclear(Command):
    """Words that could not be read; `matters` when they may have asked for something, `amount`: a number alone."""

    text: str
    matters: bool = True
    amount: bool = False


@dataclass(frozen=True, slots=True)
class TooLong(Command):
    """More text than one turn reads."""


# -- what channels bring besides words -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hold(Command):
    """Not yet ("wait", "don't place it yet")."""


@dataclass(frozen=True, slots=True)
class AskOutlet(Command):
    """Which outlet is the chat ordering for?"""


@dataclass(frozen=True, slots=True)
class OldButton(Command):
    """A button was tapped that does not stand for what is shown now.

    `confirm`: it would have placed an order. `second`: another one was tapped just before it.
    """

    confirm: bool = False
    second: bool = False


@dataclass(frozen=True, slots=True)
class Start(Command):
    """The chat was opened."""


@dataclass(frozen=True, slots=True)
class SwitchOutlet(Command):
    """Order for another outlet, not said which."""


@dataclass(frozen=True, slots=True)
class Attached(Command):
    """A file that cannot be read. `kind` as in `messages.Kind`; `reason`: why it could not, if it was tried."""

    kind: str
    name: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Transcribed(Command):
    """A voice note was listened to; what its words ask for follows as commands."""

    text: str


@dataclass(frozen=True, slots=True)
class FromSheet(Command):
    """An order sheet was read; its items follow as commands.

    `unread` are its lines that are no items, `outlets` the sender's own outlets that it names.
    """

    name: str
    items: int
    unread: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Located(Command):
    """A place was sent."""


@dataclass(frozen=True, slots=True)
class SharedContact(Command):
    """Somebody's contact was sent."""


@dataclass(frozen=True, slots=True)
class Sticker(Command):
    """A sticker, by its emoji."""

    emoji: str = ""


@dataclass(frozen=True, slots=True)
class Reaction(Command):
    """An emoji put on a message; empty when it was taken back."""

    emoji: str = ""


@dataclass(frozen=True, slots=True)
class Unknown(Command):
    """A message of a kind that the channel cannot pass on."""


@dataclass(frozen=True, slots=True)
class Edited(Command):
    """An earlier message was edited and its new words follow. `again`: the turn it was read in is read anew."""

    again: bool


@dataclass(frozen=True, slots=True)
class EditedLate(Command):
    """An earlier message was edited and the draft cannot follow. `order`: the order that it is part of."""

    order: str = ""


@dataclass(frozen=True, slots=True)
class TakenBack(Command):
    """An earlier message was deleted. `order`: the order that it is part of."""

    order: str = ""


@dataclass(frozen=True, slots=True)
class OptOut(Command):
    """STOP: nothing more is to be sent."""


@dataclass(frozen=True, slots=True)
class OptIn(Command):
    """START: the customer is back."""


class Which(StrEnum):
    """Which invoices a question is about."""

    LATEST = "latest"
    ALL_OPEN = "all open"
    ORDER = "order"
    PERIOD = "period"


@dataclass(frozen=True, slots=True)
class AskInvoice(Command):
    """Wants an invoice as a file. `number` is an order's or invoice's; `first` and `last` bound a period."""

    which: Which = Which.LATEST
    number: str | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class AskBalance(Command):
    """How much is owed; `overdue`: only what is late."""

    overdue: bool = False


@dataclass(frozen=True, slots=True)
class AskPaid(Command):
    """Whether an invoice, or those of a period, are paid. Fields as in AskInvoice."""

    which: Which = Which.LATEST
    number: str | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Remind(Command):
    """A moment has come to speak by itself; the flows decide whether there is still a reason to."""

    occasion: Occasion


@dataclass(frozen=True, slots=True)
class SetReminders(Command):
    """Turn reminders on or off for an outlet, the chat's where none is named; of these kinds, or of all.

    The outlet "*" is every one of the sender's.
    """

    on: bool
    kinds: tuple[ReminderKind, ...] = ()
    outlet: str | None = None


@dataclass(frozen=True, slots=True)
class AskReminders(Command):
    """Which reminders an outlet gets, the chat's where none is named; "*" is every one of the sender's."""

    outlet: str | None = None


@dataclass(frozen=True, slots=True)
class PauseReminders(Command):
    """Asks for no reminders for a while, which the desk cannot do: it knows on and off."""


@dataclass(frozen=True, slots=True)
class RemindLater(Command):
    """Asks to be reminded at a time or of a thing of their own, which the desk does not do."""


@dataclass(frozen=True, slots=True)
class Heed(Command):
    """ "ok" to what the desk said by itself: it agrees to nothing else."""


@dataclass(frozen=True, slots=True)
class OrderUsual(Command):
    """Have the outlet's usual basket on that day: it is put together and shown, not ordered."""

    outlet: str
    day: date


@dataclass(frozen=True, slots=True)
class NotThisTime(Command):
    """No order for that day."""

    day: date


@dataclass(frozen=True, slots=True)
class SeeOrder(Command):
    """Show the whole order of that number."""

    number: str


@dataclass(frozen=True, slots=True)
class ChangeOrder(Command):
    """Wants to change the order of that number; what, comes next."""

    number: str


@dataclass(frozen=True, slots=True)
class Received(Command):
    """How a delivery arrived: all of it, or with a problem that becomes a claim. `order` is the order's number."""

    order: str
    problem: ClaimKind | None = None


@dataclass(frozen=True, slots=True)
class NotReceived(Command):
    """A delivery did not arrive as it should; what was wrong is not said yet. `shown`: a picture came instead."""

    order: str
    shown: bool = False


@dataclass(frozen=True, slots=True)
class ClaimItem(Command):
    """The items of a delivery that something was wrong with; no SKU stands for all of it.

    `said` are the words that it was told in, and `named` is how many items they name: where more of the delivery fits
    them, it is asked which.
    """

    order: str
    problem: ClaimKind
    skus: tuple[str, ...] = ()
    said: str = ""
    named: int = 0


@dataclass(frozen=True, slots=True)
class AddToClaim(Command):
    """Words, or files that came with the message, for the report that was just made."""

    said: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a burst means: commands in order, and whether the outlet's order history is needed to read it."""

    commands: tuple[Command, ...]
    needs_history: bool = False
