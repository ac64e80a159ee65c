"""Claims about deliveries, as staff settle them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from bot.storage.part import Part
from bot.storage.tables import claims
from core.domain.claims import Claim
from core.domain.reminders import ClaimKind

_LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim with the chat that it came from. `state`: "open" or "settled"."""

    claim: Claim
    chat_id: int
    state: str
    made_at: datetime


class Claims(Part):
    """Rows of `claims`."""

    async def keep_claim(self, claim: Claim, chat_id: int, at: datetime) -> None:
        """Keep a claim; the same one again adds what is said anew to it, and repeating that changes nothing."""
        row = {
            "id": claim.id,
            "order_number": claim.order,
            "chat_id": chat_id,
            "outlet": claim.outlet,
            "kind": claim.kind.value,
            "sku": claim.sku or None,
            "said": claim.said[:_LONGEST],
            "state": "open",
            "made_at": at,
            "updated_at": at,
        }
        insert = self.database.upsert(claims).values(**row).on_conflict_do_nothing(index_elements=["id"])
        async with self.database.writing() as connection:
            if (await connection.execute(insert)).rowcount or not claim.said:
                return
            known = (await connection.execute(select(claims.c.said).where(claims.c.id == claim.id))).scalar_one()
            if claim.said not in known:
                said = "\n".join(filter(None, (known, claim.said)))[:_LONGEST]
                write = update(claims).where(claims.c.id == claim.id).values(said=said, updated_at=at)
                await connection.execute(write)

    async def claims_of(self, order: str) -> Sequence[ClaimRow]:
        """The claims about an order, the oldest first."""
        asked = select(claims).where(claims.c.order_number == order).order_by(claims.c.made_at, claims.c.id)
        async with self.database.reading() as connection:
            rows = (await connection.execute(asked)).all()
        return [
            ClaimRow(
                Claim(row.order_number, row.outlet, ClaimKind(row.kind), row.sku or "", row.said),
                row.chat_id,
                row.state,
                row.made_at.astimezone(self.zone),
            )
            for row in rows
        ]
