"""What an outlet owes, out of Xero; where Xero cannot be asked now, what it said last."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import structlog
from cachetools import LRUCache

from bot.xero.api import XeroApi
from bot.xero.bills import Booked
from bot.xero.contacts import Contacts
from bot.xero.mirror import Mirror, Mirrored
from core.domain.invoices import InvoiceStatus, Receivable, Statement
from core.domain.outlets import Outlet
from core.errors import AccountingAway, DeskError
from core.ports import Clock

log = structlog.get_logger(__name__)

_FRESH = timedelta(seconds=60)
_SECONDS = 3
_LISTED = timedelta(days=184)  # paid and credited invoices older than this are not listed
_MOST = 500


class Statements:
    """Asks once a minute for an outlet, and gives up within seconds: somebody is waiting in a chat."""

    def __init__(self, api: XeroApi, mirror: Mirror, contacts: Contacts, clock: Clock, currency: str) -> None:
        self._api = api
        self._mirror = mirror
        self._contacts = contacts
        self._clock = clock
        self._currency = currency
        self._said: LRUCache[str, Statement] = LRUCache(2_000)

    async def of(self, outlet: Outlet) -> Statement:
        """What an outlet owes and its recent invoices. Raises AccountingAway where nothing is known."""
        now = self._clock.now()
        known = self._said.get(outlet.code)
        if known is not None and known.current and now - known.as_of < _FRESH:
            return known
        try:
            async with asyncio.timeout(_SECONDS):
                statement = await self._asked(outlet, now)
        except (DeskError, TimeoutError, OSError) as error:
            log.info("xero_statement_not_asked", error=type(error).__name__)
            return await self._remembered(outlet, now)
        self._said[outlet.code] = statement
        return statement

    def changed(self, outlet: str) -> None:
        """Something of the outlet's was written just now."""
        self._said.pop(outlet, None)

    def forget(self) -> None:
        """Much may have changed."""
        self._said.clear()

    async def _asked(self, outlet: Outlet, now: datetime) -> Statement:
        contact_id = await self._contacts.known_id(await self._api.tenant(), outlet)
        found = await self._api.invoices_of(contact_id, _SECONDS) if contact_id else []
        ours = await self._mirror.numbered([each.number for each in found])
        receivables = [_receivable(each, ours.get(each.number, "")) for each in found]
        return _statement(receivables, now, self._currency, current=True)

    async def _remembered(self, outlet: Outlet, now: datetime) -> Statement:
        """What the mirror has: the invoices that the desk made, as last seen, all of them at the last look at least."""
        rows = await self._mirror.of_outlet(outlet.code, _MOST)
        if not rows:
            raise AccountingAway("Xero cannot be asked now, and nothing of this outlet is known")
        seen = [min(row.updated_at for row in rows if row.updated_at is not None), await self._mirror.looked_at()]
        as_of = max(moment for moment in seen if moment is not None).astimezone(now.tzinfo)
        return _statement([remembered(row) for row in rows], now, self._currency, current=False, as_of=as_of)


def _statement(
    receivables: Sequence[Receivable], now: datetime, usual: str, *, current: bool, as_of: datetime | None = None
) -> Statement:
    """Sums are of one currency, the `usual` one where an invoice is in it; what is owed in others stands apart."""
    today: date = now.date()
    recent = [each for each in receivables if each.amount_due or each.issued_on >= today - _LISTED]
    recent.sort(key=lambda each: (each.issued_on, each.number), reverse=True)
    owed: dict[str, Decimal] = {}
    for each in receivables:
        owed[each.currency] = owed.get(each.currency, Decimal(0)) + each.amount_due
    chosen = usual if usual in owed or not recent else recent[0].currency
    late = [each.amount_due for each in receivables if each.due_on < today and each.currency == chosen]
    return Statement(
        receivables=tuple(recent[:_MOST]),
        owed=owed.get(chosen, Decimal(0)),
        overdue=sum(late, Decimal(0)),
        currency=chosen,
        as_of=as_of or now,
        current=current,
        besides=tuple((amount, other) for other, amount in sorted(owed.items()) if other != chosen and amount),
    )


def _receivable(found: Booked, order_number: str) -> Receivable:
    return Receivable(
        number=found.number,
        order_number=order_number,
        issued_on=found.bill.issued_on,
        due_on=found.bill.due_on or found.bill.issued_on,
        total=found.bill.total,
        amount_due=found.amount_due,
        currency=found.bill.currency,
        status=status_of(found.status, found.bill.total, found.paid, found.credited),
        paid_on=found.paid_on if found.paid else None,
        paid=found.paid,
        credited=found.credited,
    )


def remembered(row: Mirrored) -> Receivable:
    """An invoice as it was seen last."""
    total, paid, credited = row.total or Decimal(0), row.paid or Decimal(0), row.credited or Decimal(0)
    return Receivable(
        number=row.number,
        order_number=row.order_number,
        issued_on=row.issued_on,
        due_on=row.due_on,
        total=total,
        amount_due=row.amount_due or Decimal(0),
        currency=row.currency or "",
        status=status_of(row.xero_status or "", total, paid, credited),
        paid_on=row.paid_on if paid else None,
        paid=paid,
        credited=credited,
    )


def status_of(status: str, total: Decimal, paid: Decimal, credited: Decimal) -> InvoiceStatus:
    """Xero's status in our words. "PAID" there is settled: by payment, by a credit (it was taken back), or by both."""
    if status in ("VOIDED", "DELETED") or (credited and not paid and credited >= total):
        return InvoiceStatus.VOID
    if status == "PAID":
        return InvoiceStatus.CLOSED if credited else InvoiceStatus.PAID
    return InvoiceStatus.OPEN
