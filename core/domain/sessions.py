"""A chat's memory between turns. Stored as JSON with every turn; nothing else about a chat is kept in a process."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import uuid4

from pydantic import TypeAdapter

from core.domain.orders import Draft, Order


class QuestionKind(StrEnum):
    """What a pending question is about."""

    PRODUCT = "product"
    UNITS = "units"
    QUANTITY = "quantity"
    MINIMUM = "minimum"
    TOTAL = "total"
    DATE = "date"
    OUTLET = "outlet"
    UNKNOWN = "unknown"
    UNUSUAL = "unusual"
    CANCEL = "cancel"
    REPEATED = "repeated"


class Action(StrEnum):
    """What to do once a question's product or amount is settled."""

    ADD = "add"
    SET = "set"
    REMOVE = "remove"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer. Only the fields that its question's kind uses are set.

    `quantity` counts sell units.
    """

    title: str
    sku: str | None = None
    quantity: int | None = None
    in_pieces: bool = False
    day: date | None = None
    outlet: str | None = None
    order: str | None = None
    yes: bool | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about an account that waits until the outlet is known: "invoice", "balance" or "paid".

    The other fields are those of `AskInvoice`, `AskBalance` and `AskPaid`.
    """

    what: str
    which: str = ""
    number: str | None = None
    first: date | None = None
    last: date | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Something held until the customer answers: what was said, and the real alternatives.

    `amount`/`unit` are what was said of the item; `blocking` questions keep something asked for out of the
    order (DESIGN 10's `asked`). `note` is the sentence that asks, `puts` how often it was. `then` is what the customer
    wanted to know, and is told once the question is answered.
    """

    id: str
    kind: QuestionKind
    said: str
    options: tuple[Option, ...] = ()
    action: Action = Action.ADD
    amount: Decimal | None = None
    unit: str | None = None
    amount_to: Decimal | None = None
    more: bool = False
    old_sku: str | None = None
    pack: int | None = None
    blocking: bool = True
    note: str = ""
    puts: int = 0
    then: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Handoff:
    """A person has the chat; the bot is silent until it is released."""

    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """The choices shown last on a push channel: real ids in order, and a digest of the order shown with them."""

    token: str
    choices: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Known:
    """A message that was read, by its channel's id. `order` is the number of the order that it became part of.

    `mark` tells its words from others. `touched`: its turn changed the draft or asked about it.
    """

    id: str
    mark: str
    touched: bool = False
    order: str = ""


@dataclass(frozen=True, slots=True)
class Before:
    """What a turn may change of a session, as it was before."""

    outlet: str | None
    claimed: bool
    draft: Draft
    questions: tuple[Question, ...]
    undo: tuple[Draft, ...]
    focus: tuple[str, ...]
    asked_about: tuple[str, ...]
    expecting: str | None
    offered: tuple[str, ...]
    checked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LastRead:
    """The last turn that touched the draft: its texts in order, each with its message's id, and both ends."""

    texts: tuple[tuple[str, str], ...]
    before: Before
    after: Draft


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the desk said last by itself: its choices as (title, id), and the ids that a bare yes or no stands for."""

    choices: tuple[tuple[str, str], ...] = ()
    yes: str = ""
    no: str = ""


@dataclass(frozen=True, slots=True)
class Claiming:
    """A report on a delivery that photos and words may still be added to.

    `lines` are what was delivered, (order number, SKU); `skus` what is reported so far, "" for all of it. `turn`
    tells which turn comes right after the desk asked for more.
    """

    order: str
    outlet: str
    problem: str
    lines: tuple[tuple[str, str], ...]
    at: datetime
    turn: int
    skus: tuple[str, ...] = ()


@dataclass(slots=True)
class Session:
    """Everything a turn needs to know about its chat.

    `claimed`: the outlet was named by the sender, not proved by a stored link or a code. `undo` holds
    earlier drafts, newest last. `focus` are the SKUs of the lines touched last. `expecting` is what a bare
    "yes" would mean, `offered` the words of the loose choices shown last. `last_text` and `last_at` recognise
    a message sent twice. `offer`, `tapped` and `tapped_at` tell a live button from an old one, `known` and `read`
    let the draft follow an edited message. `opted_out`: nothing is sent until the customer comes back.
    `wrong_codes` counts since `wrong_codes_since`. `shown` are the prices, by SKU, of the lines seen last.
    `last_question` is what the documents answered in the last turn. `spoken` is set while nothing came after what the
    desk said by itself; `reported` are the ids of the claims made here.
    """

    outlet: str | None = None
    claimed: bool = False
    draft: Draft = field(default_factory=Draft)
    questions: list[Question] = field(default_factory=list)
    undo: list[Draft] = field(default_factory=list)
    focus: list[str] = field(default_factory=list)
    asked_about: list[str] = field(default_factory=list)
    expecting: str | None = None
    offered: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    ordered: Order | None = None
    handoff: Handoff | None = None
    last_text: str = ""
    last_at: datetime | None = None
    last_added: bool = False
    wrong_codes: int = 0
    wrong_codes_since: datetime | None = None
    turns: int = 0
    offer: Offer | None = None
    tapped: str = ""
    tapped_at: datetime | None = None
    known: list[Known] = field(default_factory=list)
    read: LastRead | None = None
    opted_out: bool = False
    shown: dict[str, Decimal] = field(default_factory=dict)
    last_question: str = ""
    spoken: Spoken | None = None
    claiming: Claiming | None = None
    reported: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """The session as JSON text."""
        return _SESSION.dump_json(self, exclude_defaults=True).decode()

    @classmethod
    def from_json(cls, text: str | None) -> "Session":
        """A stored session, or a fresh one for a new chat."""
        return _SESSION.validate_json(text) if text else cls()


_SESSION = TypeAdapter(Session)


def new_id() -> str:
    """A short random id for drafts and questions."""
    return uuid4().hex[:16]
