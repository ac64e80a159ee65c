"""Markdown, plain text and HTML: headings, lists, tables, and what is no text of the document."""

import pytest

from knowledge.documents.blocks import Block, Kind
from knowledge.documents.html import html_blocks
from knowledge.documents.loading import blocks_of
from knowledge.documents.markdown import markdown_blocks
from knowledge.documents.texts import decoded, text_blocks
from knowledge.errors import BadDocument


def shown(blocks: list[Block]) -> list[tuple[str, str]]:
    """Heading path and text of each block."""
    return [(" > ".join(block.section), block.text) for block in blocks]


# -- Markdown --------------------------------------------------------------------------------------------

MARKDOWN = """---
title: Not shown
---
# Delivery

We deliver *six*
days a [week](https://example.com).

## Zones

| Zone | Cut-off | Minimum order |
|---|---|---|
| Sentosa | 15:00 two days before | S$80 |
| East | | S$30 |

You need:

- a name
- an address:
  - postal code
  - unit

3. third
4. fourth

### Old ~~rules~~

We refund ~~30~~ 14 days.

## Contact
"""


def test_markdown_keeps_headings_lists_and_rows_that_make_sense_alone() -> None:
    assert shown(markdown_blocks(MARKDOWN)) == [
        ("Delivery", "We deliver six days a week."),
        ("Delivery > Zones", "Zone: Sentosa; Cut-off: 15:00 two days before; Minimum order: S$80"),
        ("Delivery > Zones", "Zone: East; Minimum order: S$30"),
        ("Delivery > Zones", "You need:"),
        ("Delivery > Zones", "a name"),
        ("Delivery > Zones", "an address: postal code"),
        ("Delivery > Zones", "an address: unit"),
        ("Delivery > Zones", "3. third"),
        ("Delivery > Zones", "4. fourth"),
        ("Delivery > Zones > Old", "We refund 14 days."),
        ("Delivery", "Contact"),
    ]


def test_front_matter_gives_a_title_where_there_is_no_heading() -> None:
    assert shown(markdown_blocks('---\ntitle: "Terms"\n---\nWe refund.\n')) == [("Terms", "We refund.")]


# -- HTML ------------------------------------------------------------------------------------------------


def test_what_is_no_text_of_a_page_is_left_out() -> None:
    page = """<html><head><title>Help | Acme</title><style>p{}</style></head><body>
    <header><nav><ul><li>Home</li></ul></nav></header><aside>Popular</aside>
    <div class="cookie-banner">We use cookies. <button>OK</button></div>
    <h1>Refunds</h1><p>We&nbsp;refund <span hidden>nothing</span><b>everything</b>.<!-- not that --></p>
    <p style="display:none">Secret</p><script>alert(1)</script><footer>Imprint</footer></body></html>"""
    assert shown(html_blocks(page)) == [("Refunds", "We refund everything.")]


def test_only_the_main_part_of_a_page_is_read_where_it_names_one() -> None:
    assert shown(html_blocks("<p>Menu</p><main><h2>Terms</h2><p>Ours.</p></main>")) == [("Terms", "Ours.")]


def test_a_title_serves_where_there_is_no_heading() -> None:
    assert shown(html_blocks("<title>Terms</title><p>Ours.</p>")) == [("Terms", "Ours.")]


def test_lines_of_an_address_stand_alone() -> None:
    assert shown(html_blocks("<p>21 Loyang Crescent<br>Singapore 508988</p>")) == [
        ("", "21 Loyang Crescent"),
        ("", "Singapore 508988"),
    ]


def test_cells_that_span_rows_and_columns_are_said_in_each_row() -> None:
    table = """<table><tr><th>Zone</th><th>Day</th><th>Time</th></tr>
    <tr><td rowspan="2">North</td><td>Monday</td><td>18:00</td></tr><tr><td>Tuesday</td><td>17:00</td></tr>
    <tr><td>Sentosa</td><td colspan="2">on request</td></tr></table>"""
    assert [text for _, text in shown(html_blocks(table))] == [
        "Zone: North; Day: Monday; Time: 18:00",
        "Zone: North; Day: Tuesday; Time: 17:00",
        "Zone: Sentosa; Day: on request; Time: on request",
    ]


def test_a_table_of_names_and_values_needs_no_header() -> None:
    table = "<table><tr><td>Hotline:</td><td>6555 0142</td></tr><tr><td>Email</td><td>a@b.example</td></tr></table>"
    assert [text for _, text in shown(html_blocks(table))] == ["Hotline: 6555 0142", "Email: a@b.example"]


def test_a_table_that_only_arranges_a_page_is_read_as_text() -> None:
    page = "<table><tr><td><h2>Refunds</h2><p>We refund.</p></td><td><ul><li>Quickly</li></ul></td></tr></table>"
    assert html_blocks(page) == [
        Block("We refund.", ("Refunds",)),
        Block("Quickly", ("Refunds",), kind=Kind.ITEM),
    ]


def test_definitions_and_folded_parts() -> None:
    page = "<dl><dt>Cut-off</dt><dd>When orders close</dd></dl><details><summary>Returns?</summary>14 days</details>"
    assert shown(html_blocks(page)) == [("", "Cut-off: When orders close"), ("Returns?", "14 days")]


# -- plain text ------------------------------------------------------------------------------------------


def test_plain_text_headings_are_told_by_their_form() -> None:
    text = """STORAGE ADVICE

For store managers.

1. WHERE TO KEEP IT
Keep it dry, between
18 and 30 degrees.

Stacking
--------
- five high
- or six,
  if flat

a) one
b) other
"""
    assert shown(text_blocks(text)) == [
        ("STORAGE ADVICE", "For store managers."),
        ("STORAGE ADVICE > 1. WHERE TO KEEP IT", "Keep it dry, between 18 and 30 degrees."),
        ("STORAGE ADVICE > Stacking", "five high"),
        ("STORAGE ADVICE > Stacking", "or six, if flat"),
        ("STORAGE ADVICE > Stacking", "one"),
        ("STORAGE ADVICE > Stacking", "other"),
    ]


def test_what_looks_like_a_heading_and_has_nothing_below_it_is_not_lost() -> None:
    assert shown(text_blocks("Opening hours\n\nMon to Fri 9am - 6pm\n\nSat 9am - 1pm\n")) == [
        ("", "Opening hours"),
        ("", "Mon to Fri 9am - 6pm"),
        ("", "Sat 9am - 1pm"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_text_is_read_whatever_its_encoding(encoding: str) -> None:
    text = "Café prices in £ and “quotes”."
    assert decoded(text.encode(encoding)).lstrip("\ufeff") == text


@pytest.mark.parametrize("content", [bytes(range(256)) * 10, b"\x00\x01\x02" * 100])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(BadDocument, match="not text"):
        decoded(content)


def test_characters_that_nobody_sees_are_left_out() -> None:
    hidden = "We\u200b re\u00adfund\u202e in full\U000e0041."
    assert shown(text_blocks(hidden)) == [("", "We refund in full.")]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", b" \n\t", "it is empty"),
        ("a.html", b"<nav>Home</nav><script>1</script>", "it holds no text"),
        ("a.md", b"---\n***\n", "it holds no text"),
        ("a.doc", b"x", ".doc is no kind of document that is read; save it as .docx"),
        ("README", b"x", "a name without an ending is no kind of document that is read"),
        ("deep.html", b"<div>" * 400 + b"x", "its parts are nested too deeply"),
        ("wide.md", b"|a|b|\n|-|-|\n" + b"|c|d|\n" * 20_001, "it has a table of more than 20,000 rows"),
    ],
)
def test_a_document_that_cannot_be_read_says_why(name: str, content: bytes, reason: str) -> None:
    with pytest.raises(BadDocument) as caught:
        blocks_of(name, content)
    assert str(caught.value) == reason
