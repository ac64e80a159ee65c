"""Chats as the desk and the browser chat read them, and a session changed outside a turn."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal, not_, or_, select, update

from bot.ports import Depths, LoggedMessage, Reach
from bot.storage.part import Part
from bot.storage.tables import chats, inbox, messages, outbox
from bot.storage.types import Moment
from bot.storage.written import by_customer, is_reminder
from core.domain.messages import ChatRef
from core.errors import Busy

_EDIT_SECONDS = 5.0
_EDIT_PAUSE = 0.02


class Chats(Part):
    """Reads over chats, inbox and message log."""

    async def history(self, chat: ChatRef, after: int = 0, limit: int = 200) -> Sequence[LoggedMessage]:
        """The oldest `limit` messages of the chat's log after a sequence number; empty for a new chat.

        What customers see of it: a moment to remind them at is no message.
        """
        asked = (
            select(messages)
            .join(chats, chats.c.id == messages.c.chat_id)
            .where(chats.c.key == chat.key, messages.c.seq > after, not_(is_reminder()))
            .order_by(messages.c.seq)
            .limit(limit)
        )
        async with self.database.reading() as connection:
            rows = (await connection.execute(asked)).all()
        return [
            LoggedMessage(
                seq=row.seq,
                direction=row.direction,
                text=row.text,
                choices=tuple(row.choices or ()),
                at=row.at.astimezone(self.zone),
                turn_id=row.turn_id,
                provider_id=row.provider_id,
                state=row.state,
                quoted=row.quoted,
                document=(row.understood or {}).get("document") if row.direction == "out" else None,
            )
            for row in rows
        ]

    async def last_body(self, chat: ChatRef) -> dict[str, Any] | None:
        """The body (DESIGN 10) of the chat's last turn; None before the first."""
        last = (
            select(messages.c.turn_id)
            .join(chats, chats.c.id == messages.c.chat_id)
            .where(chats.c.key == chat.key, messages.c.direction == "in", messages.c.turn_id.is_not(None))
            .order_by(messages.c.seq.desc())
            .limit(1)
            .scalar_subquery()
        )
        own = select(chats.c.id).where(chats.c.key == chat.key).scalar_subquery()
        asked = select(inbox.c.body).where(inbox.c.chat_id == own, inbox.c.turn_id == last).limit(1)
        async with self.database.reading() as connection:
            body: dict[str, Any] | None = (await connection.execute(asked)).scalar()
        return body

    async def due_chats(self, limit: int = 100, quiet_seconds: float = 0.0) -> Sequence[int]:
        """Ids of chats with waiting messages that nobody is answering, oldest first.

        With `quiet_seconds` only those whose last message came at least so long ago.
        """
        asked = (
            select(inbox.c.chat_id)
            .join(chats, chats.c.id == inbox.c.chat_id)
            .where(inbox.c.state == "waiting", self._unleased())
            .group_by(inbox.c.chat_id)
            .order_by(func.min(inbox.c.id))
            .limit(limit)
        )
        if quiet_seconds:
            quiet = datetime.now(UTC) - timedelta(seconds=quiet_seconds)
            asked = asked.having(func.max(inbox.c.received_at) <= quiet)
        async with self.database.reading() as connection:
            return list((await connection.execute(asked)).scalars())

    async def depths(self) -> Depths:
        """What is waiting, for health and metrics. Raises when the database is away."""

        def count(*conditions: ColumnElement[bool]) -> Any:
            return select(func.count()).where(*conditions).scalar_subquery()

        asked = select(
            count(inbox.c.state == "waiting"),
            count(outbox.c.state == "waiting"),
            count(inbox.c.state == "parked"),
            count(outbox.c.state == "parked"),
            select(func.min(inbox.c.received_at)).where(inbox.c.state == "waiting").scalar_subquery(),
        )
        async with self.database.reading() as connection:
            waiting, jobs, parked, parked_jobs, oldest = (await connection.execute(asked)).one()
        age = (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0
        return Depths(waiting, jobs, parked, parked_jobs, max(age, 0.0))

    async def edit_session(self, chat_key: str, change: Callable[[str | None], str | None]) -> bool:
        """Change a chat's stored session outside a turn, such as to end a handoff. False for no such chat.

        `change` gets the session as text and returns the new one; it may be called again when a turn came
        between. Waits for a turn in progress and raises Busy when it goes on for seconds. A turn whose
        lease has run out cannot overwrite the change: its fencing number is spent.
        """
        try:
            async with asyncio.timeout(_EDIT_SECONDS):
                while True:
                    edited = await self._try_edit(chat_key, change)
                    if edited is not None:
                        return edited
                    await asyncio.sleep(_EDIT_PAUSE)
        except TimeoutError:
            raise Busy("this chat is being answered; please try again shortly") from None

    async def _try_edit(self, chat_key: str, change: Callable[[str | None], str | None]) -> bool | None:
        """One try at `edit_session`; None when a turn holds the chat or came between."""
        asked = select(chats.c.session, chats.c.revision).where(chats.c.key == chat_key)
        async with self.database.reading() as connection:
            row = (await connection.execute(asked)).one_or_none()
        if row is None:
            return False
        unchanged = and_(chats.c.key == chat_key, chats.c.revision == row.revision, self._unleased())
        write = (
            update(chats)
            .where(unchanged)
            .values(
                session=change(row.session),
                revision=chats.c.revision + 1,
                fence=chats.c.fence + 1,
                lease_owner=None,
                lease_turn=None,
                lease_until=None,
            )
        )
        async with self.database.writing() as connection:
            return True if (await connection.execute(write)).rowcount else None

    async def set_reach(self, chat: ChatRef, reach: str | None, at: datetime) -> None:
        """Mark why nothing can be sent to a chat, or with None that it can; only if not older than the mark."""
        newer = or_(chats.c.reach_at.is_(None), chats.c.reach_at <= literal(at, Moment))
        marked = {"reach": reach, "reach_at": at, "revision": chats.c.revision + 1}
        async with self.database.writing() as connection:
            await connection.execute(update(chats).where(chats.c.key == chat.key, newer).values(**marked))

    async def reach_of(self, chat: ChatRef) -> Reach | None:
        """The mark of a chat that nothing could be sent to; None where it has none."""
        wrote = (
            select(messages.c.at)
            .where(messages.c.chat_id == chats.c.id, by_customer())
            .order_by(messages.c.seq.desc())
            .limit(1)
            .scalar_subquery()
        )
        asked = select(chats.c.reach, chats.c.reach_at, wrote).where(
            chats.c.key == chat.key, chats.c.reach.is_not(None)
        )
        async with self.database.reading() as connection:
            row = (await connection.execute(asked)).one_or_none()
        if row is None:
            return None
        reason, since, last = row
        return Reach(reason, wrote_since=last is not None and last >= since)

    async def has_waiting(self, chat_id: int) -> bool:
        """Whether a chat has messages that no turn has answered."""
        asked = select(exists().where(inbox.c.chat_id == chat_id, inbox.c.state == "waiting"))
        async with self.database.reading() as connection:
            return bool((await connection.execute(asked)).scalar())

    def _unleased(self) -> ColumnElement[bool]:
        return or_(chats.c.lease_owner.is_(None), chats.c.lease_until < self.database.moment())
