"""An invoice as PDF: what IRAS asks of a tax invoice, laid out as a bookkeeper expects it.

IRAS, "Invoicing customers": the words "tax invoice", number, date, the supplier's name, address and GST
registration number, the customer's name and address, what was supplied, and the total before GST, the GST
with its rate, and the total with it.
"""

from contextlib import closing
from datetime import date
from decimal import Decimal

from fpdf import Align

from bot.ledger.page import BAND, GREY, INK, LINE, MARGIN, VOID_RED, WIDTH, InvoicePage
from bot.ledger.supplier import Supplier
from core.domain.invoices import Invoice, InvoiceStatus
from core.domain.orders import OrderLine

COLUMNS: tuple[tuple[str, float, Align], ...] = (
    ("No.", 9, Align.L),
    ("SKU", 27, Align.L),
    ("Description", 59, Align.L),
    ("Qty", 13, Align.R),
    ("Unit", 16, Align.L),
    ("Pieces", 15, Align.R),
    ("Unit price", 20, Align.R),
    ("Amount", 21, Align.R),
)
SKU_WIDTH, NAME_WIDTH, UNIT_WIDTH = COLUMNS[1][1], COLUMNS[2][1], COLUMNS[4][1]
FACTS_LEFT = 122.0
TOTALS_LEFT = 122.0
TOTALS_HEIGHT = 34.0


def render(invoice: Invoice, supplier: Supplier) -> bytes:
    """The PDF. The same invoice and supplier give the same bytes."""
    # The number of pages is known after laying the invoice out, and stands on every page.
    with closing(InvoicePage(invoice, supplier, pages=1)) as trial:
        _lay_out(trial)
    with closing(InvoicePage(invoice, supplier, trial.pages_count)) as page:
        _lay_out(page)
        return bytes(page.output())


def _lay_out(page: InvoicePage) -> None:
    page.add_page()
    _heads(page)
    _bill_to(page)
    _lines(page)
    _totals(page)
    _remarks(page)


def _heads(page: InvoicePage) -> None:
    """The supplier on the left; the title and the invoice's facts on the right."""
    top = page.get_y()
    page.set_y(top)
    page.paragraph(page.supplier.name, 95, size=14, bold=True)
    page.ln(1.5)
    for text in _supplier_lines(page.supplier):
        page.paragraph(text, 95, size=8.5, colour=GREY)
    left_end = page.get_y()
    page.set_xy(110, top)
    page.put(page.heading, MARGIN + WIDTH - 110, size=20, bold=True, align=Align.R)
    page.set_y(top + 10)
    if page.invoice.status is InvoiceStatus.VOID:
        page.set_x(110)
        page.put("VOID: this invoice is cancelled", MARGIN + WIDTH - 110, bold=True, align=Align.R, colour=VOID_RED)
        page.ln(LINE + 1)
    if page.invoice.paid_on is not None:
        page.set_x(110)
        page.put(f"PAID on {_day(page.invoice.paid_on)}", MARGIN + WIDTH - 110, bold=True, align=Align.R)
        page.ln(LINE + 1)
    for name, value in _facts(page.invoice):
        page.set_x(FACTS_LEFT)
        page.put(name, 27, size=8.5, colour=GREY)
        page.put(value, MARGIN + WIDTH - FACTS_LEFT - 27, size=8.5, bold=True, align=Align.R)
        page.ln(LINE + 0.4)
    page.set_y(max(left_end, page.get_y()) + 5)


def _supplier_lines(supplier: Supplier) -> list[str]:
    """What is known of the supplier, a line each."""
    named = [
        ("", supplier.phone),
        ("", supplier.email),
        ("UEN: ", supplier.uen),
        (f"{supplier.tax_name} Reg. No.: ", supplier.gst_number),
    ]
    address = [line for line in supplier.address.splitlines() if line.strip()]
    return address + [label + value for label, value in named if value]


def _facts(invoice: Invoice) -> list[tuple[str, str]]:
    order = invoice.order
    terms = invoice.outlet.payment_terms_days
    facts = [
        ("Invoice no.", invoice.number),
        ("Invoice date", _day(invoice.issued_on)),
        ("Due date", _day(invoice.due_on)),
        ("Terms", f"{terms} days" if terms else "Due on receipt"),
        (
            "Order no.",
            f"{invoice.order_number} (rev. {order.version})" if order.version > 1 else invoice.order_number,
        ),
    ]
    if order.delivery_date:
        window = f", {order.delivery_window}" if order.delivery_window else ""
        facts.append(("Delivery", _day(order.delivery_date) + window))
    return facts


def _bill_to(page: InvoicePage) -> None:
    outlet = page.invoice.outlet
    page.rule()
    page.ln(3)
    page.put("BILL TO", 95, size=7.5, bold=True, colour=GREY)
    page.ln(LINE + 0.4)
    page.paragraph(outlet.name, 110, size=10, bold=True)
    for text in (outlet.address, _postal(page.supplier, outlet.postal_code)):
        if text:
            page.paragraph(text, 110)
    page.paragraph(f"Account {outlet.code}", 110, size=8.5, colour=GREY)
    page.ln(4)


def _postal(supplier: Supplier, code: str) -> str:
    """Singapore's way: country and postal code on one line."""
    return f"{supplier.country or 'Postal code'} {code}" if code else ""


def _lines(page: InvoicePage) -> None:
    _table_head(page)
    for number, line in enumerate(page.invoice.order.lines, start=1):
        _line(page, number, line)
    page.ln(3)


def _table_head(page: InvoicePage) -> None:
    page.set_fill_color(*INK)
    page.rect(MARGIN, page.get_y(), WIDTH, 6.6, style="F")
    page.set_y(page.get_y() + 1.1)
    for name, width, align in COLUMNS:
        page.put(name, width, size=8, bold=True, align=align, colour=(255, 255, 255))
    page.ln(6)


def _line(page: InvoicePage, number: int, line: OrderLine) -> None:
    wrapped = {
        1: page.wrapped(line.sku, SKU_WIDTH),
        2: page.wrapped(line.name, NAME_WIDTH),
        4: page.wrapped(line.unit, UNIT_WIDTH),
    }
    rows = max(len(lines) for lines in wrapped.values())
    height = rows * LINE + 2
    # The last line stays with the totals: a page of totals alone invites the question what they are of.
    last = number == len(page.invoice.order.lines)
    if height + (TOTALS_HEIGHT if last else 0) > page.space_left:
        page.add_page()
        _table_head(page)
    top = page.get_y()
    if number % 2 == 0:
        page.set_fill_color(*BAND)
        page.rect(MARGIN, top, WIDTH, height, style="F")
    one_line = {
        0: str(number),
        3: f"{line.quantity:,}",
        5: f"{line.pieces:,}",
        6: _unit_price(line.unit_price),
        7: _amount(line.line_total),
    }
    left = MARGIN
    for index, (_, width, align) in enumerate(COLUMNS):
        for row, text in enumerate(wrapped.get(index) or [one_line.get(index, "")]):
            page.set_xy(left, top + 1 + row * LINE)
            page.put(text, width, size=8.5, align=align)
        left += width
    page.set_xy(MARGIN, top + height)


def _totals(page: InvoicePage) -> None:
    order = page.invoice.order
    tax = f"{page.supplier.tax_name} {_percent(order.tax_rate)}"
    if page.space_left < TOTALS_HEIGHT - 5:
        page.add_page()
    page.rule()
    page.ln(2.5)
    for name, amount in (("Subtotal", order.subtotal), (tax, order.tax)):
        page.set_x(TOTALS_LEFT)
        page.put(name, 35, size=9, colour=GREY)
        page.put(_amount(amount), MARGIN + WIDTH - TOTALS_LEFT - 35, size=9, align=Align.R)
        page.ln(LINE + 1)
    page.rule(TOTALS_LEFT, INK)
    page.ln(1.8)
    page.set_x(TOTALS_LEFT)
    page.put(f"Total ({order.currency})", 35, size=11, bold=True)
    page.put(_amount(order.total), MARGIN + WIDTH - TOTALS_LEFT - 35, size=11, bold=True, align=Align.R)
    page.ln(LINE + 5)


def _remarks(page: InvoicePage) -> None:
    """How to pay, and the order's notes."""
    payment = [line for line in page.supplier.payment.splitlines() if line.strip()]
    for title, texts in (("PAYMENT", payment), ("NOTES", list(page.invoice.order.notes))):
        if not texts:
            continue
        _remark(page, title, 7.5, bold=True)
        for text in texts:
            for line in page.wrapped(text, WIDTH):
                _remark(page, line, 8.5, bold=False)
        page.ln(3)


def _remark(page: InvoicePage, text: str, size: float, *, bold: bool) -> None:
    if page.space_left < 2 * LINE:
        page.add_page()
    page.put(text, WIDTH, size=size, bold=bold, colour=GREY if bold else INK)
    page.ln(LINE + 0.4)


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _amount(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _unit_price(price: Decimal) -> str:
    """Two decimals, or as many as the price really has."""
    decimals = max(2, -int(price.normalize().as_tuple().exponent))
    return f"{price:,.{decimals}f}"


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"
