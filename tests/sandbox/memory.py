"""A store in memory and an engine that echoes: the running program without database and understanding."""

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bot.ports import ChatRow, ClaimedJob, Depths, LoggedMessage, Reach, TranscriptLine
from core.domain.catalogue import Catalogue
from core.domain.delivery import DeliveryCalendar
from core.domain.invoices import Invoice, Receivable, Statement
from core.domain.messages import Answer, ChatRef, Inbound, Intent, Reply
from core.domain.orders import Order
from core.domain.outlets import Directory, Outlet
from core.errors import AccountingAway, LeaseLost
from core.ports import Accepted, Clock, Job, OpenTurn, Reference, TurnCommit, Waiting


@dataclass
class Row:
    """An inbox row."""

    inbox_id: int
    chat_id: int
    inbound: Inbound
    attempts: int = 0
    body: dict[str, Any] | None = None


@dataclass
class MemoryStore:
    """Keeps the promises of the real store for one process; several desks may share it. `down` breaks it."""

    clock: Clock
    rows: list[Row] = field(default_factory=list)
    chats: list[ChatRef] = field(default_factory=list)
    leases: dict[int, tuple[str, int]] = field(default_factory=dict)
    sessions: dict[int, str] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    retried: list[tuple[str, float]] = field(default_factory=list)
    commits: list[TurnCommit] = field(default_factory=list)
    renewed: int = 0
    down: bool = False
    closed: bool = False
    orders: list[Order] = field(default_factory=list)
    said_by_staff: list[tuple[int, str, bool]] = field(default_factory=list)
    said_sources: dict[str, int] = field(default_factory=dict)
    reaches: dict[ChatRef, tuple[str | None, datetime]] = field(default_factory=dict)
    fences: Any = field(default_factory=lambda: itertools.count(1))
    _claimed: dict[int, int] = field(default_factory=dict)

    async def accept(self, inbound: Inbound, *, open_as: str | None = None) -> Accepted:
        await self._trip()
        if inbound.chat not in self.chats:
            self.chats.append(inbound.chat)
        chat_id = self.chats.index(inbound.chat) + 1
        known = next((row for row in self.rows if _same(row.inbound, inbound)), None)
        row = known or Row(len(self.rows) + 1, chat_id, inbound)
        if known is None:
            self.rows.append(row)
        turn = self._open(row.chat_id, open_as) if open_as and row.body is None else None
        return Accepted(row.inbox_id, row.chat_id, known is not None, turn, row.body)

    async def open_turn(self, chat_id: int, owner: str) -> OpenTurn | None:
        await self._trip()
        return self._open(chat_id, owner)

    async def commit_turn(self, commit: TurnCommit) -> None:
        await self._trip()
        turn = commit.turn
        if self.leases.get(turn.chat_id) != (turn.owner, turn.fence):
            raise LeaseLost("lost")
        del self.leases[turn.chat_id]
        self.sessions[turn.chat_id] = commit.session
        answered = {waiting.inbox_id for waiting in turn.messages}
        for row in self.rows:
            if row.inbox_id in answered:
                row.body = commit.body
        self.jobs.extend(commit.jobs)
        self.commits.append(commit)

    async def renew(self, turn: OpenTurn) -> None:
        if self.leases.get(turn.chat_id) != (turn.owner, turn.fence):
            raise LeaseLost("lost")
        self.renewed += 1

    async def release(self, turn: OpenTurn) -> None:
        if self.leases.get(turn.chat_id) == (turn.owner, turn.fence):
            del self.leases[turn.chat_id]

    async def due_chats(self, limit: int = 100, quiet_seconds: float = 0.0) -> Sequence[int]:
        await self._trip()
        waiting = {row.chat_id for row in self.rows if row.body is None and row.chat_id not in self.leases}
        return sorted(waiting)[:limit]

    async def claim_jobs(self, owner: str, limit: int = 20, without: Sequence[str] = ()) -> Sequence[ClaimedJob]:
        await self._trip()
        settled, lanes, claimed = {*self.done, *self.parked, *self.dropped}, set(), []
        for number, job in enumerate(self.jobs):
            if job.key in settled or job.lane in lanes:
                continue
            lanes.add(job.lane)
            if len(claimed) == limit or (number in self._claimed and self._claimed[number] < 0):
                continue
            attempts = self._claimed.get(number, 0) + 1
            due = ClaimedJob(number, job.kind, job.key, job.lane, job.payload, attempts)
            if due.group not in without:
                self._claimed[number] = -attempts
                claimed.append(due)
        return claimed

    async def job_done(self, job_id: int, owner: str | None = None) -> None:
        self.done.append(self.jobs[job_id].key)

    async def job_retry(self, job_id: int, delay: float, error: str, owner: str | None = None) -> None:
        self.retried.append((self.jobs[job_id].key, delay))
        self._claimed[job_id] = -self._claimed[job_id]

    async def job_held(self, job_id: int, delay: float, reason: str, owner: str | None = None) -> None:
        await self.job_retry(job_id, delay, reason, owner)

    async def job_parked(self, job_id: int, error: str, owner: str | None = None) -> None:
        self.parked.append(self.jobs[job_id].key)

    async def job_dropped(self, job_id: int, error: str, owner: str | None = None) -> None:
        self.dropped.append(self.jobs[job_id].key)

    async def set_reach(self, chat: ChatRef, reach: str | None, at: datetime) -> None:
        if chat in self.chats and (chat not in self.reaches or self.reaches[chat][1] <= at):
            self.reaches[chat] = reach, at

    async def reach_of(self, chat: ChatRef) -> Reach | None:
        reason, since = self.reaches.get(chat, (None, None))
        if reason is None or since is None:
            return None
        return Reach(reason, any(row.inbound.chat == chat and row.inbound.received_at >= since for row in self.rows))

    async def transcript(
        self, chat_id: int, after: int = 0, limit: int = 200, *, newest: bool = False
    ) -> Sequence[TranscriptLine]:
        lines = [_line(n, row) for n, row in enumerate((r for r in self.rows if r.chat_id == chat_id), 1) if n > after]
        return lines[-limit:] if newest else lines[:limit]

    async def history(self, chat: ChatRef, after: int = 0, limit: int = 200) -> Sequence[LoggedMessage]:
        return []

    async def last_body(self, chat: ChatRef) -> dict[str, Any] | None:
        return None

    async def chat_rows(self, limit: int = 100, *, for_a_person: bool = False) -> Sequence[ChatRow]:
        rows = [
            ChatRow(n, chat, self.sessions.get(n), 0, None, reach=self.reaches.get(chat, (None,))[0])
            for n, chat in enumerate(self.chats, 1)
        ]
        return [row for row in rows if not for_a_person or '"handoff":{' in (row.session or "")]

    async def chat(self, chat_id: int) -> ChatRow | None:
        return next((row for row in await self.chat_rows() if row.chat_id == chat_id), None)

    async def log_staff_message(
        self, chat_id: int, text: str, at: datetime, *, push: bool, source: str | None = None
    ) -> int | None:
        if await self.chat(chat_id) is None:
            return None
        if source is not None and source in self.said_sources:
            return self.said_sources[source]
        self.said_by_staff.append((chat_id, text, push))
        if source is not None:
            self.said_sources[source] = len(self.said_by_staff)
        return len(self.said_by_staff)

    async def edit_session(self, chat_key: str, change: Callable[[str | None], str | None]) -> bool:
        for number, chat in enumerate(self.chats, 1):
            if chat.key == chat_key:
                self.sessions[number] = change(self.sessions.get(number)) or ""
                return True
        return False

    async def order(self, number: str) -> Order | None:
        return next((order for order in self.orders if order.number == number), None)

    async def outlet(self, code: str) -> Outlet | None:
        return (await self.reference()).directory.outlets.get(code)

    async def recent_orders(self, limit: int = 100) -> Sequence[Order]:
        return self.orders[:limit]

    async def close(self) -> None:
        self.closed = True

    async def depths(self) -> Depths:
        await self._trip()
        return Depths(
            sum(row.body is None for row in self.rows),
            len(self.jobs) - len(self.done) - len(self.parked) - len(self.dropped),
            0,
            len(self.parked),
        )

    async def reference(self, version: int | None = None) -> Reference:
        return Reference(1, Catalogue({}), Directory(), DeliveryCalendar())

    async def orders_of(self, outlet: str, limit: int = 12) -> Sequence[Order]:
        return []

    async def reminder_choices(self, outlet: str) -> Mapping[str, bool]:
        return {}

    async def next_order_number(self) -> str:
        return "SO-1"

    async def _trip(self) -> None:
        await asyncio.sleep(0)
        if self.down:
            raise ConnectionError("the database is away")

    def _open(self, chat_id: int, owner: str | None) -> OpenTurn | None:
        waiting = [row for row in self.rows if row.chat_id == chat_id and row.body is None]
        if not waiting or chat_id in self.leases or owner is None:
            return None
        for row in waiting:
            row.attempts += 1
        self.leases[chat_id] = lease = (owner, next(self.fences))
        messages = tuple(Waiting(row.inbox_id, row.inbound, row.attempts) for row in waiting)
        chat, session = self.chats[chat_id - 1], self.sessions.get(chat_id)
        return OpenTurn(f"t{lease[1]}", chat_id, chat, owner, lease[1], messages, session, 1)


def _same(one: Inbound, other: Inbound) -> bool:
    return (one.chat.channel, one.provider_id) == (other.chat.channel, other.provider_id)


def _line(seq: int, row: Row) -> TranscriptLine:
    """An inbound message as staff read it."""
    given = row.inbound
    return TranscriptLine(
        seq=seq,
        direction="in",
        kind=given.kind.value,
        text=given.text,
        choices=(),
        at=given.received_at,
        author=given.author,
        by=None,
        state="waiting" if row.body is None else "answered",
        attachments=given.attachments,
        delivery=(),
        quoted=given.quoted,
    )


class NoBooks:
    """Accounting that keeps nothing."""

    async def invoice(self, order: Order, outlet: Outlet) -> Invoice:
        return Invoice("INV-1", order, outlet, date(2026, 11, 23), date(2026, 12, 23))

    async def document(self, order_number: str) -> bytes | None:
        return None

    async def statement(self, outlet: Outlet) -> Statement:
        raise AccountingAway("there are no books")

    async def standing(self, order_number: str) -> Receivable | None:
        return None

    async def find(self, order_number: str) -> Invoice | None:
        return None

    async def export(self, first: date, last: date, form: str = "register") -> str:
        return ""

    async def stop(self) -> None:
        return


@dataclass(frozen=True)
class EchoOutcome:
    """What a turn of the echo engine comes to."""

    turn_id: str
    body: dict[str, Any]


@dataclass
class EchoEngine:
    """Answers every message with its own text. `before_commit` may wait or fail; `jobs` go to the outbox."""

    store: MemoryStore
    clock: Callable[[], datetime]
    before_commit: Callable[[OpenTurn], Any] | None = None
    jobs: Callable[[OpenTurn], tuple[Job, ...]] = lambda turn: ()
    seen: list[list[str]] = field(default_factory=list)

    async def take_turn(self, turn: OpenTurn) -> EchoOutcome:
        """Echo the waiting messages, one reply each."""
        texts = [waiting.inbound.text for waiting in turn.messages]
        self.seen.append(texts)
        if self.before_commit is not None:
            await self.before_commit(turn)
        body = {
            "reply": "\n\n".join(texts),
            "messages": [{"text": text, "choices": []} for text in texts],
            "turn_id": turn.turn_id,
            "intent": "smalltalk",
            "asked": False,
            "order": None,
            "sources": [],
            "cache": "none",
            "usage": {"model_calls": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": "0"},
        }
        answer = Answer(tuple(Reply(text) for text in texts), Intent.SMALLTALK, asked=False)
        await self.store.commit_turn(
            TurnCommit(
                turn=turn,
                session="{}",
                draft=None,
                answer=answer,
                body=body,
                at=self.clock(),
                jobs=self.jobs(turn),
            )
        )
        return EchoOutcome(turn.turn_id, body)
