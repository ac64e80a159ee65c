"""Orders, outlets and invoices for the ledger's tests."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from bot.ledger import Supplier
from core.domain.invoices import Invoice, InvoiceStatus, due_date, invoice_number
from core.domain.orders import Order, OrderLine, OrderStatus
from core.domain.outlets import Outlet

SUPPLIER = Supplier(
    name="Straits Packaging Supply Pte Ltd",
    address="8 Pandan Loop #04-12\nSingapore 128227",
    uen="201812345K",
    gst_number="M2-1234567-8",
    payment="PayNow UEN 201812345K",
    country="Singapore",
)
OUTLET = Outlet(
    "CPZ-PSR",
    "Canadian Pizza Pasir Ris",
    address="442 Pasir Ris Drive 6 #01-28",
    postal_code="510442",
    delivery_days=(1, 3, 5),
    payment_terms_days=30,
)
BOX = OrderLine("PB-12-PLN", "Pizza Box 12in", 2, "bundle", 50, Decimal("32.00"))


def order(**changes: Any) -> Order:
    """A confirmed order of two bundles of boxes, delivered on a Tuesday."""
    given: dict[str, Any] = {
        "status": OrderStatus.CONFIRMED,
        "outlet": OUTLET.code,
        "lines": (BOX,),
        "currency": "SGD",
        "tax_rate": Decimal("0.09"),
        "number": "SO-001042",
        "delivery_date": date(2026, 11, 24),
        "delivery_window": "morning",
        "placed_at": datetime(2026, 11, 22, 17, 30, tzinfo=UTC),
    }
    return Order(**{**given, **changes})


def invoice(of: Order | None = None, outlet: Outlet = OUTLET, status: InvoiceStatus = InvoiceStatus.OPEN) -> Invoice:
    """The invoice of an order, dated 23 November 2026."""
    invoiced, day = of or order(), date(2026, 11, 23)
    number = invoice_number(invoiced.number or "")
    return Invoice(number, invoiced, outlet, day, due_date(day, outlet), status)


def order_lines(most: int = 12) -> st.SearchStrategy[tuple[OrderLine, ...]]:
    """Lines as they may be ordered: prices to four decimals, from one sell unit to thousands."""
    line = st.builds(
        OrderLine,
        sku=st.from_regex(r"[A-Z]{2}-[0-9]{2,5}", fullmatch=True),
        name=st.text(max_size=60),
        quantity=st.integers(1, 5_000),
        unit=st.sampled_from(["bundle", "carton", "pkt"]),
        pieces_per_unit=st.integers(1, 2_000),
        unit_price=st.decimals(0, 9_999, places=4),
    )
    return st.lists(line, min_size=1, max_size=most).map(tuple)
