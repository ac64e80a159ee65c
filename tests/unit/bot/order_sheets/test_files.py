"""Files of every kind and encoding, read to the same rows; what cannot be read says why."""

from datetime import datetime
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from fpdf import FPDF
from pypdf import PdfReader, PdfWriter

from bot.order_sheets.limits import MOST_LINES
from bot.order_sheets.reading import read_content
from core.domain.sheets import LEFT_OUT
from core.ports import SheetRow, Unread
from tests.unit.bot.order_sheets.making import pdf_of, saved, workbook_of

SAMPLES = Path(__file__).parents[3] / "payloads" / "files"
TABLE = [["Item", "Qty", "Unit"], ["Pizza Box 12in", "2", "bundle"], ["Crème box", "3", "pkt"]]
ROWS = ["2 bundle Pizza Box 12in", "3 packet Crème box"]


def texts(name: str, content: bytes) -> list[str]:
    rows = read_content(name, content)
    assert not isinstance(rows, Unread), rows
    return [row.text for row in rows]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_table_as_text_in_any_encoding_and_with_any_separator(separator: str, encoding: str) -> None:
    text = "\r\n".join(separator.join(row) for row in TABLE)

    assert texts("order.csv", text.encode(encoding)) == ROWS


def test_nul_characters_in_a_csv_are_passed_over() -> None:
    assert texts("order.csv", b"Item,Qty,Unit\nPizza\x00 Box 12in,2,bundle\nHand towel,1,ctn\n")[0] == ROWS[0]


def test_an_inch_mark_does_not_swallow_the_rows_behind_it() -> None:
    text = 'Item,Qty\n"12 in box,2\nHand towel,3\nCups,4\nLids,5\nStraws,6\nBags,7\n'

    assert texts("order.csv", text.encode())[1:3] == ["3 Hand towel", "4 Cups"]


def test_a_plain_list_is_its_lines() -> None:
    assert texts("list.txt", b"2 bdl 12in pizza box\n\n3 pkt straws, black\n") == [
        "2 bdl 12in pizza box",
        "3 pkt straws, black",
    ]


def test_a_workbook_is_read_as_a_person_sees_it() -> None:
    rows = [
        ["Delivery date", datetime.fromisoformat("2026-11-25")],
        [],
        ["Item", "Qty", "Unit"],
        ["Pizza Box 12in", 2.0, "bundle"],
    ]

    assert texts("order.xlsx", workbook_of(rows)) == ["Delivery date 25/11/2026", ROWS[0]]


def test_a_formula_without_a_value_is_an_amount_to_ask_about() -> None:
    table = [["Item", "Qty", "Unit"], ["Pizza Box 12in", "=1+1", "bundle"], ["Pizza Box 10in", 3, "bundles"]]
    rows = texts("order.xlsx", workbook_of(table))
    assert rows == ["some Pizza Box 12in", "3 bundle Pizza Box 10in"]


def test_a_label_and_its_value_in_two_cells_stay_together() -> None:
    rows = texts(
        "order.xlsx", workbook_of([["Item", "Qty"], ["Pizza Box 12in", 2], ["Deliver to", "Canadian Pizza Tampines"]])
    )
    assert rows == ["2 Pizza Box 12in", "Deliver to Canadian Pizza Tampines"]


def test_an_amount_that_excel_made_a_date_of_is_no_amount() -> None:
    rows = [["Item", "Qty"], ["Hand towel", datetime.fromisoformat("2026-03-02")]]

    assert texts("order.xlsx", workbook_of(rows)) == ["some Hand towel"]


def test_the_sheet_with_an_order_is_found_and_further_ones_are_named() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["How to use this form"])
    for title, quantity in (("Unused", 0), ("This week", 2), ("Last week", 5)):
        sheet = book.create_sheet(title)
        sheet.append(["Item", "Qty"])
        sheet.append(["Hand towel", quantity])
    hidden = book.create_sheet("Hidden")
    hidden.sheet_state = "hidden"
    hidden.append(["Item", "Qty"])
    hidden.append(["Cups", 9])

    assert texts("order.xlsx", saved(book)) == ["2 Hand towel", f"{LEFT_OUT} the sheet “Last week” of the workbook"]


def test_a_text_pdf_is_read_by_place_and_wrapped_cells_are_whole() -> None:
    table = [
        ["No", "Code", "Description", "Qty", "UOM"],
        ["1", "TC-R500-CLR", "Microwave Container 500ml Clear with Lid for soup", "3", "sleeve"],
        ["2", "PB-12-PLN", "Pizza Box 12in", "", "bundle"],
        ["3", "PB-10-PLN", "Pizza Box 10in", "2", "bundle"],
    ]
    rows = read_content("order.pdf", pdf_of(table))

    assert rows == (
        SheetRow("3 sleeve Microwave Container 500ml Clear with Lid for soup", "TC-R500-CLR"),
        SheetRow("2 bundle Pizza Box 10in", "PB-10-PLN"),
    )


def test_cells_that_one_text_object_shows_are_told_apart() -> None:
    content = b"BT /F1 10 Tf 50 700 Td (Item) Tj 200 0 Td (Qty) Tj -200 -15 Td (Pizza Box 12in) Tj 200 0 Td (2) Tj ET"

    assert texts("order.pdf", raw_pdf(content)) == ["2 Pizza Box 12in"]


def test_words_placed_one_by_one_make_one_line() -> None:
    content = (
        b"BT /F1 1 Tf 10 0 0 10 50 700 Tm (Deliver) Tj 10 0 0 10 87 700 Tm (on) Tj 10 0 0 10 101 700 Tm (Wed) Tj ET"
    )

    assert texts("order.pdf", raw_pdf(content)) == ["Deliver on Wed"]


def raw_pdf(content: bytes) -> bytes:
    """A PDF of one page with this content stream and one font."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n" % len(content) + content + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj" % number + body + b"endobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        out
        + b"xref\n0 6\n0000000000 65535 f \n"
        + table
        + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(out)
    )


def test_a_scan_has_no_text() -> None:
    assert read_content("scan.pdf", (SAMPLES / "scanned.pdf").read_bytes()) is Unread.NO_TEXT


def test_a_pdf_with_a_password_is_broken_to_us() -> None:
    writer = PdfWriter(clone_from=PdfReader(SAMPLES / "order.pdf"))
    writer.encrypt("secret", algorithm="RC4-128")
    path = _written(writer)

    assert read_content("locked.pdf", path) is Unread.BROKEN


def _written(writer: PdfWriter) -> bytes:
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def test_pages_beyond_the_limit_are_named() -> None:
    pdf = FPDF()
    pdf.set_font("helvetica", size=10)
    for number in range(32):
        pdf.add_page()
        pdf.cell(0, 6, f"{number + 1} ctn hand towel")

    assert texts("long.pdf", bytes(pdf.output()))[-1] == f"{LEFT_OUT} the pages after page 30"


def test_rows_beyond_the_limit_are_named() -> None:
    lines = "\n".join(f"{n} ctn hand towel" for n in range(1, MOST_LINES + 50))
    rows = texts("long.txt", lines.encode())

    assert len(rows) == MOST_LINES + 1
    assert rows[-1].startswith(LEFT_OUT)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", b"", Unread.EMPTY),
        ("a.txt", b" \r\n \t", Unread.EMPTY),
        ("a.txt", b"\xef\xbb\xbf  \n", Unread.EMPTY),
        ("a.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4, Unread.TYPE),
        ("order.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, Unread.TYPE),
        ("order.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, Unread.TYPE),
        ("locked.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), Unread.BROKEN),
        ("order.xls", b"<html><table><tr><td>2</td></tr></table></html>", Unread.TYPE),
        ("me.vcf", b"BEGIN:VCARD\nFN:Mei\nEND:VCARD", Unread.TYPE),
        ("order.docx", b"PK\x03\x04 no archive", Unread.BROKEN),
        ("script.py", b"print(2)", Unread.TYPE),
        ("order.pdf", b"%PDF-1.7\nnothing more", Unread.BROKEN),
    ],
)
def test_what_holds_no_order_says_why(name: str, content: bytes, reason: Unread) -> None:
    assert read_content(name, content) is reason


def test_tabs_in_a_file_named_xls_are_read() -> None:
    assert texts("order.xls", b"Item\tQty\tUnit\nPizza Box 12in\t2\tbundle\nCups\t1\tctn\n")[0] == ROWS[0]


@pytest.mark.parametrize("name", ["order_form.xlsx", "order.csv", "order.pdf", "list.txt"])
def test_the_sample_files_are_read(name: str) -> None:
    found = texts(name, (SAMPLES / name).read_bytes())

    assert any("25/11/2026" in text for text in found)
    assert sum(text.lstrip("- ")[:1].isdigit() for text in found) >= 4
