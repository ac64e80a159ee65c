"""Money: Decimal amounts to the cent, always beside a currency code (ISO 4217)."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def to_cents(amount: Decimal) -> Decimal:
    """Round an amount to two decimals, half up, as IRAS asks of tax invoices."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def tax_on(subtotal: Decimal, rate: Decimal) -> Decimal:
    """The tax on a subtotal, computed once on the invoice total rather than line by line."""
    return to_cents(subtotal * rate)
