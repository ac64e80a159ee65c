"""The invoice of an order, brought to where the order stands, exactly once.

What is about to be written is noted first. Whoever finds such a note looks the invoice up before anything else: it is
adopted where it equals the order, and parked with the difference where it does not. PUT makes an invoice and never
overwrites one; POST goes by id to an invoice that we know to be ours and unchanged.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NoReturn
from weakref import WeakValueDictionary

import structlog

from bot.xero.api import XeroApi, key_of
from bot.xero.batching import Batches, Put
from bot.xero.bills import Bill, Booked, bill_of, body_of
from bot.xero.contacts import Contacts
from bot.xero.crediting import Crediting
from bot.xero.errors import InvoiceDiffers, StillLanding, XeroFailed, XeroRefused
from bot.xero.mirror import Mirror, Mirrored, State, intended_bill
from bot.xero.taxes import Codings
from core.domain.invoices import INVOICE_PREFIX, Invoice, due_date, invoice_number
from core.domain.orders import Order, OrderStatus
from core.domain.outlets import Outlet
from core.errors import NotNow
from core.ports import Clock
from core.wording import money

log = structlog.get_logger(__name__)

Tell = Callable[[Order, str], Awaitable[None]]

_CANCELLED = "cancelled"  # what is intended for a cancelled order, in place of a bill's digest


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """What a new invoice gets: its status, DRAFT or AUTHORISED, and what its number begins with.

    The desk's record has given it a number already; the prefix counts where that one turns out to be somebody else's.
    """

    status: str
    prefix: str = INVOICE_PREFIX


class Invoicing:
    """Brings invoices to Xero. `tell` reaches the staff.

    `landing` is how long a call may be on its way whose end nobody saw.
    """

    def __init__(
        self,
        api: XeroApi,
        mirror: Mirror,
        contacts: Contacts,
        codings: Codings,
        clock: Clock,
        *,
        new: NewInvoice,
        tell: Tell,
        landing: timedelta,
    ) -> None:
        self._api = api
        self._mirror = mirror
        self._contacts = contacts
        self._codings = codings
        self._clock = clock
        self._new = new
        self._tell = tell
        self._landing = landing
        self._batches = Batches(api)
        self._crediting = Crediting(api, mirror, clock)
        self._flights: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def bring(self, order: Order, outlet: Outlet, local: Invoice) -> Mirrored | None:
        """Make, change, void or credit the invoice of an order; None for one that needs none.

        `local` is the desk's own record of it, which dates it. Raises InvoiceDiffers, XeroRefused, or what a call
        raises; doing it again goes on from there.
        """
        lock = self._flights.setdefault(order.number or "", asyncio.Lock())
        async with lock:
            try:
                return await self._bring(order, outlet, local)
            except XeroRefused as error:
                if not error.of_contact:
                    raise
            # The contact is forgotten: it may have been merged into another since, which is found now.
            return await self._bring(order, outlet, local)

    async def close(self) -> None:
        """Wait for what is out."""
        await self._batches.close()

    async def _bring(self, order: Order, outlet: Outlet, local: Invoice) -> Mirrored | None:
        tenant_id, number = await self._api.tenant(), order.number or ""
        row = await self._mirror.of_order(number)
        if row is None and _cancelled(order):
            return None
        if row is None:
            row = Mirrored(number, tenant_id, local.number, local.issued_on, local.due_on)
        if row.tenant_id != tenant_id:
            raise InvoiceDiffers(f"{row.number} is in another organisation of Xero than the one connected now")
        if row.state is State.SYNCED and row.version >= order.version:
            return row
        if order.version > max(row.version, row.intended) + 1:
            log.info("xero_versions_skipped", order=number, last=max(row.version, row.intended), now=order.version)
        return await (self._first if row.invoice_id is None else self._again)(row, order, outlet)

    # -- an invoice that is not known to be there -----------------------------------------------------------

    async def _first(self, row: Mirrored, order: Order, outlet: Outlet) -> Mirrored:
        """Look it up where it may be there; else make it, unless the order is cancelled."""
        row = await self._free_of_others(row)
        never_sent = row.state is State.NEW
        if row.state in (State.UNSURE, State.PARKED) and (found := await self._batches.find(row.number)) is not None:
            return await self._adopted(row, found, order, outlet)
        if _cancelled(order):
            self._let_land(row, _CANCELLED)
            return await self._mirror.settle(row, order.version)
        bill = await self.bill(row, order, outlet)
        self._let_land(row, bill.digest)
        row = await self._mirror.intend(row, order.version, bill.digest)
        put = Put(
            bill.number,
            body_of(bill, order.tax_rate, self._new.status),
            key_of(bill.number, order.version, bill.digest),
        )
        try:
            made = await self._batches.put(put)
        except XeroFailed:
            # Every one of a batch is unsure together, and so they are looked up together.
            if (found := await self._batches.find(row.number)) is None:
                raise
            return await self._adopted(row, found, order, outlet)
        except NotNow:
            await self._mirror.not_done(row)
            raise
        except XeroRefused as error:
            if error.taken and (found := await self._batches.find(row.number)) is not None:
                row = await self._mirror.not_ours(row) if never_sent else row
                return await self._adopted(row, found, order, outlet)
            await self._refused(row, outlet, error)
            raise
        return await self._verified(row, order, bill, made)

    async def _free_of_others(self, row: Mirrored) -> Mirrored:
        """The row under a number of the present prefix, where the one that it has is surely taken by somebody else."""
        number = invoice_number(row.order_number, self._new.prefix)
        surely = row.state is State.PARKED and row.invoice_id is None and row.intended_digest is None
        if not surely or row.revision > 1 or row.number == number:
            return row
        return await self._mirror.renumber(row, number)

    async def _adopted(self, row: Mirrored, found: Booked, order: Order, outlet: Outlet) -> Mirrored:
        """Take what is there under our number for ours where it says what we meant, or what the order says now."""
        if found.gone:
            return await self._gone(row, found, order)
        if intended_bill(row, found.bill):
            row = await self._mirror.settle(row, row.intended, found)
        else:
            bill = await self.bill(row, order, outlet)
            if difference := bill.difference(found.bill):
                await self._park(row, f"{found.number} is there with other content: {difference}")
            row = await self._mirror.settle(row, order.version, found)
        if row.version < order.version or _cancelled(order):
            return await self._again(row, order, outlet)
        return row

    # -- an invoice of ours ---------------------------------------------------------------------------------

    async def _again(self, row: Mirrored, order: Order, outlet: Outlet) -> Mirrored:
        """Change, void or credit an invoice that is there, unless a bookkeeper has changed it."""
        found = await self._api.invoice(row.invoice_id or "")
        if found is None:
            await self._park(row, f"{row.number} is not in Xero any more")
        if found.gone:
            return await self._gone(row, found, order)
        bill = await self.bill(row, order, outlet)
        taken_back = await self._crediting.stands(row)
        if not (_cancelled(order) or taken_back or bill.difference(found.bill)):
            return await self._mirror.settle(row, order.version, found)
        if found.bill.digest != row.digest and not intended_bill(row, found.bill):
            changed = f"{found.number} was changed in Xero: {bill.difference(found.bill) or 'to what the order says'}"
            await self._park(row, changed, found)
        if taken_back or not found.editable:
            return await self._credited(row, found, order, outlet)
        return await self._overwritten(row, found, order, outlet, bill)

    async def _gone(self, row: Mirrored, found: Booked, order: Order) -> Mirrored:
        """It is void or deleted: as it should be for a cancelled order, a bookkeeper's doing for any other."""
        if not _cancelled(order):
            await self._park(
                row,
                f"{found.number} is {found.status.lower()} in Xero, and the order stands",
                found if row.invoice_id else None,
            )
        return await self._mirror.settle(row, order.version, found)

    async def _overwritten(self, row: Mirrored, found: Booked, order: Order, outlet: Outlet, bill: Bill) -> Mirrored:
        """Write over our own invoice. What may have come through is looked at when the job comes again."""
        digest, body = bill.digest, body_of(bill, order.tax_rate)
        if _cancelled(order):
            digest, body = _CANCELLED, {"Status": "VOIDED" if found.status == "AUTHORISED" else "DELETED"}
        if found.bill.digest == row.digest:
            self._let_land(row, digest)
        row = await self._mirror.intend(row, order.version, digest)
        try:
            key = key_of(found.number, order.version, digest, found.changed_at)
            made = await self._api.post_invoice(found.invoice_id, body, key)
        except XeroFailed:
            raise
        except NotNow:
            await self._mirror.not_done(row)
            raise
        except XeroRefused as error:
            await self._refused(row, outlet, error)
            now = await self._api.invoice(found.invoice_id)
            if now is None or now.gone or now.editable:
                raise
            return await self._credited(row, now, order, outlet)  # paid, or sent, in this very moment
        if not _cancelled(order):
            return await self._verified(row, order, bill, made)
        if not made.gone:
            await self._park(row, f"{made.number} is {made.status.lower()} still, and the order is cancelled", made)
        return await self._mirror.settle(row, order.version, made)

    async def _credited(self, row: Mirrored, found: Booked, order: Order, outlet: Outlet) -> Mirrored:
        """Somebody has it, or money stands against it: take it back by a credit note, and begin another."""
        if found.credited and not await self._crediting.begun(row):
            # Somebody else credits it: another credit of ours on top would be money given away.
            if _cancelled(order) and found.credited >= found.bill.total:
                return await self._mirror.settle(row, order.version, found)
            credited = money(found.credited, found.bill.currency)
            await self._park(row, f"{credited} of {found.number} was credited in Xero already", found)
        try:
            note = await self._crediting.credit(row, found)
        except InvoiceDiffers as error:
            await self._park(row, str(error), found)
        if note.allocated < note.total:
            rest = money(note.total - note.allocated, found.bill.currency)
            await self._tell(order, f"{found.number} was credited by {note.number}; {rest} of it stays as a credit.")
        if _cancelled(order):
            seen = await self._api.invoice(found.invoice_id)
            return await self._mirror.settle(row, order.version, seen or found)
        today = self._today()
        number = f"{row.first_number}-{row.revision + 1}"
        row = await self._mirror.next_revision(row, number, today, due_date(today, outlet))
        return await self._first(row, order, outlet)

    # -- in common ------------------------------------------------------------------------------------------

    async def bill(self, row: Mirrored, order: Order, outlet: Outlet) -> Bill:
        """The order as an invoice under the row's number and dates."""
        coding, contact_id = await asyncio.gather(
            self._codings.of_rate(row.tenant_id, Decimal(order.tax_rate)),
            self._contacts.id_of(row.tenant_id, outlet),
        )
        return bill_of(order, row.number, (contact_id, outlet.name), (row.issued_on, row.due_on), coding)

    def _let_land(self, row: Mirrored, digest: str) -> None:
        """Before something else is written than a call that may still be on its way. Raises StillLanding."""
        if row.state is not State.UNSURE or row.intended_digest == digest or row.updated_at is None:
            return
        left = self._landing - (self._clock.now() - row.updated_at)
        if left > timedelta(0):
            raise StillLanding(f"what was sent for {row.number} may still come through", left.total_seconds())

    async def _verified(self, row: Mirrored, order: Order, bill: Bill, made: Booked) -> Mirrored:
        """What Xero made of it has to be the order, to the cent."""
        if difference := bill.difference(made.bill):
            await self._park(row, f"{made.number} came out otherwise in Xero: {difference}", made)
        return await self._mirror.settle(row, order.version, made)

    async def _refused(self, row: Mirrored, outlet: Outlet, error: XeroRefused) -> None:
        """Nothing was written; what it was written by may be out of date."""
        await self._mirror.not_done(row)
        self._codings.forget()
        if error.of_contact:
            await self._contacts.forget(row.tenant_id, outlet)

    async def _park(self, row: Mirrored, difference: str, found: Booked | None = None) -> NoReturn:
        """Leave it to a person. Raises InvoiceDiffers."""
        await self._mirror.park(row, difference, found)
        raise InvoiceDiffers(difference)

    def _today(self) -> date:
        return self._clock.now().date()


def _cancelled(order: Order) -> bool:
    return order.status is OrderStatus.CANCELLED
