"""What an outlet owes by the ledger."""

from dataclasses import dataclass
from decimal import Decimal

from core.domain.invoices import Invoice


@dataclass(frozen=True, slots=True)
class Account:
    """The invoices of an outlet, newest first, and the sums of all its open ones, listed here or not."""

    invoices: tuple[Invoice, ...]
    owed: Decimal
    overdue: Decimal
