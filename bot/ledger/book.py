"""Invoices in the desk's database."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Integer,
    Numeric,
    Row,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from tenacity import retry, retry_if_exception_type, stop_after_attempt

from bot.ledger.account import Account
from bot.ledger.snapshot import from_json, to_json
from bot.storage.database import Database
from bot.storage.tables import invoices, orders
from core.domain.invoices import Invoice, InvoiceStatus
from core.domain.orders import OrderStatus
from core.ports import Clock

_IDS = 500  # of one question; databases limit the parameters of one
_OPEN = invoices.c.status == InvoiceStatus.OPEN.value
_NEWEST = (invoices.c.issued_on.desc(), func.length(invoices.c.number).desc(), invoices.c.number.desc())
_CANCELLED = orders.c.status == OrderStatus.CANCELLED.value
# The order stands as it was invoiced; one that has just been changed waits for its invoice to follow.
_AS_ORDERED = invoices.c.version == orders.c.version


class SqlInvoiceBook:
    """Implements `bot.ledger.ledger.InvoiceBook` over the table `invoices`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._keep = _keep(database)

    async def find(self, order_number: str) -> Invoice | None:
        """The invoice of an order, or None."""
        async with self._database.reading() as connection:
            asked = select(invoices).where(invoices.c.order_number == order_number)
            row = (await connection.execute(asked)).one_or_none()
        return _invoice(row) if row else None

    @retry(retry=retry_if_exception_type(IntegrityError), stop=stop_after_attempt(2), reraise=True)
    async def keep(self, invoice: Invoice) -> Invoice:
        """Insert an invoice, or bring the stored one up to date; returns what is stored then.

        Two that insert it at once may meet at its number, which is not what the conflict is asked about: once more.
        """
        given = {
            "number": invoice.number,
            "order_number": invoice.order_number,
            "version": invoice.version,
            "status": invoice.status.value,
            "issued_on": invoice.issued_on,
            "due_on": invoice.due_on,
            "snapshot": to_json(invoice.order, invoice.outlet),
            "updated_at": self._clock.now(),
        }
        async with self._database.writing() as connection:
            written = (await connection.execute(self._keep, given)).one_or_none()
            if written is not None:
                return _invoice(written)
            asked = select(invoices).where(invoices.c.order_number == invoice.order_number)
            return _invoice((await connection.execute(asked)).one())

    async def reissue(self, invoice: Invoice) -> None:
        """Write an order's invoice over the stored one of no higher version, whatever that came to: it was taken back.

        Its number and dates may be others then.
        """
        of_order = and_(invoices.c.order_number == invoice.order_number, invoices.c.version <= invoice.version)
        change = update(invoices).where(of_order)
        async with self._database.writing() as connection:
            await connection.execute(
                change.values(
                    number=invoice.number,
                    version=invoice.version,
                    status=invoice.status.value,
                    issued_on=invoice.issued_on,
                    due_on=invoice.due_on,
                    paid_on=invoice.paid_on if invoice.status is InvoiceStatus.PAID else None,
                    snapshot=to_json(invoice.order, invoice.outlet),
                    updated_at=self._clock.now(),
                )
            )

    async def issued(self, first: date, last: date) -> list[Invoice]:
        """Invoices dated within both days, void ones included, by number."""
        async with self._database.reading() as connection:
            asked = select(invoices).where(invoices.c.issued_on.between(first, last))
            rows = (await connection.execute(asked)).all()
        return sorted((_invoice(row) for row in rows), key=lambda each: (len(each.number), each.number))

    async def account_of(self, outlet: str, today: date, limit: int) -> Account:
        """What an outlet owes, and its invoices, newest first: all that are open before those that are not.

        For a cancelled order nothing is owed, though its invoice is not voided yet.
        """
        open_first = case((_OPEN, 0), else_=1)
        of_outlet = select(invoices, _CANCELLED.label("cancelled"))
        of_outlet = of_outlet.join(orders, orders.c.number == invoices.c.order_number)
        of_outlet = of_outlet.where(orders.c.outlet == outlet)
        async with self._database.snapshot() as connection:
            rows = (await connection.execute(of_outlet.order_by(open_first, *_NEWEST).limit(limit))).all()
            sums = (await connection.execute(_sums(outlet, today))).one()
            apart = (await connection.execute(of_outlet.where(_OPEN, ~_AS_ORDERED, ~_CANCELLED))).all()
        owed, overdue = (Decimal(cents or 0).scaleb(-2) for cents in sums)
        for each in map(_invoice, apart):
            owed += each.order.total
            overdue += each.order.total if each.due_on < today else 0
        found = sorted(map(_as_owed, rows), key=lambda each: (each.issued_on, len(each.number), each.number))
        return Account(tuple(reversed(found)), owed, overdue)

    async def numbers_of(self, order_numbers: Collection[str]) -> Mapping[str, str]:
        """The numbers of the invoices that orders have, by order."""
        asked, found = list(order_numbers), dict[str, str]()
        pair = select(invoices.c.order_number, invoices.c.number)
        async with self._database.reading() as connection:
            for start in range(0, len(asked), _IDS):
                some = pair.where(invoices.c.order_number.in_(asked[start : start + _IDS]))
                found.update((row.order_number, row.number) for row in await connection.execute(some))
        return found

    async def numbered(self, number: str) -> Invoice | None:
        """The invoice of a number, its own or its order's, in capitals or not; None for no such invoice."""
        own = func.upper(invoices.c.number) == number.upper()
        own_first = case((own, 0), else_=1)
        asked = select(invoices).where(or_(own, invoices.c.order_number.in_((number, number.upper()))))
        async with self._database.reading() as connection:
            row = (await connection.execute(asked.order_by(own_first).limit(1))).one_or_none()
        return _invoice(row) if row else None

    async def listed(self, outlet: str | None, limit: int, *, open_only: bool) -> list[Invoice]:
        """The newest invoices, of an outlet or of all."""
        asked = select(invoices).order_by(*_NEWEST).limit(limit)
        if outlet is not None:
            asked = asked.join(orders, orders.c.number == invoices.c.order_number).where(orders.c.outlet == outlet)
        asked = asked.where(_OPEN) if open_only else asked
        async with self._database.reading() as connection:
            return [_invoice(row) for row in (await connection.execute(asked)).all()]

    async def pay(self, number: str, on: date) -> bool:
        """Mark an open invoice paid. False, and no change, where it is not open or its order has gone on since."""
        as_it_stands = select(orders.c.version).where(
            orders.c.number == invoices.c.order_number, orders.c.status != OrderStatus.CANCELLED.value
        )
        this = and_(invoices.c.number == number, _OPEN, invoices.c.version == as_it_stands.scalar_subquery())
        return await self._mark(this, InvoiceStatus.PAID, on)

    async def unpay(self, number: str) -> bool:
        """Mark a paid invoice open again. False, and no change, where it is not paid."""
        paid = and_(invoices.c.number == number, invoices.c.status == InvoiceStatus.PAID.value)
        return await self._mark(paid, InvoiceStatus.OPEN, None)

    async def _mark(self, which: ColumnElement[bool], status: InvoiceStatus, paid_on: date | None) -> bool:
        change = update(invoices).where(which)
        change = change.values(status=status.value, paid_on=paid_on, updated_at=self._clock.now())
        async with self._database.writing() as connection:
            return bool((await connection.execute(change)).rowcount)

    async def close(self, order_number: str) -> None:
        """Mark an open invoice closed."""
        change = update(invoices).where(invoices.c.order_number == order_number, _OPEN)
        async with self._database.writing() as connection:
            await connection.execute(change.values(status=InvoiceStatus.CLOSED.value, updated_at=self._clock.now()))


def _keep(database: Database) -> Executable:
    """The statement of `keep`; made once, because making it costs more than running it."""
    given = database.upsert(invoices)
    new = given.excluded
    older = invoices.c.version < new.version
    voided = and_(new.status == InvoiceStatus.VOID.value, invoices.c.version == new.version)
    # The condition is checked under the row's lock: of two processes the higher version wins, and a void
    # wins over its own version too.
    return given.on_conflict_do_update(
        index_elements=[invoices.c.order_number],
        set_={name: new[name] for name in ("version", "status", "snapshot", "updated_at")},
        where=and_(_OPEN, or_(older, voided)),
    ).returning(invoices)


def _sums(outlet: str, today: date) -> Select[int, Any]:
    """The open totals of an outlet, and those due before today, in cents: whole numbers on both databases."""
    cents = cast(func.round(cast(orders.c.total, Numeric) * literal(100, Integer)), BigInteger)
    return (
        select(func.sum(cents), func.sum(case((invoices.c.due_on < today, cents), else_=0)))
        .select_from(invoices.join(orders, orders.c.number == invoices.c.order_number))
        .where(orders.c.outlet == outlet, _OPEN, _AS_ORDERED, ~_CANCELLED)
    )


def _as_owed(row: Row[Any]) -> Invoice:
    """An invoice as its outlet owes it."""
    invoice = _invoice(row)
    waits = row.cancelled and invoice.status is InvoiceStatus.OPEN
    return replace(invoice, status=InvoiceStatus.VOID) if waits else invoice


def _invoice(row: Row[Any]) -> Invoice:
    order, outlet = from_json(row.snapshot)
    return Invoice(row.number, order, outlet, row.issued_on, row.due_on, InvoiceStatus(row.status), row.paid_on)
