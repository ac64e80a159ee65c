"""Who is linked to an outlet, and the invites that are out: what staff read before they change it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.storage.part import Part
from bot.storage.tables import chats, contacts, invites, outlets


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite code: `max_uses` senders may link themselves to `outlet` with it, `uses` have."""

    code: str
    outlet: str
    uses: int
    max_uses: int
    expires_at: datetime | None
    revoked: bool
    outlet_active: bool = True

    def state(self, now: datetime) -> str:
        """In one word, or two: whether it works, or why it does not."""
        if self.revoked:
            return "revoked"
        if self.uses >= self.max_uses:
            return "used up"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "open" if self.outlet_active else "outlet closed"


@dataclass(frozen=True, slots=True)
class Linked:
    """A sender who orders for an outlet. `source`: "file" of an import, or "link" learnt from an invite."""

    identity: str
    source: str
    since: datetime


class Onboarding(Part):
    """Reads behind `resupply invites` and `resupply outlets`."""

    async def invite_rows(self) -> Sequence[Invite]:
        """Every invite ever made: by outlet, those that expire last first."""
        asked = (
            select(invites, outlets.c.active)
            .join(outlets, outlets.c.code == invites.c.outlet)
            .order_by(invites.c.outlet, invites.c.expires_at.desc(), invites.c.code)
        )
        async with self.database.reading() as connection:
            rows = (await connection.execute(asked)).all()
        return [
            Invite(
                row.code,
                row.outlet,
                row.uses,
                row.max_uses,
                row.expires_at.astimezone(self.zone) if row.expires_at else None,
                row.revoked,
                row.active,
            )
            for row in rows
        ]

    async def linked_to(self, outlet: str) -> Sequence[Linked]:
        """The senders who order for an outlet, those linked first at the top."""
        own = contacts.c
        asked = select(contacts).where(own.outlet == outlet).order_by(own.linked_at, own.identity)
        async with self.database.reading() as connection:
            rows = (await connection.execute(asked)).all()
        return [Linked(row.identity, row.source, row.linked_at.astimezone(self.zone)) for row in rows]

    async def chat_keys_of(self, sender: str) -> Sequence[str]:
        """The keys of a sender's chats, on whatever channel."""
        asked = select(chats.c.key).where(chats.c.sender == sender)
        async with self.database.reading() as connection:
            return list((await connection.execute(asked)).scalars())
