"""What was set aside for a person, messages and jobs: listing it, giving it back, and taking it off the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, select, update

from bot.storage.part import Part
from bot.storage.tables import chats, inbox, messages, outbox
from core.domain.messages import ChatRef


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """A message that was set aside with the trace of what failed."""

    inbox_id: int
    chat_id: int
    chat: ChatRef
    text: str
    received_at: datetime
    trace: str


@dataclass(frozen=True, slots=True)
class ParkedJob:
    """A job that was set aside with its last error. `parked_at` is when."""

    job_id: int
    kind: str
    key: str
    lane: str
    attempts: int
    error: str
    parked_at: datetime


class Parked(Part):
    """Messages and jobs that wait for a person. Each change says whether there was such a parked row."""

    async def parked_messages(self, limit: int = 100) -> Sequence[ParkedMessage]:
        """Messages set aside, newest first."""
        asked = (
            select(inbox, chats.c.channel.label("on"), chats.c.sender, chats.c.session_id)
            .join(chats, chats.c.id == inbox.c.chat_id)
            .where(inbox.c.state == "parked")
            .order_by(inbox.c.id.desc())
            .limit(limit)
        )
        async with self.database.reading() as connection:
            rows = (await connection.execute(asked)).all()
        return [
            ParkedMessage(
                inbox_id=row.id,
                chat_id=row.chat_id,
                chat=ChatRef(row.on, row.sender, row.session_id),
                text=row.payload["text"],
                received_at=row.received_at.astimezone(self.zone),
                trace=row.trace or "",
            )
            for row in rows
        ]

    async def parked_jobs(self, limit: int = 100) -> Sequence[ParkedJob]:
        """Jobs set aside, newest first."""
        asked = select(outbox).where(outbox.c.state == "parked").order_by(outbox.c.id.desc()).limit(limit)
        async with self.database.reading() as connection:
            rows = (await connection.execute(asked)).all()
        return [
            ParkedJob(
                job_id=row.id,
                kind=row.kind,
                key=row.key,
                lane=row.lane,
                attempts=row.attempts,
                error=row.last_error or "",
                parked_at=row.updated_at.astimezone(self.zone),
            )
            for row in rows
        ]

    async def unpark(self, job_id: int) -> bool:
        """Give a parked job back to the dispatcher, its attempts forgotten; its key makes a repeat harmless."""
        now = self.database.moment()
        return await self._unless_gone(outbox, job_id, state="waiting", attempts=0, due_at=now, updated_at=now)

    async def unpark_lane(self, lane: str) -> int:
        """Give back all parked jobs of a lane; how many they were."""
        return await self._unparked(outbox.c.lane == lane)

    async def unpark_kind(self, kind: str) -> int:
        """Give back all parked jobs of a kind; how many they were."""
        return await self._unparked(outbox.c.kind == kind)

    async def parked_kinds(self) -> Sequence[str]:
        """The kinds of which jobs are parked."""
        asked = select(outbox.c.kind).where(outbox.c.state == "parked").distinct().order_by(outbox.c.kind)
        async with self.database.reading() as connection:
            return (await connection.execute(asked)).scalars().all()

    async def _unparked(self, which: ColumnElement[bool]) -> int:
        now = self.database.moment()
        change = update(outbox).where(which, outbox.c.state == "parked")
        async with self.database.writing() as connection:
            done = await connection.execute(change.values(state="waiting", attempts=0, due_at=now, updated_at=now))
        return done.rowcount

    async def drop_job(self, job_id: int) -> bool:
        """Take a parked job off the list; it is kept, and never done."""
        return await self._unless_gone(outbox, job_id, state="dropped", updated_at=self.database.moment())

    async def retry_message(self, inbox_id: int) -> bool:
        """Let a parked message wait again, its attempts and its apology forgotten: the next sweep takes it.

        It keeps its place in the log and is read as if it had just come.
        """
        fresh = {"attempts": 0, "turn_id": None, "body": None, "trace": None}
        return await self._unless_gone(inbox, inbox_id, state="waiting", **fresh)

    async def drop_message(self, inbox_id: int) -> bool:
        """Take a parked message off the list; it is kept with its trace, and never read again."""
        return await self._unless_gone(inbox, inbox_id, state="dropped")

    async def _unless_gone(self, table: Table, row_id: int, **values: Any) -> bool:
        """Change a row while it is parked, and a message's row of the log with it."""
        change = update(table).where(table.c.id == row_id, table.c.state == "parked").values(**values)
        async with self.database.writing() as connection:
            if table is outbox:
                return (await connection.execute(change)).rowcount == 1
            row = (await connection.execute(change.returning(inbox.c.chat_id, inbox.c.seq))).one_or_none()
            if row is None:
                return False
            logged = (messages.c.chat_id == row.chat_id) & (messages.c.seq == row.seq)
            shown = {"state": values["state"], **({"turn_id": None} if "turn_id" in values else {})}
            await connection.execute(update(messages).where(logged).values(**shown))
        return True
