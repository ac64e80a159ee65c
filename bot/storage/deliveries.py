"""What was sent on which channel and how far it got: `channels.contract.SentLog`, shared by all processes."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Row, Text, and_, case, cast, delete, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.jobs import add_job
from bot.storage.part import Part
from bot.storage.tables import chats, deliveries, inbox, messages, outbox, provider_contents
from bot.storage.written import by_customer
from channels.contract import Sent, Status
from core.domain.messages import ChatRef
from core.ports import Job

log = structlog.get_logger(__name__)

# What a status may follow. A message that has arrived did not fail, whatever a late report says.
_AFTER = {
    Status.SENDING: (),
    Status.SENT: (Status.SENDING,),
    Status.DELIVERED: (Status.SENDING, Status.SENT),
    Status.READ: (Status.SENDING, Status.SENT, Status.DELIVERED),
    Status.FAILED: (Status.SENDING, Status.SENT),
}
_UNTRUE = ("null", "false", "0", "0.0", '""', "[]", "{}")  # JSON that Python takes for false
_NOBODY = ""  # the chat of a status whose message is not on record yet
_TRIES = 5
_LOOK_BACK = 300  # most chats have nothing to find, and a busy one has thousands of rows
_ERROR_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class DeliveryChange:
    """What a provider's report changed. The message's `key`, `part` and `chat` are None while it is not on record."""

    status: Status
    key: str | None = None
    part: int | None = None
    chat: ChatRef | None = None


class Deliveries(Part):
    """The sent log. A part is begun before the provider is called, and finished with the provider's id."""

    async def begin(self, chat: ChatRef, key: str, part: int) -> Sent | None:
        """Record that a part is about to be sent. Returns what an earlier try left, None for the first."""
        now = self.database.moment()
        fresh = {"key": key, "part": part, "channel": chat.channel, "chat_key": chat.key, "status": Status.SENDING}
        insert = self.database.upsert(deliveries).values(**fresh, note={}, begun_at=now, updated_at=now)
        first = insert.on_conflict_do_nothing(index_elements=["key", "part"]).returning(deliveries.c.key)
        async with self.database.writing() as connection:
            while (await connection.execute(first)).first() is None:
                row = (await connection.execute(select(deliveries).where(_is(key, part)))).one_or_none()
                if row is not None:  # else another process has just forgotten it
                    return self._sent(row)
        return None

    async def finish(self, key: str, part: int, provider_id: str, note: Mapping[str, Any] | None = None) -> None:
        """Record that the provider took a part. A status that came before is kept.

        Where the provider gives an id that an earlier part had (it edited that message), the newer part has it,
        and the earlier one keeps it with a suffix.
        """
        noted = {} if note is None else {"note": dict(note)}
        try:
            async with self.database.writing() as connection:
                found = await connection.execute(self._finished(key, part, provider_id, noted))
        except IntegrityError:  # the id is on record: its status came first
            await self._finish_known(key, part, provider_id, noted)
        else:
            if not found.rowcount:
                log.warning("delivery_not_begun", key=key, part=part)

    async def annotate(self, key: str, part: int, note: Mapping[str, Any]) -> None:
        """Replace the note of a part."""
        change = update(deliveries).where(_is(key, part)).values(note=dict(note), updated_at=self.database.moment())
        async with self.database.writing() as connection:
            await connection.execute(change)

    async def forget(self, key: str, part: int) -> None:
        """Record that a part was certainly not sent, so that the next try begins afresh.

        One that the provider has taken meanwhile, for another process, stays.
        """
        async with self.database.writing() as connection:
            await connection.execute(delete(deliveries).where(_is(key, part), deliveries.c.provider_id.is_(None)))

    async def last_noted(self, chat: ChatRef, name: str) -> Sent | None:
        """The chat's newest part whose note has a true value under `name`, among its last few hundred."""
        order = (deliveries.c.begun_at.desc(), deliveries.c.part.desc())
        newest = (
            select(deliveries).where(deliveries.c.chat_key == chat.key).order_by(*order).limit(_LOOK_BACK).subquery()
        )
        asked = (
            select(newest)
            .where(cast(newest.c.note[name], Text).not_in(_UNTRUE))
            .order_by(newest.c.begun_at.desc(), newest.c.part.desc())
            .limit(1)
        )
        async with self.database.reading() as connection:
            row = (await connection.execute(asked)).one_or_none()
        return self._sent(row) if row else None

    async def by_provider_id(self, channel: str, provider_id: str) -> tuple[Sent, ChatRef] | None:
        """The part that the provider knows by this id, and the chat it went to."""
        asked = select(deliveries).where(_known_as(channel, provider_id), deliveries.c.chat_key != _NOBODY)
        async with self.database.reading() as connection:
            row = (await connection.execute(asked)).one_or_none()
        return (self._sent(row), _chat(row.chat_key)) if row else None

    async def record_status(
        self,
        channel: str,
        provider_id: str,
        status: Status,
        error_code: str | None = None,
        error: str | None = None,
        *,
        on_failure: Job | None = None,
    ) -> DeliveryChange | None:
        """Record how far a message got; None where that was known, or is overtaken by what is known.

        Reports may come in any order, twice, and before the message itself is on record. A message fails at
        most once; `on_failure` is a job that is left together with that.
        """
        now = self.database.moment()
        told = {"status": status, "error_code": error_code, "error": error[:_ERROR_CHARS] if error else None}
        early = {"key": f"early:{secrets.token_hex(12)}", "part": 0, "chat_key": _NOBODY, "note": {}}
        named = {"channel": channel, "provider_id": provider_id}
        insert = self.database.upsert(deliveries).values(**early, **named, **told, begun_at=now, updated_at=now)
        write = insert.on_conflict_do_update(
            index_elements=["channel", "provider_id"],
            set_={**told, "updated_at": now},
            where=deliveries.c.status.in_(_AFTER[status]),
        ).returning(deliveries.c.key, deliveries.c.part, deliveries.c.chat_key)
        async with self.database.writing() as connection:
            row = (await connection.execute(write)).one_or_none()
            if row is None:
                return None
            if status is Status.FAILED and on_failure is not None:
                await add_job(self.database, connection, on_failure)
        if row.chat_key == _NOBODY:
            return DeliveryChange(status)
        return DeliveryChange(status, row.key, row.part, _chat(row.chat_key))

    async def last_inbound_at(self, chat: ChatRef) -> datetime | None:
        """When the customer wrote last; None for never. Reads back from the end of the chat's log."""
        here = select(chats.c.id).where(chats.c.key == chat.key).scalar_subquery()  # joined, the whole log is sorted
        asked = (
            select(messages.c.at)
            .where(messages.c.chat_id == here, by_customer())
            .order_by(messages.c.seq.desc())
            .limit(1)
        )
        async with self.database.reading() as connection:
            at: datetime | None = (await connection.execute(asked)).scalar()
        return at.astimezone(self.zone) if at else None

    async def words_of(self, channel: str, chat: ChatRef, provider_id: str) -> str | None:
        """The text of a message of this very chat, either side's, by the provider's id; None where unknown."""
        theirs = (
            select(inbox.c.payload)
            .join(chats, chats.c.id == inbox.c.chat_id)
            .where(inbox.c.channel == channel, inbox.c.provider_id == provider_id, chats.c.key == chat.key)
        )
        ours = (
            select(outbox.c.payload)
            .join(deliveries, deliveries.c.key == outbox.c.key)
            .where(_known_as(channel, provider_id), deliveries.c.chat_key == chat.key)
        )
        async with self.database.reading() as connection:
            for asked in (theirs, ours):
                payload = (await connection.execute(asked)).scalar()
                if payload is not None:
                    return str(payload.get("text", "")) or None
        return None

    async def content(self, name: str) -> str | None:
        """The provider's id of a reusable piece of content (a WhatsApp picker), as `keep_content` stored it."""
        asked = select(provider_contents.c.provider_id).where(provider_contents.c.name == name)
        async with self.database.reading() as connection:
            provider_id: str | None = (await connection.execute(asked)).scalar()
        return provider_id

    async def keep_content(self, name: str, provider_id: str | None) -> None:
        """Remember it, or with None forget it."""
        write: Any = delete(provider_contents).where(provider_contents.c.name == name)
        if provider_id is not None:
            new = {"provider_id": provider_id, "created_at": self.database.moment()}
            write = self.database.upsert(provider_contents).values(name=name, **new)
            write = write.on_conflict_do_update(index_elements=["name"], set_=new)
        async with self.database.writing() as connection:
            await connection.execute(write)

    def _finished(self, key: str, part: int, provider_id: str, noted: Mapping[str, Any]) -> Any:
        """The write of `finish` for an id that is new; repeating it keeps the status that came since."""
        again = and_(deliveries.c.provider_id == provider_id, deliveries.c.status != Status.SENDING)
        values = {
            "provider_id": provider_id,
            "status": case((again, deliveries.c.status), else_=literal(Status.SENT.value)),
            "error_code": case((again, deliveries.c.error_code), else_=None),
            "error": case((again, deliveries.c.error), else_=None),
            "updated_at": self.database.moment(),
        }
        return update(deliveries).where(_is(key, part)).values(**values, **noted)

    async def _finish_known(self, key: str, part: int, provider_id: str, noted: Mapping[str, Any]) -> None:
        """`finish` for an id that another row has: take over what was reported of it."""
        for tried in range(1, _TRIES + 1):
            try:
                async with self.database.writing() as connection:
                    await self._take_over(connection, key, part, provider_id, noted)
                return
            except IntegrityError:  # a status came in between once more
                if tried == _TRIES:
                    raise

    async def _take_over(
        self, connection: AsyncConnection, key: str, part: int, provider_id: str, noted: Mapping[str, Any]
    ) -> None:
        own = select(deliveries.c.channel).where(_is(key, part)).scalar_subquery()
        other = and_(deliveries.c.channel == own, deliveries.c.provider_id == provider_id, ~_is(key, part))
        early = delete(deliveries).where(other, deliveries.c.chat_key == _NOBODY)
        returned = early.returning(deliveries.c.status, deliveries.c.error_code, deliveries.c.error)
        told = (await connection.execute(returned)).one_or_none()
        older = deliveries.c.provider_id + "~" + deliveries.c.key + ":" + cast(deliveries.c.part, Text)
        await connection.execute(update(deliveries).where(other).values(provider_id=older))
        await connection.execute(self._finished(key, part, provider_id, noted))
        if told is not None and told.status != Status.SENDING:
            values = {"status": told.status, "error_code": told.error_code, "error": told.error}
            await connection.execute(update(deliveries).where(_is(key, part)).values(**values))

    def _sent(self, row: Row[Any]) -> Sent:
        return Sent(
            key=row.key,
            part=row.part,
            provider_id=row.provider_id,
            status=Status(row.status),
            begun_at=row.begun_at.astimezone(self.zone),
            note=row.note,
        )


def _is(key: str, part: int) -> ColumnElement[bool]:
    return and_(deliveries.c.key == key, deliveries.c.part == part)


def _known_as(channel: str, provider_id: str) -> ColumnElement[bool]:
    return and_(deliveries.c.channel == channel, deliveries.c.provider_id == provider_id)


def _chat(key: str) -> ChatRef:
    """The chat of a stored key; senders have no bar in them."""
    return ChatRef(*key.split("|", 2))
