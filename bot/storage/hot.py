"""The hot writes as both databases share them: what is asked, the rows it becomes, and what came of it."""

import secrets
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.storage import json
from bot.storage.errors import InviteSpent, OrderChanged
from bot.storage.types import moment_text
from core.domain.messages import Attachment, ChatRef, Inbound, Kind, Reply
from core.domain.orders import Order
from core.errors import AlreadyOrdered, LeaseLost
from core.ports import OpenTurn, TurnCommit, Waiting

Row = dict[str, Any]


def new_turn_id() -> str:
    """A turn id that nobody has used."""
    return secrets.token_hex(12)


@dataclass(frozen=True, slots=True)
class Accept:
    """Accept a message, and with an `owner` try to lease its chat under `turn_id`."""

    inbound: Inbound
    owner: str | None
    turn_id: str | None

    def row(self, position: int) -> Row:
        """What the statement reads; `position` is the item's place in the batch."""
        inbound = self.inbound
        return {
            "ord": position,
            "key": inbound.chat.key,
            "channel": inbound.chat.channel,
            "sender": inbound.chat.sender,
            "session_id": inbound.chat.session,
            "provider_id": inbound.provider_id,
            "received_at": moment_text(inbound.received_at),
            "moved_at": None if inbound.kind is Kind.REMINDER else moment_text(inbound.received_at),
            "payload": inbound_payload(inbound),
            "owner": self.owner,
            "turn_id": self.turn_id,
        }

    def claims(self) -> Iterable[Hashable]:
        """One message of a chat at a time, and one of a provider id."""
        chat = self.inbound.chat
        return chat.key, (chat.channel, self.inbound.provider_id)


@dataclass(frozen=True, slots=True)
class Open:
    """Lease a chat that has waiting messages. Repeating it with the same `turn_id` changes nothing more."""

    chat_id: int
    owner: str
    turn_id: str

    def row(self, position: int) -> Row:
        """What the statement reads."""
        return {"ord": position, "chat_id": self.chat_id, "owner": self.owner, "turn_id": self.turn_id}

    def claims(self) -> Iterable[Hashable]:
        """One opening of a chat at a time."""
        return (self.chat_id,)


@dataclass(frozen=True, slots=True)
class Commit:
    """Write a turn."""

    commit: TurnCommit

    def claims(self) -> Iterable[Hashable]:
        """The chat, and every order, draft and invite that other chats could touch too."""
        yield self.commit.turn.chat_id
        for order in self.commit.orders:
            yield "order", order.number
            yield "draft", order.draft_id or order.number
        for code in self.commit.invites_used:
            yield "invite", code


@dataclass(frozen=True, slots=True)
class Settle:
    """Write what became of a claimed outbox job, and end its claim. With an `owner` only while it holds it.

    `state` is the job's new one; with `delay` (seconds) it is due again so much later. `held`: it was not tried.
    """

    job_id: int
    owner: str | None
    state: str
    delay: float | None = None
    error: str | None = None
    held: bool = False

    def row(self, position: int) -> Row:
        """What the statement reads."""
        return {
            "ord": position,
            "job_id": self.job_id,
            "owner": self.owner,
            "state": self.state,
            "delay": self.delay,
            "error": self.error,
            "held": int(self.held),
        }

    def claims(self) -> Iterable[Hashable]:
        """One word on a job at a time."""
        return (("job", self.job_id),)


@dataclass(frozen=True, slots=True)
class Opening:
    """What the database says of a lease. `messages` are in arrival order.

    `current` is False when the statement saw less than it locked; then the chat has to be read again.
    """

    took: bool
    current: bool
    fence: int
    session: str | None
    messages: tuple[Waiting, ...]
    reference_version: int


@dataclass(frozen=True, slots=True)
class AcceptedRow:
    """What the database says of an accepted message. `inbox_id` is None when another process raced it in."""

    inbox_id: int | None
    chat_id: int | None
    known: bool
    body: dict[str, Any] | None
    opening: Opening


class Hot(Protocol):
    """The hot writes of one database; each call is one round trip that may carry several chats."""

    async def accept(self, item: Accept) -> AcceptedRow:
        """Commit an inbound message."""
        ...

    async def open(self, item: Open) -> tuple[ChatRef, Opening] | None:
        """Lease a chat; None when it is leased elsewhere or has nothing waiting."""
        ...

    async def commit(self, item: Commit) -> None:
        """Write a turn."""
        ...

    async def settle(self, item: Settle) -> None:
        """Write what became of a job."""
        ...

    async def close(self) -> None:
        """Finish what was submitted and disconnect."""
        ...


@dataclass(slots=True)
class CommitRows:
    """A batch of commits as flat rows, one list for each table that is written."""

    turns: list[Row] = field(default_factory=list)
    replies: list[Row] = field(default_factory=list)
    jobs: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    invites: list[Row] = field(default_factory=list)

    @property
    def plain(self) -> bool:
        """Whether the batch touches nothing outside its own chats."""
        return not (self.orders or self.links or self.invites)


def commit_rows(items: Sequence[Commit]) -> CommitRows:
    """Take a batch of commits apart into rows."""
    rows = CommitRows()
    for position, item in enumerate(items):
        commit = item.commit
        rows.turns.append(_turn_row(position, commit))
        for place, reply in enumerate(commit.answer.replies, 1):
            rows.replies.append(_reply_row(position, place, reply))
        for job in commit.jobs:
            rows.jobs.append(
                {"ord": position, "kind": job.kind, "key": job.key, "lane": job.lane, "payload": job.payload}
            )
        for order in commit.orders:
            rows.orders.append(_order_row(position, order))
            rows.lines.extend(_line_rows(position, order))
        for identity, outlet in dict.fromkeys(commit.links):
            rows.links.append({"ord": position, "identity": identity, "outlet": outlet})
        for code in dict.fromkeys(commit.invites_used):
            rows.invites.append({"ord": position, "code": code})
    return rows


def _turn_row(position: int, commit: TurnCommit) -> Row:
    turn = commit.turn
    return {
        "ord": position,
        "chat_id": turn.chat_id,
        "owner": turn.owner,
        "fence": turn.fence,
        "turn_id": turn.turn_id,
        "at": moment_text(commit.at),
        "moved_at": moment_text(commit.at) if _by_somebody(turn) else None,
        "session": commit.session,
        "replies": len(commit.answer.replies),
        "draft_id": commit.draft.id if commit.draft else None,
        "draft": commit.draft,
        "inbox_ids": [message.inbox_id for message in turn.messages],
        "understood": commit.answer.understood or None,
        "state": "answered" if commit.parked is None else "parked",
        "body": commit.body,
        "trace": commit.parked,
    }


def _by_somebody(turn: OpenTurn) -> bool:
    """Whether anybody wrote: a turn of reminders alone is the desk's own."""
    return any(message.inbound.kind is not Kind.REMINDER for message in turn.messages)


def _reply_row(position: int, place: int, reply: Reply) -> Row:
    return {
        "ord": position,
        "place": place,
        "text": reply.text,
        "choices": reply.choices or None,
        "understood": {"document": reply.document} if reply.document else None,
    }


def _order_row(position: int, order: Order) -> Row:
    return {
        "ord": position,
        "number": order.number,
        "draft_id": order.draft_id or None,
        "outlet": order.outlet,
        "status": order.status,
        "version": order.version,
        "currency": order.currency,
        "tax_rate": order.tax_rate,
        "subtotal": order.subtotal,
        "tax": order.tax,
        "total": order.total,
        "delivery_date": order.delivery_date,
        "delivery_window": order.delivery_window,
        "notes": order.notes,
        "placed_by": order.placed_by,
        "placed_at": moment_text(order.placed_at) if order.placed_at else None,
    }


def _line_rows(position: int, order: Order) -> Iterable[Row]:
    for place, line in enumerate(order.lines):
        yield {
            "ord": position,
            "order_number": order.number,
            "version": order.version,
            "position": place,
            "sku": line.sku,
            "name": line.name,
            "quantity": line.quantity,
            "unit": line.unit,
            "pieces_per_unit": line.pieces_per_unit,
            "unit_price": line.unit_price,
            "line_total": line.line_total,
        }


def verdict(outcome: str, commit: TurnCommit) -> Exception | None:
    """The error that a refused commit's caller gets; None for a commit that was written."""
    if outcome == "done":
        return None
    if outcome == "lease_lost":
        return LeaseLost(f"turn {commit.turn.turn_id} no longer holds its chat")
    numbers = ", ".join(str(order.number) for order in commit.orders)
    if outcome == "invite_spent":
        return InviteSpent(f"an invite of turn {commit.turn.turn_id} cannot be used any more")
    error = OrderChanged if outcome == "order_changed" else AlreadyOrdered
    return error(f"refused order {numbers} of turn {commit.turn.turn_id}")


def waiting(chat: ChatRef, rows: Iterable[Sequence[Any]]) -> tuple[Waiting, ...]:
    """Waiting messages from rows of (inbox id, provider id, received at, payload, attempts)."""
    return tuple(
        Waiting(inbox_id, inbound_from(chat, provider_id, _moment(at), payload), attempts)
        for inbox_id, provider_id, at, payload, attempts in rows
    )


_USUAL = {name: spec.default for name, spec in Inbound.__dataclass_fields__.items() if spec.default is not MISSING}


def inbound_payload(inbound: Inbound) -> Row:
    """What an inbox row keeps of a message beside its own columns; what is as usual is left out."""
    kept: Row = {"text": inbound.text}
    for name, usual in _USUAL.items():
        value = getattr(inbound, name)
        if value != usual:
            kept[name] = [asdict(each) for each in value] if name == "attachments" else value
    return kept


def inbound_from(chat: ChatRef, provider_id: str, received_at: datetime, payload: Mapping[str, Any]) -> Inbound:
    """The message of an inbox row. Fields of a newer version are passed over."""
    given = {name: payload[name] for name in _USUAL if payload.get(name) is not None}
    if "kind" in given:
        given["kind"] = Kind(given["kind"])
    if "attachments" in given:
        given["attachments"] = tuple(Attachment(**each) for each in given["attachments"])
    return Inbound(chat, provider_id, payload["text"], received_at, **given)


def open_turn(turn_id: str, chat_id: int, chat: ChatRef, owner: str, opening: Opening) -> OpenTurn:
    """The turn that an opening made."""
    return OpenTurn(
        turn_id=turn_id,
        chat_id=chat_id,
        chat=chat,
        owner=owner,
        fence=opening.fence,
        messages=opening.messages,
        session=opening.session,
        reference_version=opening.reference_version,
    )


def body_of(text: str | None) -> dict[str, Any] | None:
    """A stored answer."""
    return None if text is None else dict(json.loads(text))


def _moment(value: datetime | str) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
