"""What Xero says has changed: noted as jobs, and done one by one, each by asking Xero how the invoice stands now.

Events come late, twice and in any order; none of that matters, for an event only says where to look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from sqlalchemy import select

from bot.ports import ClaimedJob
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.jobs import add_job
from bot.storage.tables import xero_connection
from core.errors import DeliveryFailed, DeliveryRefused, DeskError, Disposition
from core.ports import Job

KIND = "xero change"


@dataclass(frozen=True, slots=True)
class Change:
    """An invoice of an organisation has changed. `at` is Xero's own text of when."""

    tenant_id: str
    invoice_id: str
    at: str

    @property
    def job(self) -> Job:
        """Looking it up. The same change told twice is one job; those of one invoice are done in turn."""
        name = f"{KIND}:{self.tenant_id}:{self.invoice_id}"
        return Job(KIND, f"{name}:{self.at}", name, {"invoice": self.invoice_id})


@runtime_checkable
class ChangedInvoices(Protocol):
    """Who knows how to look an invoice up."""

    async def refresh(self, invoice_id: str) -> None:
        """Bring what the desk knows of an invoice of Xero's up to date. Repeating it is harmless."""
        ...


class ChangeNotes:
    """Keeps changes of the desk's own organisation as jobs."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._tenant_id = settings.xero_tenant_id
        self._database = database

    async def keep(self, changes: Sequence[Change]) -> int:
        """Write down what is new of them, all in one transaction; how many that were."""
        kept = 0
        async with self._database.writing() as connection:
            tenant = (await connection.execute(select(xero_connection.c.tenant_id))).scalar() or self._tenant_id
            for change in changes:
                if tenant is not None and change.tenant_id == tenant.casefold():
                    kept += await add_job(self._database, connection, change.job)
        return kept


class ChangeLookup:
    """Does "xero change" jobs: `{"invoice": <Xero's id>}`."""

    def __init__(self, invoices: ChangedInvoices) -> None:
        self._invoices = invoices

    async def __call__(self, job: ClaimedJob) -> None:
        """Raises what `refresh` raises, and DeliveryRefused for what only a person can settle."""
        invoice_id = job.payload.get("invoice")
        if not isinstance(invoice_id, str):
            raise DeliveryRefused("a change of no invoice")
        try:
            await self._invoices.refresh(invoice_id)
        except DeliveryFailed:
            raise
        except DeskError as error:
            if error.disposition is Disposition.RETRY:
                raise DeliveryFailed(str(error)) from error
            raise DeliveryRefused(str(error)) from error
