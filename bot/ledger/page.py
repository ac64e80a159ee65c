"""The sheet of an invoice: fonts, colours, the running head and foot, and text that fits its place."""

from collections.abc import Callable
from datetime import UTC, datetime, time

from fpdf import FPDF, Align, XPos, YPos
from fpdf.enums import MethodReturnValue, WrapMode
from fpdf.fonts import TTFFont

from bot.ledger.supplier import Supplier
from bot.ledger.text import latin_1, without_controls
from core.domain.invoices import Invoice, InvoiceStatus

MARGIN = 15.0
WIDTH = 180.0
BOTTOM = 24.0
LINE = 4.4
INK = (31, 41, 55)
GREY = (107, 114, 128)
RULE = (209, 213, 219)
BAND = (241, 244, 248)
VOID_RED = (196, 61, 61)
SMALLEST_PT = 4.0


class InvoicePage(FPDF):
    """An A4 document in millimetres whose bytes depend on the invoice and nothing else."""

    def __init__(self, invoice: Invoice, supplier: Supplier, pages: int) -> None:
        super().__init__(format="A4", unit="mm")
        self.invoice = invoice
        self.supplier = supplier
        self.pages_in_all = pages
        self.face = "Helvetica"
        self.clean: Callable[[str], str] = latin_1
        if supplier.font:
            for style in ("", "B"):
                self.add_font("Invoice", style, supplier.font)
            self.face, self.clean = "Invoice", without_controls
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(auto=False)
        self.set_creation_date(datetime.combine(invoice.issued_on, time(0), UTC))
        self.set_producer("Resupply")
        self.set_title(self.clean(f"{self.heading} {invoice.number}"))
        self.set_author(self.clean(supplier.name))

    @property
    def heading(self) -> str:
        """What the document is called; only a tax that is charged makes it a tax invoice."""
        return "TAX INVOICE" if self.invoice.order.tax_rate else "INVOICE"

    @property
    def space_left(self) -> float:
        """Millimetres from here to the foot."""
        return self.h - BOTTOM - self.get_y()

    def header(self) -> None:
        """On pages after the first, whose invoice it is."""
        if self.page_no() == 1:
            return
        self.put(self.supplier.name, WIDTH / 2, size=9, bold=True)
        self.put(f"{self.heading} {self.invoice.number}", WIDTH / 2, size=9, align=Align.R, colour=GREY)
        self.ln(LINE + 1)
        self.rule()
        self.ln(4)

    def footer(self) -> None:
        """The invoice's number, that it needs no signature, and page x of y; on a void invoice the mark."""
        if self.invoice.status is InvoiceStatus.VOID:
            self._void_mark()
        self.set_xy(MARGIN, self.h - 17)
        self.rule()
        self.ln(1.5)
        page = f"Page {self.page_no()} of {self.pages_in_all}"
        self.put(self.invoice.number, 40, size=7.5, colour=GREY)
        self.put("Computer-generated; no signature is required.", 100, size=7.5, align=Align.C, colour=GREY)
        self.put(page, 40, size=7.5, align=Align.R, colour=GREY)

    def close(self) -> None:
        """Let go of font files."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.close()

    def put(
        self,
        text: str,
        width: float,
        *,
        size: float = 9,
        bold: bool = False,
        align: Align = Align.L,
        colour: tuple[int, int, int] = INK,
    ) -> None:
        """One line of text in a cell, in smaller type where it would not fit."""
        shown = self.clean(text)
        self._type(size, bold, colour)
        room = width - 2 * self.c_margin
        while self.get_string_width(shown) > room and self.font_size_pt > SMALLEST_PT:
            self.set_font_size(self.font_size_pt - 0.5)
        self.cell(width, LINE, shown, align=align)

    def paragraph(
        self,
        text: str,
        width: float,
        *,
        size: float = 9,
        bold: bool = False,
        colour: tuple[int, int, int] = INK,
    ) -> None:
        """Wrapped text; the next one goes below it at the same left edge."""
        self._type(size, bold, colour)
        self.multi_cell(
            width,
            LINE,
            self.clean(text),
            align=Align.L,
            new_x=XPos.LEFT,
            new_y=YPos.NEXT,
            wrapmode=WrapMode.WORD,
        )

    def wrapped(self, text: str, width: float, size: float = 8.5) -> list[str]:
        """The lines that a text takes at a width."""
        self._type(size, bold=False, colour=INK)
        lines = self.multi_cell(
            width, LINE, self.clean(text), align=Align.L, dry_run=True, output=MethodReturnValue.LINES
        )
        return [str(line) for line in lines] if isinstance(lines, list) else []

    def rule(self, left: float = MARGIN, colour: tuple[int, int, int] = RULE) -> None:
        """A thin line from `left` to the right margin."""
        self.set_draw_color(*colour)
        self.set_line_width(0.25)
        self.line(left, self.get_y(), MARGIN + WIDTH, self.get_y())

    def _type(self, size: float, bold: bool, colour: tuple[int, int, int]) -> None:
        self.set_font(self.face, "B" if bold else "")
        self.set_font_size(size)
        self.set_text_color(*colour)

    def _void_mark(self) -> None:
        """A large VOID across the page, light enough to read the lines through it."""
        x, y = self.get_x(), self.get_y()
        self._type(120, bold=True, colour=VOID_RED)
        with self.local_context(fill_opacity=0.14), self.rotation(35, self.w / 2, self.h / 2):
            self.text(self.w / 2 - self.get_string_width("VOID") / 2, self.h / 2 + 15, "VOID")
        self.set_xy(x, y)
