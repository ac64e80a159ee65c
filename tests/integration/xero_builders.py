"""A supplier's books in the stand-in for Xero, on a database of the test's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, update

from bot.settings import Settings, load_settings
from bot.storage.database import Database
from bot.storage.store import SqlStore
from bot.storage.tables import order_lines, orders, outlets, xero_connection
from bot.xero.books import XeroBooks
from core.domain.orders import Order, OrderLine, OrderStatus
from core.domain.outlets import Outlet
from tests.databases import SINGAPORE
from tests.sandbox.xero_connection import HeldConnection
from tests.sandbox.xero_server import CLIENT_ID, CLIENT_SECRET, XeroServer
from tests.unit.bot.ledger.builders import SUPPLIER

OUTLET = Outlet(
    "CPZ-PSR",
    "Canadian Pizza Pasir Ris",
    address="442 Pasir Ris Drive 6 #01-28",
    postal_code="510442",
    delivery_days=(1, 3, 5),
    payment_terms_days=30,
)
BOX = OrderLine("PB-12-PLN", "Pizza Box 12in", 2, "bundle", 50, Decimal("32.00"))
STRAW = OrderLine("ST-01", "Straw", 3, "pkt", 250, Decimal("0.125"))


class Clock:
    """A clock that is set by hand; the desk and the stand-in share it. It starts on Monday noon in Singapore."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 12, 0, tzinfo=SINGAPORE)

    def now(self) -> datetime:
        return self.at

    def __call__(self) -> datetime:
        return self.at.astimezone(UTC)

    def on(self, **by: float) -> None:
        """Let time pass."""
        self.at += timedelta(**by)


def order(number: str = "RS-10001", **changes: Any) -> Order:
    """A confirmed order of boxes and straws."""
    given: dict[str, Any] = {
        "status": OrderStatus.CONFIRMED,
        "outlet": OUTLET.code,
        "lines": (BOX, STRAW),
        "currency": "SGD",
        "tax_rate": Decimal("0.09"),
        "number": number,
        "draft_id": f"d-{number}",
        "delivery_date": date(2026, 11, 24),
        "delivery_window": "morning",
        "placed_at": datetime(2026, 11, 23, 1, 30, tzinfo=UTC),
    }
    return Order(**{**given, **changes})


def amended(of: Order, quantity: int = 5) -> Order:
    """The order's next version, with more boxes."""
    return replace(of, version=of.version + 1, lines=(replace(BOX, quantity=quantity), *of.lines[1:]))


def cancelled(of: Order) -> Order:
    """The order's next version, cancelled."""
    return replace(of, version=of.version + 1, status=OrderStatus.CANCELLED)


def xero_settings(xero: XeroServer, **more: Any) -> Settings:
    """Settings that point at the stand-in."""
    given = {
        "xero_client_id": CLIENT_ID,
        "xero_client_secret": CLIENT_SECRET,
        "xero_api_url": xero.api_url,
        "xero_account_code": "200",
        "xero_timeout_seconds": 2,
    }
    return load_settings(_env_file=None, **{**given, **more})


def held(xero: XeroServer) -> HeldConnection:
    """A connection to the stand-in's first organisation."""
    return HeldConnection(xero.token_url, (CLIENT_ID, CLIENT_SECRET), xero.organisation.tenant_id, dict(xero.connect()))


@asynccontextmanager
async def open_xero_books(
    xero: XeroServer, store: SqlStore, clock: Any, connection: HeldConnection | None = None, **more: Any
) -> AsyncIterator[XeroBooks]:
    """The books of a process."""
    books = XeroBooks(xero_settings(xero, **more), store.database, clock, SUPPLIER, connection or held(xero))
    yield books
    await books.stop()


async def keep_connected(database: Database, tenant_id: str) -> None:
    """The row that a connection has, where the rests after a 429 are kept."""
    row = {"id": 1, "state": "connected", "tenant_id": tenant_id, "updated_at": datetime.now(UTC)}
    async with database.writing() as connection:
        await connection.execute(insert(xero_connection).values(**row))


async def keep_outlets(store: SqlStore, *found: Outlet) -> None:
    """Outlets, as an import leaves them."""
    async with store.database.writing() as connection:
        for position, outlet in enumerate(found):
            row = {name: getattr(outlet, name) for name in ("code", "name", "address", "postal_code", "zone")}
            terms = {"payment_terms_days": outlet.payment_terms_days, "price_list": outlet.price_list}
            days = {"delivery_days": list(outlet.delivery_days), "active": True, "position": position}
            await connection.execute(insert(outlets).values(**row, **terms, **days))


async def keep_order(store: SqlStore, of: Order) -> Order:
    """An order as a turn leaves it: its first version, or the next."""
    head = {
        name: getattr(of, name)
        for name in ("draft_id", "outlet", "currency", "tax_rate", "subtotal", "tax", "total", "delivery_date")
    }
    head |= {"status": of.status.value, "version": of.version, "placed_at": of.placed_at, "placed_by": of.placed_by}
    head |= {"delivery_window": of.delivery_window, "notes": list(of.notes), "updated_at": of.placed_at}
    names = ("sku", "name", "quantity", "unit", "pieces_per_unit", "unit_price", "line_total")
    async with store.database.writing() as connection:
        if of.version == 1:
            await connection.execute(insert(orders).values(number=of.number, **head))
        else:
            await connection.execute(update(orders).where(orders.c.number == of.number).values(**head))
        for position, line in enumerate(of.lines):
            row = {name: getattr(line, name) for name in names}
            place = {"order_number": of.number, "version": of.version, "position": position}
            await connection.execute(insert(order_lines).values(**row, **place))
    return of
