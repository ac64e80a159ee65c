"""Word documents and FAQ tables; archives that are damaged, locked or far too large."""

import io
import zipfile

import pytest
from docx import Document
from docx.document import Document as WordDocument
from openpyxl import Workbook

from knowledge.documents.blocks import Block, Kind
from knowledge.documents.faq import csv_blocks, workbook_blocks
from knowledge.documents.word import word_blocks
from knowledge.errors import BadDocument

NO_COLUMNS = "it has no columns named question and answer"


def saved(document: WordDocument) -> bytes:
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def table(document: WordDocument, *rows: tuple[str, ...]) -> None:
    made = document.add_table(len(rows), len(rows[0]))
    for n, row in enumerate(rows):
        for m, text in enumerate(row):
            made.cell(n, m).text = text


# -- Word ------------------------------------------------------------------------------------------------


def test_a_word_document_keeps_title_headings_lists_and_tables() -> None:
    document = Document()
    document.add_heading("Returns guide", 0)
    document.add_paragraph("For all customers.")
    document.add_heading("What to do", 1)
    document.add_paragraph("the order number", style="List Bullet")
    document.add_paragraph("First", style="List Number")
    document.add_paragraph("Second", style="List Number")
    table(document, ("Item", "Days", "Charge"), ("Cups", "14", "15%"), ("Gloves", "none", "-"))
    document.add_heading("Facts", 2)
    table(document, ("Hotline", "6555 0142"), ("Email", "a@b.example"))
    blocks = [(" > ".join(block.section), block.text) for block in word_blocks(saved(document))]
    assert blocks == [
        ("Returns guide", "For all customers."),
        ("Returns guide > What to do", "the order number"),
        ("Returns guide > What to do", "1. First"),
        ("Returns guide > What to do", "2. Second"),
        ("Returns guide > What to do", "Item: Cups; Days: 14; Charge: 15%"),
        ("Returns guide > What to do", "Item: Gloves; Days: none; Charge: -"),
        ("Returns guide > What to do > Facts", "Hotline: 6555 0142"),
        ("Returns guide > What to do > Facts", "Email: a@b.example"),
    ]


def test_struck_text_does_not_hold_any_more() -> None:
    document = Document()
    paragraph = document.add_paragraph("We refund within ")
    paragraph.add_run("30 ").font.strike = True
    paragraph.add_run("14 days.")
    assert [block.text for block in word_blocks(saved(document))] == ["We refund within 14 days."]


def test_a_damaged_word_document_says_so() -> None:
    with pytest.raises(BadDocument, match="not a readable"):
        word_blocks(saved(Document())[:5_000])


# -- FAQ tables ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_csv_is_read_whatever_separates_its_columns(separator: str) -> None:
    rows = [["Section", "ANSWER", " Question "], ["Orders", '"Yes, we do. "', "Do you?"], ["", "No.", "Really?"]]
    blocks = csv_blocks("\n".join(separator.join(row) for row in rows))
    assert blocks == [
        Block("Yes, we do.", ("Orders",), kind=Kind.ANSWER, question="Do you?"),
        Block("No.", (), kind=Kind.ANSWER, question="Really?"),
    ]


def test_a_title_above_the_header_and_questions_without_an_answer_are_passed_over() -> None:
    blocks = csv_blocks('Our FAQ,\n,\nquestion,answer\nA?,1\nB?,\nC?,"2\n\n- more"\n')
    assert [(block.question, block.text) for block in blocks] == [("A?", "1"), ("C?", "2\n- more")]


def workbook(**sheets: list[tuple[object, ...]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_every_sheet_that_is_an_faq_is_read_under_its_name() -> None:
    content = workbook(
        Orders=[("question", "answer"), ("How many?", 12), ("Free?", True)],
        Notes=[("to do",), ("write more",)],
        Returns=[("question", "answer", "section"), ("Days?", "14 days", ""), ("Cups?", "no", "Goods")],
    )
    assert [(block.section, block.question, block.text) for block in workbook_blocks(content)] == [
        (("Orders",), "How many?", "12"),
        (("Orders",), "Free?", "yes"),
        (("Returns",), "Days?", "14 days"),
        (("Goods",), "Cups?", "no"),
    ]


def test_a_single_sheet_needs_no_name() -> None:
    content = workbook(Sheet1=[("question", "answer"), ("A?", "1")])
    assert workbook_blocks(content) == [Block("1", kind=Kind.ANSWER, question="A?")]


def test_other_tables_are_refused() -> None:
    with pytest.raises(BadDocument, match=NO_COLUMNS):
        csv_blocks("sku,price\nA,1\n")
    with pytest.raises(BadDocument, match=NO_COLUMNS):
        workbook_blocks(workbook(Sheet1=[("sku", "price")]))


# -- archives --------------------------------------------------------------------------------------------


def bomb(size: int) -> bytes:
    """A small archive that says it unpacks to so many bytes, and does."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/document.xml", "w") as entry,
    ):
        for _ in range(size // 1_000_000):
            entry.write(bytes(1_000_000))
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"plain text", "its content is not what its name says"),
        (b"\xd0\xcf\x11\xe0" + bytes(500), "it is of an old Office version; save it in the present format"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "it is protected by a password"),
        (bomb(101_000_000 // 1_048_576 * 1_048_576 + 10_000_000), "it unpacks to more than 100 MB"),
    ],
    ids=["text", "old", "locked", "bomb"],
)
def test_an_archive_that_is_none_or_too_large_says_so(content: bytes, reason: str) -> None:
    for read in (word_blocks, workbook_blocks):
        with pytest.raises(BadDocument) as caught:
            read(content)
        assert str(caught.value) == reason
