"""The lines of a document: read, checked and computed as Xero does.

https://developer.xero.com/documentation/api/accounting/invoices and central.xero.com's "Rounding": a unit amount has
two decimals (four with unitdp=4), LineAmount = Quantity x UnitAmount less discount, tax is rounded line by line.
"""

from decimal import Decimal

from tests.sandbox.xero.bodies import number, only_known, text
from tests.sandbox.xero.organisations import Organisation
from tests.sandbox.xero.records import ZERO, Line, new_id, percent_of
from tests.sandbox.xero.refusals import Problem, conflict
from tests.sandbox.xero.wire import Json, rounded

CENT = Decimal("0.01")


def read_lines(
    raw: object, organisation: Organisation, *, type: str, amounts: str, unit_places: int, complete: bool
) -> list[Line]:
    """The lines of an element. `complete`: an approved document, whose lines need an account and a tax type.

    Raises Problem with everything that is wrong with any of them.
    """
    if not isinstance(raw, list) or not all(isinstance(line, dict) for line in raw):
        raise Problem("LineItems must be an array of objects")
    if complete and not raw:
        raise Problem("One or more line items must be specified")
    lines: list[Line] = []
    found: list[Problem] = []
    for line in raw:
        try:
            lines.append(_line(line, organisation, type, amounts, unit_places, complete))
        except Problem as problem:
            found.append(problem)
    if found:
        messages = dict.fromkeys(message for problem in found for message in problem.messages)
        raise Problem(*messages, wrong=any(problem.wrong for problem in found))
    return lines


def check_totals(element: Json, sub_total: Decimal, tax: Decimal, total: Decimal) -> None:
    """Raises Problem where a client's own sums are not what Xero comes to."""
    for name, ours in (("SubTotal", sub_total), ("TotalTax", tax), ("Total", total)):
        given = number(element, name)
        if given is not None and given != ours:
            raise Problem(f"The document total does not equal the sum of the lines. ({name} {given}, expected {ours})")


def _line(raw: Json, organisation: Organisation, type: str, amounts: str, unit_places: int, complete: bool) -> Line:
    only_known(raw, "LineItem")
    description = text(raw, "Description", 4000)
    if not description:
        raise Problem("The description field is mandatory for each line item.")
    account = text(raw, "AccountCode", 10)
    tax_type = text(raw, "TaxType", 50)
    quantity, unit, amount, discount = _amounts(raw, type, unit_places)
    bare = quantity is None and unit is None and not amount
    if not bare:
        _check_account(account, organisation, complete)
    percent = ZERO if bare else _percent(tax_type, organisation, type, complete)
    tax = percent_of(amount, percent, amounts)
    given = number(raw, "TaxAmount")
    if given is not None and abs(given - tax) > CENT:
        raise Problem(f"The tax total {given} does not match the expected tax total {tax}")
    item = text(raw, "ItemCode", 30)
    if item and item not in organisation.items:
        raise Problem(f"Item code '{item}' is not valid")
    return Line(
        id=(text(raw, "LineItemID") or new_id()).lower(),
        description=description,
        quantity=quantity,
        unit_amount=unit,
        account_code=account,
        tax_type=tax_type,
        amount=amount,
        tax=tax if given is None else given,
        discount_rate=discount,
        item_code=item,
    )


def _amounts(raw: Json, type: str, unit_places: int) -> tuple[Decimal | None, Decimal | None, Decimal, Decimal | None]:
    """(quantity, unit amount, line amount, discount rate); what is missing of them is computed."""
    quantity, unit, amount = number(raw, "Quantity"), number(raw, "UnitAmount"), number(raw, "LineAmount")
    rate, off = number(raw, "DiscountRate"), number(raw, "DiscountAmount")
    if (rate or off) and type != "ACCREC":
        raise Problem("Discounts may not be applied to this type of document.")
    if amount is not None and rounded(amount) != amount:
        raise Problem(f"The line total {amount} has more than two decimals")
    if quantity is not None:
        quantity = rounded(quantity, 4)
    if unit is not None:
        unit = rounded(unit, unit_places)
    if quantity is None and unit is None and amount is None:
        return None, None, ZERO, None
    if amount is not None and quantity is None and unit is None:
        quantity = Decimal("1.0000")
    if amount is not None and unit is None and quantity:
        unit = rounded(amount / quantity, unit_places)
    if amount is not None and quantity is None and unit:
        quantity = rounded(amount / unit, 4)
    if quantity is None:
        quantity = Decimal("1.0000")
    if unit is None:
        raise Problem("Unit amount must be specified")
    expected = rounded(quantity * unit * (100 - (rate or 0)) / 100 - (off or 0))
    if amount is not None and amount != expected:
        raise Problem(f"The line total {amount} does not match the expected line total {expected}")
    return quantity, unit, expected, rate


def _check_account(code: str | None, organisation: Organisation, complete: bool) -> None:
    if code is None:
        if complete:
            raise Problem("Account code must be specified")
        return
    account = organisation.accounts.get(code)
    if account is None or account.kind == "BANK":
        raise Problem(f"Account code '{code}' is not a valid code for this document.")
    if account.status != "ACTIVE":
        raise conflict(f"Account code '{code}' has been archived, or deleted.")


def _percent(tax_type: str | None, organisation: Organisation, type: str, complete: bool) -> Decimal:
    if tax_type is None:
        if complete:
            raise Problem("The TaxType must be specified for each line item")
        return ZERO
    rate = organisation.tax_rates.get(tax_type)
    usable = rate is not None and (rate.revenue if type.startswith("ACCREC") else rate.expenses)
    if rate is None or not usable or rate.status != "ACTIVE":
        raise Problem(f"The TaxType code '{tax_type}' does not exist or cannot be used for this type of transaction.")
    return rate.percent
