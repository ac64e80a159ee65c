"""What the core needs from outside, as Protocols, and the records that pass through them."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from core.domain.catalogue import Catalogue
from core.domain.delivery import DeliveryCalendar
from core.domain.invoices import Invoice, Statement
from core.domain.messages import Answer, Attachment, ChatRef, Inbound, Source, Usage
from core.domain.orders import Draft, Order
from core.domain.outlets import Directory, Outlet


class Clock(Protocol):
    """Tells the time; the only source of "now" in the core."""

    def now(self) -> datetime:
        """The current moment, aware, in the supplier's time zone."""
        ...


@dataclass(frozen=True)
class Reference:
    """The supplier's reference data as one snapshot. `version` changes with any import or new link."""

    version: int
    catalogue: Catalogue
    directory: Directory
    calendar: DeliveryCalendar


@dataclass(frozen=True, slots=True)
class Waiting:
    """An inbox row that no turn has answered. `attempts` counts the turns that were opened on it."""

    inbox_id: int
    inbound: Inbound
    attempts: int


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """A fenced lease on a chat with what the turn works on: waiting messages and the stored session."""

    turn_id: str
    chat_id: int
    chat: ChatRef
    owner: str
    fence: int
    messages: tuple[Waiting, ...]
    session: str | None
    reference_version: int


@dataclass(frozen=True, slots=True)
class Job:
    """An outbox row: something to do after the commit. `key` makes doing it twice harmless and is unique.

    `kind` is "reply" (deliver to the customer's channel), "invoice", "staff" (tell the supplier's people,
    payload as in `bot.staff_room`), "claim" or "reminder choice" (keep what a customer said); rows of one
    `lane` are done in order, and a failing one holds the lane until it is done or parked.
    """

    kind: str
    key: str
    lane: str
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TurnCommit:
    """All that one turn changes, written together or not at all.

    `orders` are inserted, or replace the stored order of that number when its version is one lower.
    `links` are (identity, outlet code) pairs to remember; `invites_used` are invite codes spent.
    `parked` is the trace of a failure: the messages are kept aside for a person. `body` is the chat API's
    response, kept so that a repeated request gets the very same answer.
    """

    turn: OpenTurn
    session: str
    draft: Draft | None
    answer: Answer
    body: dict[str, Any]
    at: datetime
    orders: tuple[Order, ...] = ()
    jobs: tuple[Job, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    invites_used: tuple[str, ...] = ()
    parked: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The outcome of accepting an inbound message.

    `duplicate`: this provider id was accepted before. `turn` is set when a lease was asked for and got.
    `body` is the stored answer of a message that has been answered already.
    """

    inbox_id: int
    chat_id: int
    duplicate: bool
    turn: OpenTurn | None = None
    body: dict[str, Any] | None = None


class Store(Protocol):
    """Durable storage. The two hot writes, `accept` and `commit_turn`, are one round trip each."""

    async def accept(self, inbound: Inbound, *, open_as: str | None = None) -> Accepted:
        """Commit an inbound message. With `open_as` (a lease owner) also try to open a turn on its chat."""
        ...

    async def open_turn(self, chat_id: int, owner: str) -> OpenTurn | None:
        """Lease a chat that has waiting messages; None when it is leased elsewhere or has none."""
        ...

    async def commit_turn(self, commit: TurnCommit) -> None:
        """Write a turn and release its lease. Raises LeaseLost or AlreadyOrdered, having written nothing."""
        ...

    async def reference(self, version: int | None = None) -> Reference:
        """The current reference data; costs nothing when `version` is the one loaded last."""
        ...

    async def orders_of(self, outlet: str, limit: int = 12) -> Sequence[Order]:
        """The outlet's orders that are not drafts, newest first, cancelled ones included."""
        ...

    async def reminder_choices(self, outlet: str) -> Mapping[str, bool]:
        """What an outlet said it wants to be reminded of: by kind, "" for all others. Empty: it said nothing."""
        ...

    async def next_order_number(self) -> str:
        """A new, never repeated order number. A turn that fails leaves a gap."""
        ...


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of an order sheet: the words that say item and amount, and the item code where a column holds one."""

    text: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """An order sheet as read from a customer's file."""

    name: str
    rows: tuple[SheetRow, ...]


class Unread(StrEnum):
    """Why a file cannot be read."""

    TYPE = "type"  # not a kind of file that holds an order
    TOO_LARGE = "too large"
    TOO_LONG = "too long"  # more sound than a voice note has
    NO_TEXT = "no text"  # a scanned page
    EMPTY = "empty"
    BROKEN = "broken"
    GONE = "gone"  # the provider does not hand it out (now)


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file in memory, as a customer sent it. `content_type` such as "audio/ogg"."""

    content: bytes
    content_type: str
    name: str = ""


class Attachments(Protocol):
    """Reads the files that customers send."""

    async def read(self, chat: ChatRef, attachment: Attachment) -> Sheet | Unread:
        """The order sheet in a file, or why there is none. Gives up within seconds; never raises for a bad file."""
        ...

    async def media(self, chat: ChatRef, attachment: Attachment) -> MediaFile | Unread:
        """A voice note or picture of a kind that models take, told by its content, and not too large or too long."""
        ...


class Accounting(Protocol):
    """Where confirmed orders become invoices. Safe to repeat: an order has one invoice, under one number."""

    async def invoice(self, order: Order, outlet: Outlet) -> Invoice:
        """Invoice an order as it stands: anew, amended by a higher version, or void when it is cancelled."""
        ...

    async def document(self, order_number: str) -> bytes | None:
        """The invoice of an order as PDF, or None while it has none. Raises AccountingAway."""
        ...

    async def statement(self, outlet: Outlet) -> Statement:
        """What an outlet owes and its invoices of the last months. Raises AccountingAway where nothing is known."""
        ...


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request to the model. `system` is ours; `user` holds customers' and documents' words, which are data.

    With a `schema` (JSON Schema, strict: every property required, no others) the answer is JSON of that form.
    `task` names the request in accounts and logs ("read", "write", ...).
    """

    task: str
    system: str
    user: str
    schema: Mapping[str, Any] | None = None
    images: tuple[MediaFile, ...] = ()
    max_tokens: int = 400


class ModelTurn(Protocol):
    """The model's calls of one turn. They share one deadline and one account.

    Every call raises ModelUnavailable where there is no answer that can be used: over the deadline or the budget,
    breaker open, refused, cut off, or not of the schema's form. What was spent is in `usage` all the same.
    """

    @property
    def usage(self) -> Usage:
        """What this turn's calls have cost so far."""
        ...

    async def complete(self, prompt: Prompt) -> str:
        """The whole answer. With a schema: JSON text that is valid by it."""
        ...

    def stream(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """The answer in pieces as they come. Raises where it breaks off, also after the first pieces.

        Close it where the rest is not wanted: what the call has cost is known then.
        """
        ...

    async def transcribe(self, audio: MediaFile) -> str:
        """The words of a voice note."""
        ...


class Model(Protocol):
    """A language model. None is needed."""

    @property
    def name(self) -> str:
        """What the provider calls it; part of the keys under which its answers are remembered."""
        ...

    def turn(self) -> ModelTurn:
        """Begin the calls of one turn; its deadline runs from here."""
        ...


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question for the supplier's documents, in the customer's words.

    `audience` parts what may be remembered for whom, "" is everybody. `reference` tells which words are the
    supplier's own and what goods cost. `lightly`: the words may not be a question at all, so
    that only a sure answer counts.
    """

    text: str
    audience: str = ""
    language: str = "en"
    reference: Reference | None = None
    lightly: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What the documents say. Without `text` they do not settle the question.

    `cache` is the level that answered ("l1" to "l4"), or "miss".
    """

    text: str = ""
    sources: tuple[Source, ...] = ()
    cache: str = "miss"


class Knowledge(Protocol):
    """The supplier's documents."""

    async def answer(self, inquiry: Inquiry, model: ModelTurn | None = None, live: "Live | None" = None) -> Finding:
        """Answer from the documents or not at all. Never raises for a document or a model that fails.

        `live` hears the answer's sentences as they become certain; joined they are the beginning of `text`.
        """
        ...


class Live(Protocol):
    """Somebody who watches a reply come into being."""

    def __call__(self, text: str) -> None:
        """The next piece of the reply. What was passed on is never taken back."""
        ...
