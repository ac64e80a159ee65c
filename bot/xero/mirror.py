"""What the desk knows of Xero: the invoice of each order, contacts and credit notes, in the desk's own database.

A row says what we are about to do before we do it, so that whoever comes after a crash looks before writing. It is
changed only as it was read: of two processes at one order (a claim that ran out, a `sync` by hand) one gives way.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, func, or_, select, update

from bot.storage.database import Database
from bot.storage.tables import orders, xero_connection, xero_contacts, xero_credit_notes
from bot.storage.tables import xero_invoices as _rows
from bot.xero.bills import Bill, Booked
from bot.xero.errors import Overtaken
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
    paid: Decimal | None = None
    credited: Decimal | None = None
    paid_on: date | None = None
    sent: bool = False
    difference: str | None = None
    changed_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def first_number(self) -> str:
        """The number of the order's first invoice, which those of the later ones are made from."""
        return self.number.removesuffix(f"-{self.revision}") if self.revision > 1 else self.number


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


_IDS = 500  # of one question; databases limit the parameters of one


class Mirror:
    """Reads and writes these rows, each write a transaction of its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of_order(self, order_number: str) -> Mirrored | None:
        """The invoice of an order; None where none was ever begun."""
        found = await self._read(select(_rows).where(_rows.c.order_number == order_number))
        return found[0] if found else None

    async def of_orders(self, order_numbers: Collection[str]) -> list[Mirrored]:
        """Those of several orders."""
        return await self._among(_rows.c.order_number, order_numbers)

    async def of_invoice(self, invoice_id: str) -> Mirrored | None:
        """The invoice that has this id in Xero; None for one that is not of an order, or was taken back."""
        found = await self._read(select(_rows).where(_rows.c.invoice_id == invoice_id))
        return found[0] if found else None

    async def of_invoices(self, invoice_ids: Collection[str]) -> list[Mirrored]:
        """Those of several orders, by their ids in Xero."""
        return await self._among(_rows.c.invoice_id, invoice_ids)

    async def numbered(self, numbers: Collection[str]) -> Mapping[str, str]:
        """Order numbers by the invoices' numbers."""
        return {row.number: row.order_number for row in await self._among(_rows.c.number, numbers)}

    async def of_outlet(self, outlet: str, limit: int) -> list[Mirrored]:
        """An outlet's approved and paid invoices as last seen, newest first; not those of another organisation."""
        connected = select(xero_connection.c.tenant_id).scalar_subquery()
        asked = (
            select(_rows)
            .join(orders, orders.c.number == _rows.c.order_number)
            .where(orders.c.outlet == outlet, _rows.c.tenant_id == func.coalesce(connected, _rows.c.tenant_id))
            .where(_rows.c.xero_status.in_(["AUTHORISED", "PAID"]))
            .order_by(_rows.c.issued_on.desc(), _rows.c.number.desc())
        )
        return await self._read(asked.limit(limit))

    async def looked_at(self) -> datetime | None:
        """When Xero was last asked for all that had changed."""
        async with self._database.reading() as connection:
            found: datetime | None = (
                await connection.execute(select(xero_connection.c.polled_at))
            ).scalar_one_or_none()
        return found

    async def intend(self, row: Mirrored, version: int, digest: str) -> Mirrored:
        """Note what the next call may write; from here on nobody writes without looking first. Raises Overtaken."""
        values = {
            **{name: getattr(row, name) for name in _KEPT},
            "state": State.UNSURE.value,
            "intended": version,
            "intended_digest": digest,
            "difference": None,
            "updated_at": self._clock.now(),
        }
        if row.updated_at is None:
            new = self._database.upsert(_rows).values(**values)
            return await self._write(new.on_conflict_do_nothing(index_elements=["order_number"]))
        as_read = [_rows.c[name] == getattr(row, name) for name in ("version", "intended", "revision")]
        as_read.append(_rows.c.state == row.state.value)
        return await self._write(update(_rows).where(_rows.c.order_number == row.order_number, *as_read), values)

    async def not_done(self, row: Mirrored) -> None:
        """The call surely wrote nothing: back to where the row was before, unless others have gone on since."""
        state = State.SYNCED if row.version else State.NEW
        with suppress(Overtaken):
            await self._change(
                row,
                _rows.c.state == State.UNSURE.value,
                _rows.c.intended_digest == row.intended_digest,
                _rows.c.revision == row.revision,
                state=state.value,
                intended=row.version,
                intended_digest=None,
            )

    async def not_ours(self, row: Mirrored) -> Mirrored:
        """What is there under the row's number was there before we ever sent anything. Raises Overtaken."""
        as_read = (_rows.c.intended_digest == row.intended_digest, _rows.c.revision == row.revision)
        return await self._change(row, *as_read, intended_digest=None)

    async def renumber(self, row: Mirrored, number: str) -> Mirrored:
        """Begin anew under another number: nothing of ours can be under the one it had. Raises Overtaken."""
        as_read = (_rows.c.state == row.state.value, _rows.c.invoice_id.is_(None), _rows.c.intended_digest.is_(None))
        same = (_rows.c.number == row.number, _rows.c.version == row.version)
        return await self._change(row, *as_read, *same, number=number, state=State.NEW.value, difference=None)

    async def settle(self, row: Mirrored, version: int, found: Booked | None = None) -> Mirrored:
        """Xero has this version of the order: as `found`, or (a cancelled order without an invoice) not at all.

        Raises Overtaken where it has a later one.
        """
        seen = {**_seen(found), "invoice_id": found.invoice_id, "digest": found.bill.digest} if found else {}
        return await self._change(
            row,
            _rows.c.version <= version,
            _rows.c.revision == row.revision,
            state=State.SYNCED.value,
            version=version,
            intended=version,
            intended_digest=None,
            difference=None,
            **seen,
        )

    async def park(self, row: Mirrored, difference: str, found: Booked | None = None) -> None:
        """Xero has something else; `found` is what of it is known. Raises Overtaken."""
        seen = _seen(found) if found else {}
        as_read = (_rows.c.version == row.version, _rows.c.revision == row.revision)
        await self._change(row, *as_read, state=State.PARKED.value, difference=difference, **seen)

    async def seen(self, order_number: str, found: Booked) -> None:
        """Bring what others may have changed up to date: status, money, dates, whether it was sent.

        An older look changes nothing, nor one at an invoice that is not the order's any more.
        """
        newer = or_(_rows.c.changed_at.is_(None), _rows.c.changed_at <= found.changed_at)
        changed = update(_rows).where(
            _rows.c.order_number == order_number, _rows.c.invoice_id == found.invoice_id, newer
        )
        with suppress(Overtaken):
            await self._write(changed, {**_seen(found), "updated_at": self._clock.now()})

    async def next_revision(self, row: Mirrored, number: str, issued_on: date, due_on: date) -> Mirrored:
        """The invoice was taken back: the order gets another one, under this number. Raises Overtaken."""
        blank = dict.fromkeys(("invoice_id", "digest", "intended_digest", "xero_status", "changed_at"))
        blank |= dict.fromkeys(("total", "amount_due", "paid", "credited", "paid_on"))
        return await self._change(
            row,
            _rows.c.revision == row.revision,
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

    async def _among(self, column: ColumnElement[Any], values: Collection[str]) -> list[Mirrored]:
        """The rows whose column is one of these values, however many."""
        asked = list(values)
        found: list[Mirrored] = []
        for start in range(0, len(asked), _IDS):
            found += await self._read(select(_rows).where(column.in_(asked[start : start + _IDS])))
        return found

    async def _change(self, row: Mirrored, *as_read: ColumnElement[bool], **values: Any) -> Mirrored:
        """Change the row of an order where it is as we read it. Raises Overtaken."""
        changed = update(_rows).where(_rows.c.order_number == row.order_number, *as_read)
        return await self._write(changed, {**values, "updated_at": self._clock.now()})

    async def _write(self, statement: Any, values: Mapping[str, Any] | None = None) -> Mirrored:
        given = statement.values(**values) if values else statement
        async with self._database.writing() as connection:
            written = (await connection.execute(given.returning(_rows))).one_or_none()
        if written is None:
            raise Overtaken("another process is at this invoice")
        return _mirrored(written)


_KEPT = ("order_number", "tenant_id", "number", "revision", "invoice_id", "version", "issued_on", "due_on", "digest")


def _seen(found: Booked) -> dict[str, Any]:
    """What of an invoice may change without us."""
    return {
        "xero_status": found.status,
        "currency": found.bill.currency,
        "total": found.bill.total,
        "amount_due": found.amount_due,
        "paid": found.paid,
        "credited": found.credited,
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
