"""The page that a supplier prints and hands to an outlet: QR codes to scan, and the invite code itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import segno
from fpdf import FPDF, Align, XPos, YPos
from fpdf.fonts import TTFFont

from bot.ledger.text import latin_1, without_controls

_MARGIN = 20.0
_QR = 62.0
_INK = (31, 41, 55)
_GREY = (107, 114, 128)
_QUIET = 4  # modules of white around a code (ISO/IEC 18004)


@dataclass(frozen=True, slots=True)
class CodeOnPage:
    """One QR code: its channel, a line how to use it, and the link that it holds."""

    channel: str
    how: str
    link: str


def invite_page(
    supplier: str, outlet: str, code: str, codes: Sequence[CodeOnPage], terms: str, font: Path | None = None
) -> bytes:
    """An A4 page as PDF. `font` is a TrueType file for names that Latin-1 cannot write."""
    page = _Page(font)
    page.line(supplier, 16, colour=_GREY)
    page.line(f"Order by chat for {outlet}", 24, bold=True, after=10)
    page.codes(codes)
    page.line("Your invite code" if not codes else "Or send us this invite code in the chat", 13, colour=_GREY)
    page.line(code, 44, bold=True, after=6)
    page.line(terms, 11, colour=_GREY)
    return page.finish()


class _Page(FPDF):
    """One A4 page in millimetres, everything centred."""

    def __init__(self, font: Path | None) -> None:
        super().__init__(format="A4", unit="mm")
        self.face, self.clean = "Helvetica", latin_1
        if font:
            for style in ("", "B"):
                self.add_font("Invite", style, font)
            self.face, self.clean = "Invite", without_controls
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(auto=False)
        self.set_producer("Resupply")
        self.add_page()

    def line(  # type: ignore[override]
        self, text: str, size: int, *, bold: bool = False, colour: tuple[int, int, int] = _INK, after: float = 3
    ) -> None:
        """A centred line, in smaller type where it would not fit, and some room below it."""
        shown = self.clean(text)
        self.set_font(self.face, "B" if bold else "", size)
        while self.get_string_width(shown) > self.epw - 2 and size > 8:
            size -= 1
            self.set_font_size(size)
        self.set_text_color(*colour)
        self.multi_cell(0, size * 0.5, shown, align=Align.C, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(after)

    def codes(self, codes: Sequence[CodeOnPage]) -> None:
        """The QR codes side by side, each with its channel above and what to do below."""
        if not codes:
            return
        top, width = self.get_y(), self.epw / len(codes)
        for place, code in enumerate(codes):
            left = self.l_margin + place * width
            self._caption(code.channel, left, top, width, 18, bold=True)
            self._qr(code.link, left + (width - _QR) / 2, top + 10)
            self._caption(code.how, left, top + 12 + _QR, width, 11)
        self.set_xy(self.l_margin, top + _QR + 34)

    def finish(self) -> bytes:
        """The file's bytes."""
        try:
            return bytes(self.output())
        finally:
            for font in self.fonts.values():
                if isinstance(font, TTFFont):
                    font.close()

    def _caption(self, text: str, left: float, top: float, width: float, size: int, *, bold: bool = False) -> None:
        self.set_font(self.face, "B" if bold else "", size)
        self.set_text_color(*_INK)
        self.set_xy(left, top)
        self.multi_cell(width, 7, self.clean(text), align=Align.C)

    def _qr(self, link: str, left: float, top: float) -> None:
        """Drawn as rectangles, so that it prints sharp at any size."""
        made = segno.make(link, error="m", micro=False)
        module = _QR / made.symbol_size(border=_QUIET)[0]
        self.set_fill_color(0, 0, 0)
        for row, modules in enumerate(made.matrix):
            for start, length in _runs(modules):
                x, y = left + (start + _QUIET) * module, top + (row + _QUIET) * module
                self.rect(x, y, length * module, module, style="F")


def _runs(modules: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where dark stretches of a row begin, and how long each is."""
    start = None
    for place, dark in enumerate([*modules, 0]):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            yield start, place - start
            start = None
