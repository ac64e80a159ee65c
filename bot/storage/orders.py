"""Orders as they are read back, and the numbers they get."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, and_, select, update

from bot.storage.part import Part
from bot.storage.quick_reads import OrdersAsked
from bot.storage.tables import counters, order_lines, orders
from core.domain.orders import Order, OrderLine, OrderStatus

_BLOCK = 20
"""Order numbers taken from the counter at once; what a process has not used when it ends is skipped."""


_PAGE = 2_000
"""Orders read at once in an export."""


class Orders(Part):
    """Reads orders and hands out order numbers."""

    _numbering: asyncio.Lock
    _numbers: Iterator[int]

    async def orders_of(self, outlet: str, limit: int = 12) -> Sequence[Order]:
        """The outlet's orders that are not drafts, newest first, cancelled ones included."""
        if self._quick is not None:
            return await self._quick.orders(OrdersAsked(outlet=outlet, most=limit))
        asked = (
            select(orders)
            .where(orders.c.outlet == outlet)
            .order_by(orders.c.placed_at.desc(), orders.c.number.desc())
            .limit(limit)
        )
        return await self._read(asked)

    async def order(self, number: str) -> Order | None:
        """The order of that number, as it stands."""
        if self._quick is not None:
            found = await self._quick.orders(OrdersAsked(number=number))
        else:
            found = await self._read(select(orders).where(orders.c.number == number))
        return found[0] if found else None

    async def order_of_draft(self, draft_id: str) -> Order | None:
        """The order that a draft became, or None."""
        found = await self._read(select(orders).where(orders.c.draft_id == draft_id))
        return found[0] if found else None

    async def recent_orders(self, limit: int = 100) -> Sequence[Order]:
        """The newest orders of every outlet, for staff."""
        return await self._read(select(orders).order_by(orders.c.placed_at.desc()).limit(limit))

    async def orders_placed(self, first: date, last: date) -> Sequence[Order]:
        """Every order placed within both days in the supplier's time zone, oldest first."""
        start, end = (datetime.combine(day, time.min, self.zone) for day in (first, last + timedelta(days=1)))
        asked = (
            select(orders)
            .where(orders.c.placed_at >= start, orders.c.placed_at < end)
            .order_by(orders.c.placed_at, orders.c.number)
        )
        found: list[Order] = []
        while page := await self._read(asked.limit(_PAGE).offset(len(found))):
            found.extend(page)
            if len(page) < _PAGE:
                break
        return found

    async def next_order_number(self) -> str:
        """A new, never repeated order number, such as RS-10001. A turn that fails leaves a gap."""
        async with self._numbering:
            if (number := next(self._numbers, None)) is None:
                self._numbers = iter(await self._block())
                number = next(self._numbers)
        return f"{self.order_prefix}{number}"

    def _start_numbers(self) -> None:
        self._numbering = asyncio.Lock()
        self._numbers = iter(())

    async def _block(self) -> range:
        """The next numbers, for this process alone."""
        take = (
            update(counters)
            .where(counters.c.name == "order")
            .values(value=counters.c.value + _BLOCK)
            .returning(counters.c.value)
        )
        async with self.database.writing() as connection:
            last: int = (await connection.execute(take)).scalar_one()
        return range(last - _BLOCK + 1, last + 1)

    async def _read(self, asked: Any) -> list[Order]:
        """The orders of a query with the lines of their current versions."""
        async with self.database.snapshot() as connection:
            heads = (await connection.execute(asked)).all()
            own = and_(order_lines.c.order_number == orders.c.number, order_lines.c.version == orders.c.version)
            rows = await connection.execute(
                select(order_lines)
                .join(orders, own)
                .where(orders.c.number.in_([head.number for head in heads]))
                .order_by(order_lines.c.position)
            )
            lines: dict[str, list[OrderLine]] = {}
            for row in rows:
                lines.setdefault(row.order_number, []).append(_line(row))
        return [self._order(head, lines) for head in heads]

    def _order(self, head: Row[Any], lines: Mapping[str, list[OrderLine]]) -> Order:
        return Order(
            status=OrderStatus(head.status),
            outlet=head.outlet,
            lines=tuple(lines.get(head.number, ())),
            currency=head.currency,
            tax_rate=head.tax_rate,
            number=head.number,
            draft_id=head.draft_id or "",
            delivery_date=head.delivery_date,
            delivery_window=head.delivery_window,
            notes=tuple(head.notes),
            placed_at=head.placed_at.astimezone(self.zone) if head.placed_at else None,
            placed_by=head.placed_by,
            version=head.version,
        )


def _line(row: Row[Any]) -> OrderLine:
    return OrderLine(row.sku, row.name, row.quantity, row.unit, row.pieces_per_unit, row.unit_price)
