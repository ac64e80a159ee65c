"""Files made to break the reader give an answer all the same, and within limits."""

import io
import zipfile
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.order_sheets.limits import MOST_CELL, MOST_LINES
from bot.order_sheets.reading import read_content
from core.ports import Unread
from tests.unit.bot.order_sheets.making import pdf_of, workbook_of
from tests.unit.bot.order_sheets.scoring import reading_of
from tests.unit.bot.order_sheets.test_files import raw_pdf

MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TABLE = [["Item", "Qty", "Unit"], ["Pizza Box 12in", "2", "bundle"]]
WORKBOOK, PDF = workbook_of(TABLE), pdf_of(TABLE)
names = st.sampled_from(["a.csv", "a.txt", "a.xlsx", "a.pdf", "a.xls", "", "a"])
starts = st.sampled_from(
    [b"", b"%PDF-1.7\n", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xd0\xcf\x11\xe0"]
)


def bounded(name: str, content: bytes) -> None:
    rows = read_content(name, content)
    if isinstance(rows, Unread):
        return
    assert 0 < len(rows) <= MOST_LINES + 1
    assert all(len(row.text) <= MOST_CELL * 4 and "\x00" not in row.text for row in rows)


@given(names, starts, st.binary(max_size=400))
@MANY
def test_garbage_gives_an_answer(name: str, start: bytes, rest: bytes) -> None:
    bounded(name, start + rest)


@given(st.text(max_size=400))
@MANY
def test_any_text_gives_an_answer_and_any_rows_are_read(text: str) -> None:
    rows = read_content("a.csv", text.encode("utf-8", "replace"))
    if not isinstance(rows, Unread):
        reading_of(rows)


@given(st.sampled_from([WORKBOOK, PDF]), st.data())
@FEW
def test_a_damaged_file_gives_an_answer(content: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(content) - 1))
    cut = data.draw(st.integers(0, 40))
    bounded("a.bin", content[:at] + data.draw(st.binary(max_size=40)) + content[at + cut :])


def test_a_zip_bomb_is_too_large_before_it_is_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 50_000_000)

    assert read_content("bomb.xlsx", file.getvalue()) is Unread.TOO_LARGE


def test_entities_in_a_workbook_are_not_expanded() -> None:
    entities = b'<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">'
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [' + entities + b"]><workbook>&c;</workbook>"
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as old, zipfile.ZipFile(file, "w") as new:
        for member in old.namelist():
            new.writestr(member, bomb if member == "xl/workbook.xml" else old.read(member))

    assert read_content("entities.xlsx", file.getvalue()) is Unread.BROKEN


def test_a_pdf_stream_that_unpacks_without_end_is_given_up() -> None:
    packed = zlib.compress(b"BT /F1 10 Tf (x) Tj ET\n" * 1_000_000)
    plain = raw_pdf(b"@")
    bomb = plain.replace(b"<</Length 1>>stream\n@", b"<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed)

    assert read_content("bomb.pdf", bomb) is Unread.BROKEN


def test_a_pdf_whose_pages_are_their_own_parents_is_broken() -> None:
    loop = raw_pdf(b"").replace(b"/Kids[3 0 R]", b"/Kids[2 0 R]")

    assert isinstance(read_content("loop.pdf", loop), Unread)


@pytest.mark.parametrize("line", ["(" * 5_000, "," * 50_000, "9" * 50_000, '"' * 9_999, "x 2 " * 5_000])
def test_a_line_without_end_is_cut(line: str) -> None:
    bounded("a.csv", line.encode())
    bounded("a.txt", f"{line}\n2 ctn hand towel".encode())
