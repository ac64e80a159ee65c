"""Claims about deliveries, as customers report and staff settle them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import ClaimFile, ClaimRow
from bot.storage.part import Part
from bot.storage.staff import log_by_staff
from bot.storage.tables import chats, claims, inbox, messages
from core.domain.claims import Claim
from core.domain.messages import Attachment
from core.domain.reminders import ClaimKind

_LONGEST = 4_000
_OPEN, _SETTLED = "open", "settled"


class Claims(Part):
    """Rows of `claims`."""

    async def keep_claim(self, claim: Claim, chat_id: int, turn_id: str, at: datetime) -> None:
        """Keep a claim that a turn told of; the same one again adds what is new, and repeating that changes nothing.

        What is told after a claim was settled opens it again.
        """
        row = {
            "id": claim.id,
            "order_number": claim.order,
            "chat_id": chat_id,
            "outlet": claim.outlet,
            "kind": claim.kind.value,
            "sku": claim.sku or None,
            "said": claim.said[:_LONGEST],
            "told": [[chat_id, turn_id]],
            "state": _OPEN,
            "made_at": at,
            "updated_at": at,
        }
        insert = self.database.upsert(claims).values(**row).on_conflict_do_nothing(index_elements=["id"])
        async with self.database.writing() as connection:
            if not (await connection.execute(insert)).rowcount:
                await self._add(connection, claim, [chat_id, turn_id], at)

    async def _add(self, connection: AsyncConnection, claim: Claim, turn: list[Any], at: datetime) -> None:
        this = claims.c.id == claim.id
        known = (await connection.execute(select(claims.c.said, claims.c.told).where(this).with_for_update())).one()
        if turn in known.told:
            return
        more = "" if claim.said in known.said else claim.said
        said = "\n".join(filter(None, (known.said, more)))[:_LONGEST]
        await connection.execute(update(claims).where(this).values(said=said, told=[*known.told, turn], updated_at=at))
        told_since = and_(this, claims.c.state == _SETTLED, claims.c.settled_at < at)
        await connection.execute(update(claims).where(told_since).values(state=_OPEN, settled_at=None))

    async def claims_of(self, order: str) -> Sequence[ClaimRow]:
        """The claims about an order, the oldest first."""
        asked = select(claims).where(claims.c.order_number == order).order_by(claims.c.made_at, claims.c.id)
        async with self.database.reading() as connection:
            return [self._claim_row(row) for row in (await connection.execute(asked)).all()]

    async def claim_rows(self, state: str | None = None, limit: int = 100) -> Sequence[ClaimRow]:
        """Claims, newest first: all of them, or those of a state."""
        asked = select(claims).order_by(claims.c.made_at.desc(), claims.c.id).limit(limit)
        asked = asked.where(claims.c.state == state) if state else asked
        async with self.database.reading() as connection:
            return [self._claim_row(row) for row in (await connection.execute(asked)).all()]

    async def claim_row(self, claim_id: str) -> ClaimRow | None:
        """The claim of that id, or None."""
        async with self.database.reading() as connection:
            row = (await connection.execute(select(claims).where(claims.c.id == claim_id))).one_or_none()
        return self._claim_row(row) if row else None

    async def claim_files(self, row: ClaimRow) -> Sequence[ClaimFile]:
        """What the customer sent with a claim, in order."""
        found: list[ClaimFile] = []
        async with self.database.reading() as connection:
            for chat_id, turn_id in row.told:
                for message in await connection.execute(_sent_in(chat_id, turn_id)):
                    files = (message.payload or {}).get("attachments", ())
                    found += [
                        ClaimFile(chat_id, message.seq, index, Attachment(**file)) for index, file in enumerate(files)
                    ]
        return found

    async def settle_claim(
        self, claim_id: str, note: str, at: datetime, tell: str | None = None, *, push: bool = False
    ) -> int | None:
        """Settle an open claim, and with `tell` say that in its chat, in one; the message's `seq`, 0 for none.

        None, and no change, where it is not open. `push` as in `log_staff_message`.
        """
        settle = update(claims).where(claims.c.id == claim_id, claims.c.state == _OPEN)
        settle = settle.values(state=_SETTLED, note=note, settled_at=at, updated_at=at)
        async with self.database.writing() as connection:
            chat_id = (await connection.execute(settle.returning(claims.c.chat_id))).scalar_one_or_none()
            if chat_id is None:
                return None
            if tell is None:
                return 0
            return await log_by_staff(self.database, connection, chat_id, tell, at, push=push)

    def _claim_row(self, row: Row[Any]) -> ClaimRow:
        return ClaimRow(
            Claim(row.order_number, row.outlet, ClaimKind(row.kind), row.sku or "", row.said),
            row.chat_id,
            tuple((chat_id, turn_id) for chat_id, turn_id in row.told),
            row.state,
            row.made_at.astimezone(self.zone),
            row.note,
            row.settled_at.astimezone(self.zone) if row.settled_at else None,
        )


def _sent_in(chat_id: int, turn_id: str) -> Any:
    """The customer's messages of a turn, with what inbox knows of them."""
    theirs = and_(inbox.c.channel == chats.c.channel, inbox.c.provider_id == messages.c.provider_id)
    return (
        select(messages.c.seq, inbox.c.payload)
        .join(chats, chats.c.id == messages.c.chat_id)
        .join(inbox, theirs)
        .where(messages.c.chat_id == chat_id, messages.c.turn_id == turn_id, messages.c.direction == "in")
        .order_by(messages.c.seq)
    )
