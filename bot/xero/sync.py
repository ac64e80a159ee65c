"""Orders and invoices of a period held against each other: every difference named, what is safe put right.

Safe is what the desk would do by itself: making what is missing, settling what is unsure, catching up with a newer
version, and reading again what the desk's mirror has old. What a bookkeeper did is shown, and never changed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.storage.store import SqlStore
from bot.xero.bills import Booked
from bot.xero.books import XeroBooks
from bot.xero.mirror import Mirrored, State
from core.domain.orders import Order, OrderStatus
from core.errors import DeskError
from core.wording import money

_CHUNK = 50


class Kind(StrEnum):
    """What is different."""

    MISSING = "missing"  # an order without an invoice
    BEHIND = "behind"  # the order has changed since, or was cancelled
    UNSURE = "unsure"  # a call's outcome is not known yet
    PARKED = "parked"  # was set aside for a person
    CHANGED = "changed"  # not what the desk wrote
    GONE = "gone"  # void, deleted, or not there, while the order stands
    STANDS = "stands"  # owed, while the order is cancelled
    EXTRA = "extra"  # says it is for an order, and is not its invoice
    ELSEWHERE = "elsewhere"  # was made in another organisation
    STALE = "stale"  # Xero has other money or status than the desk last saw

    @property
    def safe(self) -> bool:
        """Whether it can be put right without a person."""
        return self in (Kind.MISSING, Kind.BEHIND, Kind.UNSURE, Kind.STALE, Kind.PARKED)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `detail` is for people."""

    kind: Kind
    order_number: str
    invoice_number: str
    detail: str


@dataclass(frozen=True, slots=True)
class _Books:
    """What Xero has for a period and its orders, by id, and the numbers that the invoices of those have."""

    invoices: Mapping[str, Booked]
    numbers: Mapping[str, str]

    def of(self, row: Mirrored) -> Booked | None:
        return self.invoices.get(row.invoice_id or "")

    def numbered(self, number: str) -> Booked | None:
        return next((it for it in self.invoices.values() if it.number == number and it.status != "DELETED"), None)


class Sync:
    """Compares and repairs. Reads a page of Xero for each hundred invoices."""

    def __init__(self, store: SqlStore, books: XeroBooks) -> None:
        self._store = store
        self._books = books
        self._tenant_id = ""

    async def compare(self, first: date, last: date) -> list[Difference]:
        """Every difference of the orders placed, and invoices dated, within both days, by order number."""
        orders = await self._store.orders_placed(first, last)
        rows = {row.order_number: row for row in await self._books.mirror.of_orders([o.number or "" for o in orders])}
        dated = await self._books.api.invoices_dated(first, last)
        self._tenant_id = await self._books.api.tenant()
        books = await self._with_missing(dated, [*rows.values()], orders)
        found = [each for order in orders for each in await self._of_order(order, rows.get(order.number or ""), books)]
        found += await self._extras(dated)
        return sorted(found, key=lambda each: (each.order_number, each.invoice_number))

    async def repair(self, difference: Difference) -> str:
        """Put right what is safe; what stood against it in words, "" where nothing did."""
        if not difference.kind.safe:
            return ""
        order = await self._store.order(difference.order_number)
        outlet = await self._store.outlet(order.outlet or "") if order else None
        if order is None or outlet is None:
            return "the outlet is not known any more"
        try:
            if difference.kind is Kind.STALE:
                await self._refresh(difference.order_number)
            else:
                await self._books.invoice(order, outlet)
                # Its job may have been parked: it finds nothing left to do, and is off the list.
                await self._store.unpark_lane(f"invoice:{order.number}")
        except DeskError as error:
            return str(error)
        return ""

    async def _with_missing(self, dated: Iterable[Booked], rows: Sequence[Mirrored], orders: Sequence[Order]) -> _Books:
        """Those dated within the period, and those of its orders that are dated otherwise."""
        invoices = {each.invoice_id: each for each in dated}
        have = {each.number for each in invoices.values()}
        numbers = await self._books.numbers_of([order.number or "" for order in orders])
        asked = sorted(({row.number for row in rows} | set(numbers.values())) - have)
        for start in range(0, len(asked), _CHUNK):
            more = await self._books.api.invoices_numbered(asked[start : start + _CHUNK])
            invoices |= {each.invoice_id: each for each in more}
        return _Books(invoices, numbers)

    async def _of_order(self, order: Order, row: Mirrored | None, books: _Books) -> list[Difference]:
        number = order.number or ""
        cancelled = order.status is OrderStatus.CANCELLED
        if row is None or (row.invoice_id is None and row.state is State.NEW):
            there = books.numbered(row.number if row else books.numbers[number])
            if cancelled and there is None:
                return []
            says = "there is one in Xero that the desk does not know" if there else "the order has none"
            kind = Kind.STANDS if cancelled else Kind.MISSING
            return [Difference(kind, number, there.number if there else "", says)]
        if row.tenant_id != self._tenant_id:
            return [Difference(Kind.ELSEWHERE, number, row.number, "in the organisation that was connected before")]
        if row.state is State.PARKED:
            return [Difference(Kind.PARKED, number, row.number, row.difference or "")]
        if row.state is State.UNSURE:
            return [Difference(Kind.UNSURE, number, row.number, f"version {row.intended} may be there")]
        if row.version < order.version:
            what = "cancelled" if cancelled else f"now version {order.version}"
            return [Difference(Kind.BEHIND, number, row.number, f"invoiced as version {row.version}, {what}")]
        if row.invoice_id is None:
            return []
        return await self._of_invoice(order, row, books.of(row))

    async def _of_invoice(self, order: Order, row: Mirrored, found: Booked | None) -> list[Difference]:
        """An order whose present version is invoiced, or voided, as far as the desk knows."""
        number = order.number or ""
        if order.status is OrderStatus.CANCELLED:
            if found is not None and not found.gone and (found.amount_due or found.status == "DRAFT"):
                owed = money(found.amount_due, found.bill.currency)
                return [Difference(Kind.STANDS, number, row.number, f"{found.status}, {owed} owed")]
            return []
        if found is None or found.gone:
            says = f"{found.status.lower()} in Xero" if found else "not in Xero any more"
            return [Difference(Kind.GONE, number, row.number, says)]
        if found.bill.digest != row.digest:
            outlet = await self._store.outlet(order.outlet or "")
            expected = await self._books.bill(order, outlet, row) if outlet else None
            says = expected.difference(found.bill) if expected else ""
            return [Difference(Kind.CHANGED, number, row.number, says or "not as the desk wrote it")]
        now = (found.status, found.amount_due, found.paid, found.credited, found.sent)
        if now != (row.xero_status, row.amount_due, row.paid, row.credited, row.sent):
            says = f"{found.status}, {money(found.amount_due, found.bill.currency)} owed"
            return [Difference(Kind.STALE, number, row.number, f"{says}; the desk saw {row.xero_status}")]
        return []

    async def _extras(self, dated: Sequence[Booked]) -> list[Difference]:
        """Invoices that name one of our orders, or one that never was, and are not its invoice."""
        ours = re.compile(re.escape(self._store.order_prefix) + r"\d+")
        named = {each.bill.reference for each in dated if ours.fullmatch(each.bill.reference)}
        rows = {row.order_number: row for row in await self._books.mirror.of_orders(named)}
        numbers = await self._books.numbers_of(named)
        found: list[Difference] = []
        for each in dated:
            reference = each.bill.reference
            if reference not in named or each.gone:
                continue
            row = rows.get(reference)
            says = f"{each.status}, {money(each.bill.total, each.bill.currency)}"
            if row is None and await self._store.order(reference) is None:
                says += ": there is no such order"
            elif _of_its_own(numbers[reference], row, each):
                continue
            found.append(Difference(Kind.EXTRA, reference, each.number, says))
        return found

    async def _refresh(self, order_number: str) -> None:
        row = await self._books.mirror.of_order(order_number)
        found = await self._books.api.invoice(row.invoice_id) if row and row.invoice_id else None
        if found is not None:
            await self._books.mirror.seen(order_number, found)


def _of_its_own(number: str, row: Mirrored | None, found: Booked) -> bool:
    """Whether it is the order's invoice, the one that may be it, or an earlier one that was credited in full."""
    if row is None:
        return found.number == number
    if row.invoice_id == found.invoice_id or row.number == found.number:
        return True
    base = row.first_number
    earlier = {base, *(f"{base}-{revision}" for revision in range(2, row.revision))} if row.revision > 1 else set()
    return found.number in earlier and not found.amount_due
