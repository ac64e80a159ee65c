"""Books that say what a test wants: a statement for each outlet, a file for each order, or that they are away."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.domain.invoices import Invoice, InvoiceStatus, Receivable, Statement
from core.domain.orders import Order
from core.domain.outlets import Outlet
from core.errors import AccountingAway

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Singapore"))


def receivable(
    order: int,
    total: str,
    due: str | None = None,
    *,
    issued: date = date(2026, 11, 9),
    due_on: date = date(2026, 12, 9),
    status: InvoiceStatus = InvoiceStatus.OPEN,
    paid_on: date | None = None,
) -> Receivable:
    """An invoice of order RS-<order>; all of it is due unless said otherwise."""
    owed = Decimal(due if due is not None else total if status is InvoiceStatus.OPEN else "0")
    return Receivable(
        f"INV-{order}", f"RS-{order}", issued, due_on, Decimal(total), owed, "SGD", status, paid_on=paid_on
    )


def statement(*rows: Receivable, current: bool = True, at: datetime = NOW) -> Statement:
    """What is owed is the sum of what is due, and what is overdue of what was due before that day."""
    late = [row for row in rows if row.due_on < at.date()]
    owed, overdue = (sum((row.amount_due for row in each), Decimal(0)) for each in (rows, late))
    return Statement(rows, owed, overdue, "SGD", at, current)


class Books:
    """Implements `core.ports.Accounting`. `asked` are the outlets whose statement was wanted."""

    def __init__(
        self, statements: Mapping[str, Statement] | None = None, files: Mapping[str, bytes] | None = None
    ) -> None:
        self.statements = dict(statements or {})
        self.files = dict(files or {})
        self.away = False
        self.asked: list[str] = []

    async def invoice(self, order: Order, outlet: Outlet) -> Invoice:
        raise NotImplementedError("these books only answer questions")

    async def document(self, order_number: str) -> bytes | None:
        if self.away:
            raise AccountingAway("the books cannot be reached")
        return self.files.get(order_number)

    async def statement(self, outlet: Outlet) -> Statement:
        self.asked.append(outlet.code)
        if self.away or outlet.code not in self.statements:
            raise AccountingAway("the books cannot be reached")
        return self.statements[outlet.code]
