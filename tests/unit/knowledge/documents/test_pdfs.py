"""PDFs: headings by size and weight, tables, pages, running heads; and the ones that cannot be read."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF
from fpdf.enums import VAlign, XPos, YPos
from pypdf import PdfReader, PdfWriter

from knowledge.documents.blocks import Block
from knowledge.documents.pdf import pdf_blocks
from knowledge.errors import BadDocument

PRINTED = Path(__file__).with_name("printed-by-a-browser.pdf")
CHARGES = (
    "when nobody is at the outlet to receive the goods, or the address is wrong, and it was no fault of ours at all",
    "for waiting",
    "when goods have to be carried up the stairs because there is no lift that works",
)


class Paper(FPDF):
    """Pages with a head and a foot of their own."""

    def header(self) -> None:
        self.set_font("helvetica", size=8)
        self.cell(0, 5, "Acme Trading - Terms of sale", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(4)

    def footer(self) -> None:
        self.set_y(-12)
        self.cell(0, 5, f"Page {self.page_no()} of many")


def write(pdf: FPDF, text: str, size: float = 10, style: str = "") -> None:
    """A paragraph or heading."""
    pdf.set_font("helvetica", style, size)
    pdf.multi_cell(0, size / 2, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    if not style:
        pdf.ln(2)


def made(draw: Callable[[FPDF], None], pdf: FPDF | None = None) -> list[Block]:
    """The blocks of a PDF as it is drawn."""
    pdf = pdf or FPDF()
    pdf.add_page()
    draw(pdf)
    return pdf_blocks(bytes(pdf.output()))


def shown(blocks: list[Block]) -> list[tuple[str, str]]:
    return [(" > ".join(block.section), block.text) for block in blocks]


def test_headings_are_told_by_size_and_weight() -> None:
    def draw(pdf: FPDF) -> None:
        write(pdf, "Terms of sale", 18, "B")
        write(pdf, "These terms apply to all orders that we accept from any customer.")
        write(pdf, "1. Delivery", 13, "B")
        write(pdf, "1.1 Zones", 10, "B")
        write(pdf, "We deliver to five zones.\nOn six days.")
        write(pdf, "2. Refunds", 13, "B")
        write(pdf, "- ask for one\n- keep the goods")

    assert shown(made(draw)) == [
        ("Terms of sale", "These terms apply to all orders that we accept from any customer."),
        ("Terms of sale > 1. Delivery > 1.1 Zones", "We deliver to five zones."),
        ("Terms of sale > 1. Delivery > 1.1 Zones", "On six days."),
        ("Terms of sale > 2. Refunds", "ask for one"),
        ("Terms of sale > 2. Refunds", "keep the goods"),
    ]


def test_words_parted_at_the_end_of_a_line_are_whole_again() -> None:
    def draw(pdf: FPDF) -> None:
        write(pdf, "The deliv-\nery window is a two-\nhour one.")

    assert shown(made(draw)) == [("", "The delivery window is a two-hour one.")]


def test_heads_and_feet_of_pages_are_left_out_and_pages_are_counted() -> None:
    def draw(pdf: FPDF) -> None:
        for number in range(40):
            write(pdf, f"Paragraph {number}. " + "We refund defective goods within seven days. " * 4)

    blocks = made(draw, Paper())
    assert [block.text.split(".")[0] for block in blocks] == [f"Paragraph {number}" for number in range(40)]
    assert not any("Acme" in block.text or "of many" in block.text for block in blocks)
    pages = [block.page for block in blocks]
    assert pages == sorted(pages, key=lambda page: page or 0)
    assert pages[0] == 1
    assert (pages[-1] or 0) > 1


@pytest.mark.parametrize("align", [VAlign.T, VAlign.M])
@pytest.mark.parametrize("repeated", [0, 1])
def test_rows_of_a_table_carry_its_header_over_wrapped_cells_and_pages(align: VAlign, repeated: int) -> None:
    def draw(pdf: FPDF) -> None:
        write(pdf, "Charges before GST, for each delivery that we make to an outlet of yours on any day.")
        with pdf.table(
            col_widths=(40, 80, 30), v_align=align, padding=1.5, line_height=5, repeat_headings=repeated
        ) as table:
            table.row(("Charge", "When it is due", "Amount"))
            for number in range(30):
                table.row((f"Charge {number}", CHARGES[number % 3], f"S${number}.50"))

    _, *rows = made(draw)
    assert [row.text for row in rows] == [
        f"Charge: Charge {n}; When it is due: {CHARGES[n % 3]}; Amount: S${n}.50" for n in range(30)
    ]
    assert {row.page for row in rows} == {1, 2}


def test_two_columns_of_text_are_read_one_after_the_other() -> None:
    left, right = "Left speaks of refunds. " * 20, "Right speaks of delivery. " * 20

    def draw(pdf: FPDF) -> None:
        pdf.set_font("times", size=10)
        top = pdf.y
        pdf.multi_cell(85, 5, left)
        pdf.set_xy(110, top)
        pdf.multi_cell(85, 5, right)

    assert " ".join(block.text for block in made(draw)) == f"{left.strip()} {right.strip()}"


def test_a_page_that_a_browser_printed_is_read_letter_by_letter() -> None:
    # Its fonts have codes of two bytes, its words are set in pieces, its bullets are drawings.
    assert shown(pdf_blocks(PRINTED.read_bytes())) == [
        (
            "Terms of sale",
            "These terms apply to every order that we accept, whoever places it, unless something else was agreed in "
            "writing.",
        ),
        (
            "Terms of sale > Delivery zones",
            "Zone: North; Cut-off: 18:00, one day before the delivery, unless that day is a public holiday; then the "
            "working day before it counts; Minimum: S$30",
        ),
        ("Terms of sale > Delivery zones", "Zone: Sentosa; Cut-off: 15:00 two days before; Minimum: S$80"),
        ("Terms of sale > Delivery zones > Late orders", "An order after the cut-off goes on the next van."),
        ("Terms of sale > Delivery zones > Late orders", "No same-day delivery"),
        ("Terms of sale > Delivery zones > Late orders", "No Sunday delivery"),
    ]


def locked(password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(PRINTED))
    writer.encrypt(password, "owner")
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def test_a_pdf_that_anyone_may_open_is_read_though_it_is_encrypted() -> None:
    assert pdf_blocks(locked("")) == pdf_blocks(PRINTED.read_bytes())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (locked("secret"), "it is protected by a password"),
        (PRINTED.read_bytes()[:2_000], "it is not a readable PDF"),
        (b"hello", "it is not a readable PDF"),
    ],
)
def test_a_pdf_that_cannot_be_read_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(BadDocument) as caught:
        pdf_blocks(content)
    assert str(caught.value) == reason


def test_a_scan_says_what_to_do() -> None:
    with pytest.raises(BadDocument, match="OCR"):
        made(lambda pdf: None)
