"""Accounting in Xero: implements `bot.ports.Books`. The desk's own record of each invoice is kept beside it."""

import asyncio
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta

import structlog

from bot.ledger import Ledger, SqlInvoiceBook, Supplier
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.jobs import add_job
from bot.xero.api import XeroApi
from bot.xero.bills import Bill
from bot.xero.contacts import Contacts
from bot.xero.endpoints import endpoints_of
from bot.xero.errors import InvoiceDiffers, ScopeMissing, XeroRefused
from bot.xero.invoicing import Invoicing, NewInvoice
from bot.xero.limits import Limits
from bot.xero.mirror import Mirror, Mirrored
from bot.xero.polling import Polling
from bot.xero.ports import Connection
from bot.xero.statements import Statements, remembered
from bot.xero.taxes import Codings
from bot.xero.wire import Wire, lease_of
from core.domain.invoices import Invoice, InvoiceStatus, Receivable, Statement, invoice_number
from core.domain.orders import Order, OrderStatus
from core.domain.outlets import Outlet
from core.errors import AccountingAway, DeskError
from core.ports import Clock, Job

log = structlog.get_logger(__name__)

_DOCUMENT_SECONDS = 8


class XeroBooks:
    """Orders become invoices in Xero; what the desk shows of them itself comes from its own record."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, supplier: Supplier, connection: Connection
    ) -> None:
        self._connection = connection
        self._database = database
        self._book = SqlInvoiceBook(database, clock)
        self._prefix = settings.invoice_prefix
        self._record = Ledger(self._book, supplier, clock, self._prefix)
        self.api = XeroApi(_wire(settings, database, clock, connection))
        self.mirror = Mirror(database, clock)
        self._contacts = Contacts(self.api, self.mirror)
        codings = Codings(self.api, clock, settings.xero_account_code, settings.xero_tax_type)
        self._invoicing = Invoicing(
            self.api,
            self.mirror,
            self._contacts,
            codings,
            clock,
            new=NewInvoice(settings.xero_invoice_status, self._prefix),
            tell=self._tell,
            landing=lease_of(settings.xero_timeout_seconds),
        )
        self._statements = Statements(self.api, self.mirror, self._contacts, clock, settings.currency)
        every = timedelta(seconds=settings.xero_poll_seconds)
        self._polling = Polling(database, self.api, self.mirror, self._statements, clock, every)

    async def invoice(self, order: Order, outlet: Outlet) -> Invoice:
        """Invoice an order as it stands, in Xero and in the desk's record; an older version changes nothing.

        Raises NotNow where it has to wait, DeliveryFailed where trying again helps, and XeroRefused or InvoiceDiffers
        where only a person can. The staff are told of the latter, and of a scope that is missing.
        """
        kept = await self._record.record(order, outlet)
        void = order.status is OrderStatus.CANCELLED
        if kept.version > order.version or (kept.status is InvoiceStatus.VOID and not void):
            return kept
        try:
            row = await self._invoicing.bring(order, outlet, kept)
        except (InvoiceDiffers, ScopeMissing, XeroRefused) as error:
            await self._tell(order, str(error))
            raise
        self._statements.changed(outlet.code)
        return await self._kept(kept, order, outlet, row) if row is not None else kept

    async def document(self, order_number: str) -> bytes | None:
        """The invoice as Xero prints it; None while it has none, or a draft only. Raises AccountingAway."""
        row = await self.mirror.of_order(order_number)
        if row is None or row.invoice_id is None:
            return None
        try:
            async with asyncio.timeout(_DOCUMENT_SECONDS):
                if row.xero_status in ("DRAFT", "SUBMITTED") and not await self._approved(row):
                    return None
                return await self.api.pdf(row.invoice_id, _DOCUMENT_SECONDS)
        except (DeskError, TimeoutError) as error:
            raise AccountingAway("Xero does not give the invoice now") from error

    async def statement(self, outlet: Outlet) -> Statement:
        """What an outlet owes and its invoices of the last months. Raises AccountingAway where nothing is known."""
        return await self._statements.of(outlet)

    async def standing(self, order_number: str) -> Receivable | None:
        """What of an order's invoice is owed, as last seen in Xero; None while it has none."""
        kept = await self._record.standing(order_number)
        row = await self.mirror.of_order(order_number)
        if kept is None or row is None or row.xero_status is None:
            return kept
        seen = remembered(row)
        taken_back = kept.status is InvoiceStatus.VOID and seen.status is not InvoiceStatus.CLOSED
        return replace(seen, status=InvoiceStatus.VOID) if taken_back else seen

    async def refresh(self, invoice_id: str) -> None:
        """Bring what the desk knows of an invoice up to date; one that it did not make is nothing to it.

        Raises what a call raises.
        """
        row = await self.mirror.of_invoice(invoice_id)
        found = await self.api.invoice(invoice_id) if row is not None else None
        if row is None or found is None:
            return
        await self.mirror.seen(row.order_number, found)
        kept = await self._record.find(row.order_number)
        if kept is not None:
            self._statements.changed(kept.outlet.code)

    async def look(self) -> int:
        """Ask Xero what has changed, where it is time; how many of the desk's invoices. Raises what a call raises."""
        return await self._polling.look()

    async def find(self, order_number: str) -> Invoice | None:
        """The invoice of an order as the desk keeps it, or None while it has none."""
        return await self._record.find(order_number)

    async def issued(self, first: date, last: date) -> list[Invoice]:
        """Invoices dated within both days as the desk keeps them, void ones included, by number."""
        return await self._record.issued(first, last)

    async def export(self, first: date, last: date, form: str = "register") -> str:
        """Those as CSV; see `Ledger.export`."""
        return await self._record.export(first, last, form)

    async def numbers_of(self, order_numbers: Collection[str]) -> Mapping[str, str]:
        """The number that the invoice of each order has in the desk's record, or would be given."""
        kept = await self._book.numbers_of(order_numbers)
        return {each: kept.get(each) or invoice_number(each, self._prefix) for each in order_numbers}

    async def bill(self, order: Order, outlet: Outlet, row: Mirrored) -> Bill:
        """The order as its invoice has to be. Raises what a call raises, for a contact that is not known yet too."""
        return await self._invoicing.bill(row, order, outlet)

    async def stop(self) -> None:
        """Wait for the calls that are out, and let the connection go."""
        await self._invoicing.close()
        await self.api.close()
        await self._connection.close()

    async def _kept(self, kept: Invoice, order: Order, outlet: Outlet, row: Mirrored) -> Invoice:
        """The desk's record of it, brought to what is in Xero: another number after a credit note."""
        status = InvoiceStatus.VOID if order.status is OrderStatus.CANCELLED else InvoiceStatus.OPEN
        stands = (kept.number, kept.version) == (row.number, order.version)
        if stands and (kept.status is not InvoiceStatus.OPEN or status is InvoiceStatus.OPEN):
            return kept
        new = replace(kept, number=row.number, order=order, outlet=outlet, status=status)
        new = replace(new, issued_on=row.issued_on, due_on=row.due_on)
        await self._book.reissue(new)
        return new

    async def _approved(self, row: Mirrored) -> bool:
        """Whether a bookkeeper has approved the draft meanwhile."""
        found = await self.api.invoice(row.invoice_id or "")
        if found is None:
            return False
        await self.mirror.seen(row.order_number, found)
        return found.status in ("AUTHORISED", "PAID")

    async def _tell(self, order: Order, text: str) -> None:
        """Tell the staff, once for the same words about the same version."""
        said = f"Order {order.number}: {text}"
        mark = hashlib.sha256(said.encode()).hexdigest()[:12]
        payload = {"about": "invoice", "outlet": order.outlet, "text": said}
        job = Job("staff", f"invoice:{order.number}:{order.version}:{mark}:staff", "staff", payload)
        async with self._database.writing() as connection:
            await add_job(self._database, connection, job)


def _wire(settings: Settings, database: Database, clock: Clock, connection: Connection) -> Wire:
    limits = Limits(settings.xero_minute_limit, settings.xero_concurrency, settings.xero_daily_limit)
    return Wire(
        connection,
        database,
        clock,
        limits,
        api_url=endpoints_of(settings).api,
        timeout=settings.xero_timeout_seconds,
    )
