"""What PostgreSQL is asked while a turn or a job waits: prepared statements on connections of their own.

The same questions go through SQLAlchemy on SQLite; here that would cost a turn several round trips.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from decimal import Decimal
from typing import Any

import asyncpg

from bot.ports import ClaimedJob
from bot.storage import hot_postgres_sql as sql
from bot.storage import json
from bot.storage.batches import GroupCommitter, Outcomes
from bot.storage.hot_postgres import HotConnection, encoded
from core.domain.orders import Order, OrderLine, OrderStatus


@dataclass(frozen=True, slots=True)
class OrdersAsked:
    """The newest `most` orders of an outlet, or the order of a number."""

    outlet: str | None = None
    number: str | None = None
    most: int = 1

    def row(self, position: int) -> dict[str, Any]:
        """What the statement reads."""
        return {"ord": position, "outlet": self.outlet, "number": self.number, "most": self.most}


class QuickReads:
    """Reads orders, those of many callers together, and claims jobs."""

    def __init__(self, dsn: str, zone: tzinfo) -> None:
        self._zone = zone
        self._reading, self._claiming = HotConnection(dsn), HotConnection(dsn)
        self._orders = GroupCommitter(self._read_orders, lambda _asked: ())
        self._one_claim = asyncio.Lock()

    async def orders(self, asked: OrdersAsked) -> list[Order]:
        """The orders asked for, newest first."""
        return await self._orders.submit(asked)

    async def claim_jobs(self, owner: str, limit: int, hold: timedelta, without: Sequence[str]) -> Sequence[ClaimedJob]:
        """Claim due jobs, at most the first of each lane, oldest first, and none of the groups `without`."""
        async with self._one_claim:
            rows = await self._claiming.fetch(sql.CLAIM, owner, hold, limit, list(without))
        return [
            ClaimedJob(job_id, kind, key, lane, json.loads(payload), attempts)
            for job_id, kind, key, lane, payload, attempts in sorted(rows, key=lambda row: int(row[0]))
        ]

    async def close(self) -> None:
        """Disconnect."""
        await self._orders.close()
        await self._reading.close()
        await self._claiming.close()

    async def _read_orders(self, items: Sequence[OrdersAsked]) -> Outcomes[list[Order]]:
        batch = encoded([item.row(position) for position, item in enumerate(items)])
        found: list[list[Order]] = [[] for _ in items]
        for row in await self._reading.fetch(sql.ORDERS, batch):
            found[row[0]].append(_order(row, self._zone))
        return found


def _order(row: asyncpg.Record, zone: tzinfo) -> Order:
    (
        _, number, draft_id, outlet, status, version, currency, tax_rate, day, window, notes, by, at, lines,
    ) = row  # fmt: skip
    return Order(
        status=OrderStatus(status),
        outlet=outlet,
        lines=tuple(
            OrderLine(sku, name, quantity, unit, pieces, Decimal(price))
            for sku, name, quantity, unit, pieces, price in json.loads(lines or "[]")
        ),
        currency=currency,
        tax_rate=tax_rate,
        number=number,
        draft_id=draft_id or "",
        delivery_date=day,
        delivery_window=window,
        notes=tuple(json.loads(notes)),
        placed_at=at.astimezone(zone) if at else None,
        placed_by=by,
        version=version,
    )
