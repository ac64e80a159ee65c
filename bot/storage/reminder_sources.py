"""What reminders are made from: orders by delivery day, open drafts, and the chats that an outlet's people have.

Asked every minute, so each question reads an index for a few days, or rows of the present, and never the history:
`deliveries_unspoken` and `orders_for` read `ix_orders_delivery_date` for one day, or a few; `open_drafts` reads
`drafts`, which holds a row only for a chat with something in its basket; the rest goes by primary or unique keys.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, func, select, tuple_

from bot.storage.part import Part
from bot.storage.reminding import Handed
from bot.storage.tables import chats, drafts, inbox, messages, orders, reminders
from bot.storage.written import by_customer
from core.domain.messages import ChatRef
from core.domain.orders import OrderStatus
from core.domain.reminders import PROVIDER_ID, ReminderKind, Unsaid


@dataclass(frozen=True, slots=True)
class Delivery:
    """An outlet that gets something on a day; `placed_at` is when the first of its orders for it was placed."""

    outlet: str
    day: date
    placed_at: datetime | None


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft with lines. `session` is its chat's, as text; `day` the delivery day that it names."""

    chat_id: int
    chat: ChatRef
    session: str | None
    touched_at: datetime
    day: date | None


@dataclass(frozen=True, slots=True)
class KnownChat:
    """A chat that exists. `reach` says why nothing can be sent to it, None where all is well, or may be again."""

    chat: ChatRef
    session: str | None
    reach: str | None
    wrote_at: datetime | None
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a reminder in a chat: its inbox row's `state`, and whether its turn said it.

    `unsaid`: why it did not, where there may still be a reason to. It came in `at`.
    """

    state: str
    spoke: bool
    unsaid: Unsaid | None
    at: datetime


class ReminderSources(Part):
    """Reads for whoever plans reminders."""

    async def deliveries_unspoken(self, kind: ReminderKind, day: date, after: str, limit: int) -> Sequence[Delivery]:
        """Outlets with confirmed orders for a day that nobody was reminded of yet, by code after `after`."""
        spoken = exists().where(
            reminders.c.outlet == orders.c.outlet, reminders.c.kind == kind.value, reminders.c.day == day
        )
        asked = (
            select(orders.c.outlet, func.min(orders.c.placed_at).label("placed_at"))
            .where(orders.c.delivery_date == day, orders.c.outlet > after)
            .where(orders.c.status == OrderStatus.CONFIRMED.value, ~spoken)
            .group_by(orders.c.outlet)
            .order_by(orders.c.outlet)
            .limit(limit)
        )
        async with self.database.reading() as connection:
            rows = (await connection.execute(asked)).all()
        return [Delivery(row.outlet, day, row.placed_at and row.placed_at.astimezone(self.zone)) for row in rows]

    async def orders_for(
        self, outlets: Collection[str], days: Collection[date]
    ) -> Mapping[str, Mapping[date, OrderStatus]]:
        """The days, of those asked for, that each outlet ordered for: confirmed, or cancelled where all of it was."""
        asked = (
            select(orders.c.outlet, orders.c.delivery_date, orders.c.status)
            .where(orders.c.delivery_date.in_(days), orders.c.outlet.in_(outlets))
            .distinct()
        )
        found: dict[str, dict[date, OrderStatus]] = defaultdict(dict)
        async with self.database.reading() as connection:
            for outlet, day, status in await connection.execute(asked):
                if found[outlet].get(day) is not OrderStatus.CONFIRMED:
                    found[outlet][day] = OrderStatus(status)
        return found

    async def spoken_of(
        self, kind: ReminderKind, outlets: Collection[str], days: Collection[date]
    ) -> set[tuple[str, date]]:
        """Which outlets were reminded of which of these days."""
        own = reminders.c
        asked = select(own.outlet, own.day).where(own.outlet.in_(outlets), own.kind == kind.value, own.day.in_(days))
        async with self.database.reading() as connection:
            return {(row.outlet, row.day) for row in await connection.execute(asked)}

    async def open_drafts(self, since: datetime, after: int, limit: int) -> Sequence[DraftRow]:
        """Drafts touched since, by their chats' ids after `after`."""
        asked = (
            select(drafts.c.chat_id, drafts.c.draft, drafts.c.updated_at, chats)
            .join(chats, chats.c.id == drafts.c.chat_id)
            .where(drafts.c.chat_id > after, drafts.c.updated_at >= since)
            .order_by(drafts.c.chat_id)
            .limit(limit)
        )
        async with self.database.reading() as connection:
            rows = (await connection.execute(asked)).all()
        return [
            DraftRow(
                row.chat_id,
                ChatRef(row.channel, row.sender, row.session_id),
                row.session,
                row[2].astimezone(self.zone),
                date.fromisoformat(row.draft["delivery_date"]) if row.draft.get("delivery_date") else None,
            )
            for row in rows
        ]

    async def known_chats(self, keys: Collection[str]) -> Mapping[str, KnownChat]:
        """Those of the chats that exist, by their keys."""
        wrote = (
            select(messages.c.at)
            .where(messages.c.chat_id == chats.c.id, by_customer())
            .order_by(messages.c.seq.desc())
            .limit(1)
            .scalar_subquery()
        )
        asked = select(chats, wrote.label("wrote_at")).where(chats.c.key.in_(keys))
        async with self.database.reading() as connection:
            rows = (await connection.execute(asked)).all()
        return {
            row.key: KnownChat(
                ChatRef(row.channel, row.sender, row.session_id),
                row.session,
                None if row.wrote_at and row.reach_at and row.wrote_at >= row.reach_at else row.reach,
                row.wrote_at.astimezone(self.zone) if row.wrote_at else None,
                row.updated_at.astimezone(self.zone),
            )
            for row in rows
        }

    async def browser_chats(self, senders: Collection[str]) -> Sequence[str]:
        """The keys of the senders' chats in the browser, those that moved last first. For the demo: no index helps."""
        asked = (
            select(chats.c.key)
            .where(chats.c.channel == "web", chats.c.sender.in_(senders))
            .order_by(chats.c.updated_at.desc())
        )
        async with self.database.reading() as connection:
            return list((await connection.execute(asked)).scalars())

    async def heard(self, handed: Collection[Handed]) -> Mapping[str, Heard]:
        """What became of reminders that were handed to chats, by provider id; those not accepted are left out."""
        names = [(each.ref.channel, each.id) for each in handed]
        asked = select(inbox.c.provider_id, inbox.c.state, inbox.c.body, inbox.c.received_at).where(
            tuple_(inbox.c.channel, inbox.c.provider_id).in_(names)
        )
        async with self.database.reading() as connection:
            rows = (await connection.execute(asked)).all()
        return {row.provider_id: self._heard(row) for row in rows}

    def _heard(self, row: Any) -> Heard:
        body = row.body or {}
        unsaid = next((why for key, why in body.get("unsaid", {}).items() if _is_of(row.provider_id, key)), None)
        return Heard(
            row.state,
            any(_is_of(row.provider_id, key) for key in body.get("reminders", ())),
            Unsaid(unsaid) if unsaid is not None else None,
            row.received_at.astimezone(self.zone),
        )


def _is_of(name: str, key: str) -> bool:
    """Whether a provider id of ours stands for an occasion, by its key: it begins with that."""
    return re.fullmatch(rf"{re.escape(key)}(?:[@:~].*)?", name.removeprefix(PROVIDER_ID)) is not None
