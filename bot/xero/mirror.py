"""What the desk knows of Xero: the invoice of each order, contacts and credit notes, in the desk's own database.

A row says what we are about to do before we do it, so that whoever comes after a crash looks before writing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, delete, select, update

from bot.storage.database import Database
from bot.storage.tables import orders, xero_contacts, xero_credit_notes, xero_invoices
from bot.xero.bills import Bill, Booked
from core.ports import Clock


class State(StrEnum):
    """Where the invoice of an order stands between us and Xero."""

    NEW = "new"  # nothing is there, and no call is out that could have made it
    UNSURE = "unsure"  # a call may have written what was intended: look it up first
    SYNCED = "synced"  # Xero has the order's `version`
    PARKED = "parked"  # Xero has something else that is not ours to change


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The invoice of an order as we know it; see the table `xero_invoices`."""

    order_number: str
    tenant_id: str
    number: str
    issued_on: date
    due_on: date
    revision: int = 1
    invoice_id: str | None = None
    state: State = State.NEW
    version: int = 0
    intended: int = 0
    digest: str | None = None
    intended_digest: str | None = None
    xero_status: str | None = None
    currency: str | None = None
    total: Decimal | None = None
    amount_due: Decimal | None = None
    paid_on: date | None = None
    sent: bool = False
    difference: str | None = None
    changed_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MirroredNote:
    """A credit note as we know it. `state`: "unsure", "made" (not set against its invoice yet) or "done"."""

    number: str
    order_number: str
    invoice_number: str
    credit_note_id: str | None
    total: Decimal
    allocated: Decimal
    state: str


class Mirror:
    """Reads and writes these rows, each write a transaction of its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of_order(self, order_number: str) -> Mirrored | None:
        """The invoice of an order; None where none was ever begun."""
        found = await self._read(select(xero_invoices).where(xero_invoices.c.order_number == order_number))
        return found[0] if found else None

    async def of_orders(self, order_numbers: Collection[str]) -> list[Mirrored]:
        """Those of several orders."""
        return await self._read(select(xero_invoices).where(xero_invoices.c.order_number.in_(order_numbers)))

    async def of_invoice(self, invoice_id: str) -> Mirrored | None:
        """The invoice that has this id in Xero; None for one that is not of an order, or was taken back."""
        found = await self._read(select(xero_invoices).where(xero_invoices.c.invoice_id == invoice_id))
        return found[0] if found else None

    async def numbered(self, numbers: Collection[str]) -> Mapping[str, str]:
        """Order numbers by the invoices' numbers."""
        rows = await self._read(select(xero_invoices).where(xero_invoices.c.number.in_(numbers)))
        return {row.number: row.order_number for row in rows}

    async def of_outlet(self, outlet: str, limit: int) -> list[Mirrored]:
        """An outlet's approved and paid invoices as last seen, newest first."""
        asked = (
            select(xero_invoices)
            .join(orders, orders.c.number == xero_invoices.c.order_number)
            .where(orders.c.outlet == outlet)
            .where(xero_invoices.c.xero_status.in_(["AUTHORISED", "PAID"]))
            .order_by(xero_invoices.c.issued_on.desc(), xero_invoices.c.number.desc())
        )
        return await self._read(asked.limit(limit))

    async def intend(self, row: Mirrored, version: int, digest: str) -> Mirrored:
        """Note what the next call may write; from here on nobody writes without looking first."""
        now = self._clock.now()
        values = {
            **{name: getattr(row, name) for name in _KEPT},
            "state": State.UNSURE.value,
            "intended": version,
            "intended_digest": digest,
            "difference": None,
            "updated_at": now,
        }
        insert = self._database.upsert(xero_invoices).values(**values)
        written = insert.on_conflict_do_update(
            index_elements=[xero_invoices.c.order_number],
            set_={name: value for name, value in values.items() if name != "order_number"},
        )
        return await self._write(written.returning(xero_invoices))

    async def not_done(self, row: Mirrored) -> None:
        """The call surely wrote nothing: back to where the row was before."""
        state = State.SYNCED if row.version else State.NEW
        await self._change(row.order_number, state=state.value, intended=row.version, intended_digest=None)

    async def settle(self, row: Mirrored, version: int, found: Booked | None = None) -> Mirrored:
        """Xero has this version of the order: as `found`, or (a cancelled order without an invoice) not at all."""
        seen = {**_seen(found), "invoice_id": found.invoice_id, "digest": found.bill.digest} if found else {}
        return await self._change(
            row.order_number,
            state=State.SYNCED.value,
            version=version,
            intended=version,
            intended_digest=None,
            difference=None,
            **seen,
        )

    async def park(self, row: Mirrored, difference: str, found: Booked | None = None) -> None:
        """Xero has something else; `found` is what of it is known."""
        seen = _seen(found) if found else {}
        await self._change(row.order_number, state=State.PARKED.value, difference=difference, **seen)

    async def seen(self, order_number: str, found: Booked) -> None:
        """Bring what others may have changed up to date: status, money, dates, whether it was sent."""
        await self._change(order_number, **_seen(found))

    async def next_revision(self, row: Mirrored, number: str, issued_on: date, due_on: date) -> Mirrored:
        """The invoice was taken back: the order gets another one, under this number."""
        blank = dict.fromkeys(
            ("invoice_id", "digest", "intended_digest", "xero_status", "total", "amount_due", "paid_on", "changed_at")
        )
        return await self._change(
            row.order_number,
            **blank,
            state=State.NEW.value,
            number=number,
            revision=row.revision + 1,
            issued_on=issued_on,
            due_on=due_on,
            sent=False,
            difference=None,
        )

    # -- contacts ---------------------------------------------------------------------------------------

    async def contact_of(self, tenant_id: str, outlet: str) -> str | None:
        """The id of an outlet's contact, where it is known."""
        asked = select(xero_contacts.c.contact_id).where(
            xero_contacts.c.tenant_id == tenant_id, xero_contacts.c.outlet == outlet
        )
        async with self._database.reading() as connection:
            found: str | None = (await connection.execute(asked)).scalar_one_or_none()
        return found

    async def keep_contact(self, tenant_id: str, outlet: str, contact_id: str) -> None:
        """Remember an outlet's contact."""
        values = {"contact_id": contact_id, "updated_at": self._clock.now()}
        insert = self._database.upsert(xero_contacts).values(tenant_id=tenant_id, outlet=outlet, **values)
        async with self._database.writing() as connection:
            await connection.execute(insert.on_conflict_do_update(index_elements=["tenant_id", "outlet"], set_=values))

    async def forget_contact(self, tenant_id: str, outlet: str) -> None:
        """It is not to be used any more: archived, or merged into another."""
        gone = delete(xero_contacts).where(xero_contacts.c.tenant_id == tenant_id, xero_contacts.c.outlet == outlet)
        async with self._database.writing() as connection:
            await connection.execute(gone)

    # -- credit notes -----------------------------------------------------------------------------------

    async def note(self, number: str) -> MirroredNote | None:
        """A credit note that was begun."""
        asked = select(xero_credit_notes).where(xero_credit_notes.c.number == number)
        async with self._database.reading() as connection:
            row = (await connection.execute(asked)).one_or_none()
        return _note(row) if row else None

    async def keep_note(self, note: MirroredNote) -> None:
        """Write a credit note as it stands."""
        values = {name: getattr(note, name) for name in MirroredNote.__slots__} | {"updated_at": self._clock.now()}
        insert = self._database.upsert(xero_credit_notes).values(**values)
        async with self._database.writing() as connection:
            await connection.execute(insert.on_conflict_do_update(index_elements=["number"], set_=values))

    # -- in common --------------------------------------------------------------------------------------

    async def _read(self, asked: Select[Any]) -> list[Mirrored]:
        async with self._database.reading() as connection:
            return [_mirrored(row) for row in await connection.execute(asked)]

    async def _change(self, order_number: str, **values: Any) -> Mirrored:
        changed = update(xero_invoices).where(xero_invoices.c.order_number == order_number)
        return await self._write(changed.values(**values, updated_at=self._clock.now()).returning(xero_invoices))

    async def _write(self, statement: Any) -> Mirrored:
        async with self._database.writing() as connection:
            return _mirrored((await connection.execute(statement)).one())


_KEPT = ("order_number", "tenant_id", "number", "revision", "invoice_id", "version", "issued_on", "due_on", "digest")


def _seen(found: Booked) -> dict[str, Any]:
    """What of an invoice may change without us."""
    return {
        "xero_status": found.status,
        "currency": found.bill.currency,
        "total": found.bill.total,
        "amount_due": found.amount_due,
        "issued_on": found.bill.issued_on,
        "due_on": found.bill.due_on or found.bill.issued_on,
        "paid_on": found.paid_on,
        "sent": found.sent,
        "changed_at": found.changed_at,
    }


def _mirrored(row: Row[Any]) -> Mirrored:
    given = {name: row._mapping[name] for name in Mirrored.__slots__}
    return Mirrored(**given | {"state": State(row.state)})


def _note(row: Row[Any]) -> MirroredNote:
    return MirroredNote(**{name: row._mapping[name] for name in MirroredNote.__slots__})


def intended_bill(row: Mirrored, bill: Bill) -> bool:
    """Whether a bill is what the call that may have come through was to write."""
    return row.intended_digest is not None and row.intended_digest == bill.digest
