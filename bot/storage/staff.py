"""Chats as staff see them, and what staff write into one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, case, exists, func, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import ChatRow
from bot.storage.database import Database
from bot.storage.delivery_keys import staff_key
from bot.storage.jobs import add_job, reply_job
from bot.storage.part import Part
from bot.storage.tables import chats, inbox, messages
from bot.storage.types import Moment
from core.domain.messages import ChatRef

_HANDED_OVER = '"handoff":{'  # as `Session.to_json` writes it; inside a text its quotes would be escaped


class Staff(Part):
    """What the supplier's people read and write beside the desk's own turns."""

    async def chat_rows(self, limit: int = 100, *, for_a_person: bool = False) -> Sequence[ChatRow]:
        """The chats that moved last, newest first; or those handed to a person or with a parked message."""
        asked = _rows().order_by(chats.c.updated_at.desc()).limit(limit)
        if for_a_person:
            parked = exists().where(inbox.c.chat_id == chats.c.id, inbox.c.state == "parked")
            asked = asked.where(or_(chats.c.session.contains(_HANDED_OVER, autoescape=True), parked))
        async with self.database.reading() as connection:
            rows = (await connection.execute(asked)).all()
        return [self._chat_row(row) for row in rows]

    async def chat(self, chat_id: int) -> ChatRow | None:
        """The chat of that id, or None."""
        async with self.database.reading() as connection:
            row = (await connection.execute(_rows().where(chats.c.id == chat_id))).one_or_none()
        return self._chat_row(row) if row else None

    async def chat_of(self, chat: ChatRef) -> ChatRow | None:
        """The row of a chat, or None."""
        async with self.database.reading() as connection:
            row = (await connection.execute(_rows().where(chats.c.key == chat.key))).one_or_none()
        return self._chat_row(row) if row else None

    async def log_staff_message(
        self, chat_id: int, text: str, at: datetime, *, push: bool, source: str | None = None
    ) -> int | None:
        """Log what a person wrote into a chat, and with `push` leave the job that delivers it; its `seq`.

        `source` is the provider's id of what they wrote: the same one again changes nothing, and has the first
        one's `seq`. None for no such chat. No lease is needed: a turn in progress takes the next places in the log.
        """
        try:
            async with self.database.writing() as connection:
                return await log_by_staff(self.database, connection, chat_id, text, at, push=push, source=source)
        except IntegrityError:
            if source is None:
                raise
        said = select(messages.c.seq).where(messages.c.provider_id == source, messages.c.direction == "out")
        async with self.database.reading() as connection:
            return int((await connection.execute(said)).scalar_one())

    def _chat_row(self, row: Row[Any]) -> ChatRow:
        return ChatRow(
            chat_id=row.id,
            chat=ChatRef(row.channel, row.sender, row.session_id),
            session=row.session,
            waiting=row.waiting,
            last_at=row.updated_at.astimezone(self.zone),
            parked=row.parked,
            parked_since=row.parked_since.astimezone(self.zone) if row.parked_since else None,
            reach=row.reach,
        )


def _rows() -> Select[Any]:
    def count(what: Any, state: str) -> Any:
        return select(what).where(inbox.c.chat_id == chats.c.id, inbox.c.state == state).scalar_subquery()

    return select(
        chats,
        count(func.count(), "waiting").label("waiting"),
        count(func.count(), "parked").label("parked"),
        count(func.min(inbox.c.received_at), "parked").label("parked_since"),
    )


async def log_by_staff(
    database: Database,
    connection: AsyncConnection,
    chat_id: int,
    text: str,
    at: datetime,
    *,
    push: bool,
    source: str | None = None,
) -> int | None:
    """As `Staff.log_staff_message`, on the caller's transaction."""
    moment = literal(at, Moment)
    later = case((chats.c.updated_at < moment, moment), else_=chats.c.updated_at)
    place = (
        update(chats)
        .where(chats.c.id == chat_id)
        .values(last_seq=chats.c.last_seq + 1, revision=chats.c.revision + 1, updated_at=later)
        .returning(chats.c.last_seq, chats.c.channel, chats.c.sender, chats.c.session_id)
    )
    row = (await connection.execute(place)).one_or_none()
    if row is None:
        return None
    logged = {"chat_id": chat_id, "seq": row.last_seq, "direction": "out", "text": text, "provider_id": source}
    by = {"understood": {"by": "staff"}, "state": "sent", "at": at}
    await connection.execute(insert(messages).values(**logged, **by))
    if push:
        chat = ChatRef(row.channel, row.sender, row.session_id)
        await add_job(database, connection, reply_job(staff_key(chat_id, row.last_seq), chat, text))
    return int(row.last_seq)
