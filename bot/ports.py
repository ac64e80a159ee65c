"""What the running program asks of its storage, engine and accounting, beyond what the core needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from core.domain.claims import Claim
from core.domain.invoices import Invoice, Receivable
from core.domain.messages import Attachment, ChatRef
from core.domain.orders import Order
from core.domain.outlets import Outlet
from core.ports import Accounting, OpenTurn, Store


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """An outbox row that this process may work on until its claim runs out. `attempts` counts this one."""

    job_id: int
    kind: str
    key: str
    lane: str
    payload: Mapping[str, Any]
    attempts: int

    @property
    def group(self) -> str:
        """Jobs of a group wait for the same provider: the kind, and the channel where there is one."""
        return f"{self.kind}:{self.payload.get('channel') or ''}"


@dataclass(frozen=True, slots=True)
class LoggedMessage:
    """A message of a chat's log. `seq` grows within the chat; `direction` is "in" or "out".

    `state` of an inbound message: "waiting", "answered" or "parked". `document` is the order whose invoice an outbound
    one is.
    """

    seq: int
    direction: str
    text: str
    choices: tuple[Mapping[str, str], ...]
    at: datetime
    turn_id: str | None
    provider_id: str | None = None
    state: str = ""
    quoted: str | None = None
    document: str | None = None


@dataclass(frozen=True, slots=True)
class ChatRow:
    """A chat as staff see it. `session` is the engine's stored state as text.

    `waiting` and `parked` count its messages; `parked_since` is when the oldest parked one came. `reach` says
    why nothing can be sent to it ("blocked", "opted out"), None where all is well.
    """

    chat_id: int
    chat: ChatRef
    session: str | None
    waiting: int
    last_at: datetime | None
    parked: int = 0
    parked_since: datetime | None = None
    reach: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """A chat that nothing could be sent to: `reason` is "blocked" or "opted out".

    `wrote_since`: the customer has written after that, so that it may be tried again.
    """

    reason: str
    wrote_since: bool


@dataclass(frozen=True, slots=True)
class DeliveredPart:
    """How far one part of an outgoing message got, and when that was told. `status` as in `channels.contract`."""

    part: int
    status: str
    error_code: str | None
    error: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """A message of a chat as staff read it. `by` is "staff" or "desk" where it is an outbound one.

    `state`: "waiting", "answered", "parked" or "dropped" of an inbound message; "waiting", "sent", "parked" or
    "dropped" of an outbound one. `delivery` is empty where no provider is between.
    """

    seq: int
    direction: str
    kind: str
    text: str
    choices: tuple[Mapping[str, str], ...]
    at: datetime
    author: str
    by: str | None
    state: str
    attachments: tuple[Attachment, ...]
    delivery: tuple[DeliveredPart, ...]
    quoted: str | None


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim with the chat that it came from first. `state`: "open" or "settled".

    `told` are the turns that told of it, as (chat id, turn id); `note` is what staff settled it with last.
    """

    claim: Claim
    chat_id: int
    told: tuple[tuple[int, str], ...]
    state: str
    made_at: datetime
    note: str | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClaimFile:
    """A file that came with a claim: the `index`-th of its chat's message `seq`, as the transcript has it."""

    chat_id: int
    seq: int
    index: int
    file: Attachment


@dataclass(frozen=True, slots=True)
class Depths:
    """How much is waiting. `oldest_seconds` is the age of the oldest unanswered message, 0 when none."""

    inbox: int = 0
    outbox: int = 0
    parked_messages: int = 0
    parked_jobs: int = 0
    oldest_seconds: float = 0.0

    @property
    def parked(self) -> int:
        """Everything that was set aside for a person."""
        return self.parked_messages + self.parked_jobs


class DeskStore(Store, Protocol):
    """Storage as the running program uses it."""

    async def renew(self, turn: OpenTurn) -> None:
        """Extend the lease of a turn. Raises LeaseLost."""
        ...

    async def release(self, turn: OpenTurn) -> None:
        """Give up a lease without a commit; its messages keep waiting. Harmless when it is lost already."""
        ...

    async def due_chats(self, limit: int = 100, quiet_seconds: float = 0.0) -> Sequence[int]:
        """Ids of chats with messages that nobody is answering, oldest first.

        Only those whose last message came at least `quiet_seconds` ago.
        """
        ...

    async def claim_jobs(self, owner: str, limit: int = 20, without: Sequence[str] = ()) -> Sequence[ClaimedJob]:
        """Claim due outbox rows, at most the first of each lane, and none of the groups `without`."""
        ...

    async def job_done(self, job_id: int, owner: str | None = None) -> None:
        """Record that a job is done. With `owner`, here and below, only while that owner's claim stands."""
        ...

    async def job_retry(self, job_id: int, delay: float, error: str, owner: str | None = None) -> None:
        """Give a job back, due again after `delay` seconds."""
        ...

    async def job_held(self, job_id: int, delay: float, reason: str, owner: str | None = None) -> None:
        """Give a job back that could not be tried, due again after `delay` seconds; this time does not count."""
        ...

    async def job_parked(self, job_id: int, error: str, owner: str | None = None) -> None:
        """Set a job aside for a person; its lane goes on."""
        ...

    async def job_dropped(self, job_id: int, error: str, owner: str | None = None) -> None:
        """Give a job up for good, with the reason; its lane goes on."""
        ...

    async def set_reach(self, chat: ChatRef, reach: str | None, at: datetime) -> None:
        """Mark why nothing can be sent to a chat, or with None that it can; only if not older than the mark."""
        ...

    async def reach_of(self, chat: ChatRef) -> Reach | None:
        """The mark of a chat; None where it has none."""
        ...

    async def history(self, chat: ChatRef, after: int = 0, limit: int = 200) -> Sequence[LoggedMessage]:
        """The chat's log after a sequence number, oldest first."""
        ...

    async def last_body(self, chat: ChatRef) -> dict[str, Any] | None:
        """The body of the chat's last turn; None before the first."""
        ...

    async def chat_rows(self, limit: int = 100, *, for_a_person: bool = False) -> Sequence[ChatRow]:
        """The chats that moved last, newest first; or those handed to a person or with a parked message."""
        ...

    async def chat(self, chat_id: int) -> ChatRow | None:
        """The chat of that id, or None."""
        ...

    async def transcript(
        self, chat_id: int, after: int = 0, limit: int = 200, *, newest: bool = False
    ) -> Sequence[TranscriptLine]:
        """The chat's log after a sequence number for staff, in order: the oldest `limit`, or the newest."""
        ...

    async def log_staff_message(
        self, chat_id: int, text: str, at: datetime, *, push: bool, source: str | None = None
    ) -> int | None:
        """Log what a person wrote into a chat, and with `push` leave the job that delivers it; its `seq`.

        `source` is the provider's id of what they wrote: the same one again changes nothing. None for no such
        chat.
        """
        ...

    async def claim_rows(self, state: str | None = None, limit: int = 100) -> Sequence[ClaimRow]:
        """Claims, newest first: all of them, or those of a state."""
        ...

    async def claim_row(self, claim_id: str) -> ClaimRow | None:
        """The claim of that id, or None."""
        ...

    async def claim_files(self, row: ClaimRow) -> Sequence[ClaimFile]:
        """What the customer sent with a claim, in order."""
        ...

    async def settle_claim(
        self, claim_id: str, note: str, at: datetime, tell: str | None = None, *, push: bool = False
    ) -> int | None:
        """Settle an open claim, and with `tell` say that in its chat, in one; the message's `seq`, 0 for none.

        None, and no change, where it is not open. `push` as in `log_staff_message`.
        """
        ...

    async def edit_session(self, chat_key: str, change: Callable[[str | None], str | None]) -> bool:
        """Change a chat's stored session outside a turn. False for no such chat; raises Busy."""
        ...

    async def order(self, number: str) -> Order | None:
        """The order of that number, as it stands."""
        ...

    async def outlet(self, code: str) -> Outlet | None:
        """The outlet of that code, one that is not served any more too."""
        ...

    async def recent_orders(self, limit: int = 100) -> Sequence[Order]:
        """The newest orders of every outlet."""
        ...

    async def close(self) -> None:
        """Finish the writes in flight and close every connection."""
        ...

    async def depths(self) -> Depths:
        """What is waiting, for health and metrics. Raises when the database is away."""
        ...


class TurnResult(Protocol):
    """What a turn came to: `body` is the chat API's response but for the transport's fields."""

    @property
    def turn_id(self) -> str: ...
    @property
    def body(self) -> dict[str, Any]: ...


class TurnTaker(Protocol):
    """The engine, as the desk uses it."""

    async def take_turn(self, turn: OpenTurn) -> TurnResult:
        """Read, act and commit. Raises LeaseLost, or what the store raises for an outage."""
        ...


class Books(Accounting, Protocol):
    """Accounting as the desk shows it."""

    async def find(self, order_number: str) -> Invoice | None:
        """The invoice of an order, or None while it has none."""
        ...

    async def standing(self, order_number: str) -> Receivable | None:
        """What of an order's invoice is owed, by what the desk knows without asking; None while it has none."""
        ...

    async def export(self, first: date, last: date, form: str = "register") -> str:
        """Invoices dated within both days as CSV. `form`: "register", or "xero" for Xero's import."""
        ...

    async def stop(self) -> None:
        """Finish what is under way."""
        ...
