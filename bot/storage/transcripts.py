"""A chat's log as staff read it: with files, who wrote, and how far each reply got."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import DeliveredPart, TranscriptLine
from bot.storage.delivery_keys import every_key, first_key, staff_key, turn_key
from bot.storage.part import Part
from bot.storage.tables import chats, deliveries, inbox, messages, outbox
from core.domain.messages import Attachment, Kind
from core.domain.reminders import Occasion

_MOST_REPLIES = 100  # of one turn


class Transcripts(Part):
    """Reads messages together with what inbox, outbox and sent log know of them."""

    async def transcript(
        self, chat_id: int, after: int = 0, limit: int = 200, *, newest: bool = False
    ) -> Sequence[TranscriptLine]:
        """The chat's log after a sequence number, in order: the oldest `limit`, or the newest."""
        theirs = and_(inbox.c.channel == chats.c.channel, inbox.c.provider_id == messages.c.provider_id)
        asked = (
            select(messages, inbox.c.payload)
            .join(chats, chats.c.id == messages.c.chat_id)
            .outerjoin(inbox, and_(messages.c.direction == "in", theirs))
            .where(messages.c.chat_id == chat_id, messages.c.seq > after)
            .order_by(messages.c.seq.desc() if newest else messages.c.seq)
            .limit(limit)
        )
        async with self.database.snapshot() as connection:
            rows = sorted((await connection.execute(asked)).all(), key=lambda row: int(row.seq))
            keys = dict(_keys(rows, await _turn_start(connection, rows)))
            states = await _states(connection, list(keys.values()))
            parts = await self._parts(connection, list(keys.values()))
        return [
            self._line(row, states.get(keys.get(row.seq, "")), parts.get(keys.get(row.seq, ""), ())) for row in rows
        ]

    async def _parts(self, connection: AsyncConnection, keys: Sequence[str]) -> dict[str, list[DeliveredPart]]:
        """How far each message got, further tries behind the first."""
        every = [tried for key in keys for tried in every_key(key)]
        asked = select(deliveries).where(deliveries.c.key.in_(every))
        found: dict[str, list[DeliveredPart]] = defaultdict(list)
        for row in await connection.execute(asked.order_by(deliveries.c.begun_at, deliveries.c.part)):
            at = row.updated_at.astimezone(self.zone)
            found[first_key(row.key)].append(DeliveredPart(row.part, row.status, row.error_code, row.error, at))
        return found

    def _line(self, row: Row[Any], job_state: str | None, delivery: Sequence[DeliveredPart]) -> TranscriptLine:
        payload = row.payload or {}
        kind = payload.get("kind", Kind.TEXT.value)
        ours = row.direction == "out" or kind == Kind.REMINDER
        return TranscriptLine(
            seq=row.seq,
            direction=row.direction,
            kind=kind,
            text=_occasion(row.text) if kind == Kind.REMINDER else row.text,
            choices=tuple(row.choices or ()),
            at=row.at.astimezone(self.zone),
            author=payload.get("author", ""),
            by=(row.understood or {}).get("by", "desk") if ours else None,
            state=row.state if job_state in (None, "done") else job_state,
            attachments=tuple(Attachment(**each) for each in payload.get("attachments", ())),
            delivery=tuple(delivery),
            quoted=row.quoted,
        )


def _occasion(text: str) -> str:
    """What a reminder is about, in words."""
    try:
        occasion = Occasion.from_json(text)
    except ValueError:
        return ""
    return f"{occasion.kind.value}, {occasion.outlet}, {occasion.day:%a %d %b}"


async def _turn_start(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> int:
    """Where the replies of the first turn begin, which the rows may show the end of."""
    first = next((row for row in rows if row.direction == "out" and row.turn_id), None)
    if first is None:
        return 0
    asked = select(func.min(messages.c.seq)).where(
        messages.c.chat_id == first.chat_id,
        messages.c.seq.between(first.seq - _MOST_REPLIES, first.seq),
        messages.c.direction == "out",
        messages.c.turn_id == first.turn_id,
    )
    return int((await connection.execute(asked)).scalar_one())


def _keys(rows: Sequence[Row[Any]], start: int) -> Iterator[tuple[int, str]]:
    """The key of each message of ours, by its `seq`. A turn's replies stand together in the log."""
    begun: dict[str, int] = {}
    for row in rows:
        if row.direction != "out":
            continue
        if row.turn_id:
            begun.setdefault(row.turn_id, row.seq if begun else start)
            yield row.seq, turn_key(row.turn_id, row.seq - begun[row.turn_id])
        else:
            yield row.seq, staff_key(row.chat_id, row.seq)


async def _states(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, str]:
    """What became of the jobs that send the messages."""
    asked = select(outbox.c.key, outbox.c.state).where(outbox.c.key.in_(keys))
    return {row.key: row.state for row in await connection.execute(asked)}
