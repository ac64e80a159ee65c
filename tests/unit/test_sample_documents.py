"""The sample supplier's documents agree with its data, and the question sets with the documents."""

import csv
import json
import re
from collections import Counter
from datetime import date, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader
from selectolax.lexbor import LexborHTMLParser

from bot.settings import Settings
from core.domain.delivery import LOOK_AHEAD_DAYS
from tests.eval.questions import make_binary_documents

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "bot" / "sample"
DOCUMENTS = SAMPLE / "documents"
QUESTIONS = ROOT / "tests" / "eval" / "questions"

COUNTS = {"settled": 50, "unsettled": 30, "more_settled": 120, "more_unsettled": 80}
WORDINGS = {"plain", "terse", "singlish", "typos", "indirect"}
WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
DAYS = re.compile(rf"(?:{'|'.join(WEEK)}) (?:to|and) (?:{'|'.join(WEEK)})")
ZONE = re.compile(r"North|East|West|Central|Sentosa|mainland")
MAINLAND = {"North", "East", "West", "Central"}
TIME = re.compile(r"\b\d\d:\d\d\b")
FIGURE = re.compile(
    r"S\$\d+(?:,\d+)*|\d+%|\d\d:\d\d|\d+ x \d+ x \d+ mm|"
    r"\b\d+(?:,\d+)* (?:working )?(?:days|weeks|minutes|hours|pieces|orders)"
)

Row = dict[str, str]
Question = dict[str, Any]


def rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def zones() -> dict[str, Row]:
    return {row["zone"]: row for row in rows(SAMPLE / "zones.csv")}


def boxes(kind: str) -> dict[str, Row]:
    """Pizza boxes on sale by size ("12"), of one kind: PLN, KFT or PRT."""
    catalogue = [row for row in rows(SAMPLE / "catalogue.csv") if row["active"] == "yes"]
    return {str(int(row["sku"][3:5])): row for row in catalogue if re.fullmatch(rf"PB-\d\d-{kind}", row["sku"])}


def fold(text: str) -> str:
    return " ".join(text.split())


@cache
def paragraphs(path: Path) -> tuple[str, ...]:
    """What a reader sees of a document, in pieces no statement crosses; a row of an FAQ is one piece."""
    match path.suffix:
        case ".csv":
            # A question may be put in several ways; the first is the one that is shown.
            pieces = [f"{row['question'].partition('|')[0]} {row['answer']}" for row in rows(path)]
        case ".xlsx":
            sheet = load_workbook(BytesIO(path.read_bytes())).worksheets[0]
            pieces = [" ".join(map(str, cells)) for cells in sheet.iter_rows(min_row=2, values_only=True)]
        case ".docx":
            pieces = [paragraph.text for paragraph in Document(str(path)).paragraphs]
        case ".pdf":
            pieces = ["\n".join(page.extract_text() for page in PdfReader(BytesIO(path.read_bytes())).pages)]
        case ".html":
            tree = LexborHTMLParser(path.read_text(encoding="utf-8")).css_first("main")
            assert tree is not None
            pieces = [node.text() for node in tree.css("h1, h2, p, li")]
        case _:
            pieces = re.split(r"\n\s*\n|\n(?=[-|]|\d\. )", path.read_text(encoding="utf-8"))
    return tuple(text for text in map(fold, pieces) if text)


def document(name: str) -> str:
    return "\n".join(paragraphs(DOCUMENTS / name))


def names() -> set[str]:
    return {path.name for path in DOCUMENTS.iterdir()}


def sentences(*patterns: str) -> list[str]:
    """Sentences of all documents in which every pattern occurs."""
    found = []
    for name in sorted(names()):
        for paragraph in paragraphs(DOCUMENTS / name):
            found += [
                text
                for text in re.split(r"(?<=[.?!;]) |(?<=:) (?=[A-Z])", paragraph)
                if all(re.search(pattern, text) for pattern in patterns)
            ]
    return found


def zones_in(text: str) -> set[str]:
    """Zones that a text names; the mainland is all but Sentosa."""
    named = set(ZONE.findall(text))
    return named - {"mainland"} | (MAINLAND if "mainland" in named else set())


def days_of(text: str) -> str:
    """ "Monday to Saturday" as zones.csv writes it."""
    first, word, last = text.split()
    listed = WEEK[WEEK.index(first) : WEEK.index(last) + 1] if word == "to" else [first, last]
    return "|".join(day[:3] for day in listed)


@cache
def questions(name: str) -> tuple[Question, ...]:
    lines = (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(json.loads(line) for line in lines)


SETTLED = [row for name in ("settled", "more_settled") for row in questions(name)]
UNSETTLED = [row for name in ("unsettled", "more_unsettled") for row in questions(name)]


def test_there_are_documents_of_every_kind() -> None:
    kinds = Counter(Path(name).suffix for name in names())
    assert set(kinds) == {".md", ".txt", ".html", ".docx", ".pdf", ".csv", ".xlsx"}
    assert sum(kinds.values()) >= 10
    assert all(path.stat().st_size < 64_000 for path in DOCUMENTS.iterdir())


def test_a_document_that_another_one_names_exists() -> None:
    named = {
        name
        for path in DOCUMENTS.iterdir()
        for name in re.findall(r"[\w-]+\.(?:md|txt|html|docx|pdf)\b", document(path.name))
    }
    assert named
    assert named <= names()


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("payment-terms.docx", make_binary_documents.payment_terms),
        ("product-guide-pizza-boxes.pdf", make_binary_documents.pizza_box_guide),
        ("product-faq.xlsx", make_binary_documents.faq_sheet),
    ],
)
def test_the_binary_documents_are_what_the_script_makes(name: str, make: Any, tmp_path: Path) -> None:
    make(tmp_path / name)
    assert paragraphs(tmp_path / name) == paragraphs(DOCUMENTS / name)


def test_the_table_of_zones_is_the_calendar() -> None:
    spoken = {"one": "1", "two": "2"}
    found = re.findall(
        r"\| (\w+) \| ([A-Z]\w+ \w+ \w+) \| (\d\d:\d\d), (\w+) days? before \| S\$(\d+) \|",
        document("delivery-policy.md"),
    )
    table = {zone: (days_of(days), time, spoken[lead], f"{least}.00") for zone, days, time, lead, least in found}
    assert table == {
        zone: (row["delivery_days"], row["cut_off"], row["lead_days"], row["minimum_order"])
        for zone, row in zones().items()
    }


def test_delivery_days_in_sentences_are_those_of_the_zones_they_name() -> None:
    found = [text for text in sentences(DAYS.pattern, ZONE.pattern) if "|" not in text]
    assert len(found) >= 4
    for text in found:
        for days in DAYS.findall(text):
            assert {zones()[zone]["delivery_days"] for zone in zones_in(text)} == {days_of(days)}, text


def test_saturday_is_a_delivery_day_where_the_documents_say_so() -> None:
    served = {zone for zone, row in zones().items() if "Sat" in row["delivery_days"]}
    assert [zones_in(text) for text in sentences("deliver on Saturdays")] == [served, served]
    unserved = [zones_in(text) for text in sentences("no Saturday delivery")]
    assert unserved == [set(zones()) - served] * 2
    assert not any("Sun" in row["delivery_days"] for row in zones().values())
    assert len(sentences("no delivery on Sundays")) == 3


def test_cut_offs_in_sentences_are_those_of_the_zones_they_name() -> None:
    checked = []
    for text in sentences(TIME.pattern, r"[Cc]ut-off is|zone it is|\bclose at\b|By .* today"):
        for clause in re.split(r", and (?=by)|: ", text):
            for time in TIME.findall(clause) if zones_in(clause) else ():
                assert {zones()[zone]["cut_off"] for zone in zones_in(clause)} == {time}, clause
                checked.append(zones_in(clause))
    assert len(checked) >= 6
    assert set.union(*checked) == set(zones())


def test_sentosa_orders_close_on_the_days_that_the_policy_counts_out() -> None:
    sentosa = zones()["Sentosa"]
    stated = re.findall(r"(\w+day) (\d\d:\d\d) for a (\w+day) delivery", document("delivery-policy.md"))
    assert [day[:3] for _, _, day in stated] == sentosa["delivery_days"].split("|")
    monday = date(2026, 1, 5)
    for closes, time, day in stated:
        delivered = monday + timedelta(days=7 + WEEK.index(day))
        assert WEEK[(delivered - timedelta(days=int(sentosa["lead_days"]))).weekday()] == closes
        assert time == sentosa["cut_off"]


def test_every_minimum_order_is_that_of_the_zones_it_is_said_of() -> None:
    said = [
        (zones_in(where), f"{amount}.00")
        for text in sentences(r"S\$\d+ before GST", ZONE.pattern)
        for amount, where in re.findall(r"S\$(\d+) before GST (?:for|in) (.*?)(?=,? and S\$|\.|$)", text)
    ]
    said += [
        ({"Sentosa"}, f"{amount}.00")
        for amount in re.findall(r"order for Sentosa is S\$(\d+)", document("delivery-policy.md"))
    ]
    assert len(said) >= 5
    for where, amount in said:
        assert where, amount
        assert {zones()[zone]["minimum_order"] for zone in where} == {amount}


def test_credit_terms_are_those_that_outlets_have() -> None:
    terms = {int(row["payment_terms_days"]) for row in rows(SAMPLE / "outlets.csv")} - {0}
    text = document("payment-terms.docx")
    stated = re.search(r"Credit terms are (\d+), (\d+) or (\d+) days.*?may have (\d+) days", text)
    assert stated is not None
    assert set(map(int, stated.groups())) == terms


def test_gst_and_the_longest_order_ahead_are_those_of_the_desk() -> None:
    rate = Settings.model_fields["tax_rate"].default
    assert {text for name in names() for text in re.findall(r"GST of (\d+)%", document(name))} == {f"{rate * 100:.0f}"}
    assert re.findall(r"(\d+) days ahead of its delivery", document("delivery-policy.md")) == [str(LOOK_AHEAD_DAYS)]


def test_the_guide_names_the_pizza_boxes_of_the_catalogue() -> None:
    guide = document("product-guide-pizza-boxes.pdf")
    stated = re.search(
        r"in seven sizes: ([\d, and]+) inches.*?come in ([\d, and]+) inches.*?comes in ([\d, and]+) inches", guide
    )
    assert stated is not None
    for text, kind in zip(stated.groups(), ("PLN", "KFT", "PRT"), strict=True):
        assert re.findall(r"\d+", text) == list(boxes(kind))
    table = re.findall(r"(\d+) inch (\d+) x \2 x \d+ (\d+) cm ([BE]) (\d+)", guide)
    assert [size for size, *_ in table] == list(boxes("PLN"))
    for size, inside, pizza, flute, pieces in table:
        assert pieces == boxes("PLN")[size]["pieces_per_unit"]
        assert f"{flute}-flute" in boxes("PLN")[size]["description"]
        assert int(pizza) * 10 < int(inside)
        assert abs(int(inside) - int(size) * 25.4) < 4


def test_other_sizes_of_pizza_boxes_are_on_sale_as_stated() -> None:
    stated = re.search(r"available in ([\d, and]+) inches", document("custom-printing.md"))
    assert stated is not None
    assert re.findall(r"\d+", stated[1]) == list(boxes("PRT"))
    named = {size for name in names() for size in re.findall(r"\b(\d+)[ -]inch(?:es)?\b", document(name))}
    assert named == set(boxes("PLN"))


def test_measures_in_the_product_faq_are_those_of_the_catalogue() -> None:
    text = document("product-faq.xlsx")
    products = rows(SAMPLE / "catalogue.csv")
    bags = {row["name"].split()[2]: row["description"] for row in products if row["sku"].startswith("BG-GB")}
    for size, micron in re.findall(r"(\d+x\d+cm) bags (?:are )?(\d+) micron", text):
        assert f"{micron} micron" in bags[size]
    for row in products:
        if row["sku"].startswith("BG-KT-"):
            assert row["description"] in text
        if cup := re.fullmatch(r"(\d+oz) .*Cup.*", row["name"]):
            rim = re.search(r"(\d+mm) rim", row["description"])
            lids = re.search(
                rf"{cup[1]}\b[^.]*?(\d+mm) lids" if row["sku"][3:6] != "PET" else r"PET cold .*?(\d+mm) rim", text
            )
            if rim:
                assert lids is not None
                assert lids[1] == rim[1], row["name"]


def test_every_figure_in_the_faq_stands_in_a_policy_too() -> None:
    policies = "\n".join(document(name) for name in names() - {"faq.csv"})
    figures = FIGURE.findall(document("faq.csv"))
    assert len(figures) >= 25
    numbers = {figure for figure in figures if figure.removesuffix(" mm") not in policies}
    assert numbers == set()


@pytest.mark.parametrize("name", COUNTS)
def test_a_question_set_has_its_size(name: str) -> None:
    assert len(questions(name)) == COUNTS[name]


def test_question_ids_and_questions_are_unique() -> None:
    asked = [row for name in COUNTS for row in questions(name)]
    for key in ("id", "question"):
        assert [text for text, count in Counter(row[key].lower() for row in asked).items() if count > 1] == []
    assert {row["wording"] for row in asked} == WORDINGS
    assert all(set(row) == {"id", "topic", "wording", "question", "documents", "must", "must_not"} for row in asked)


def test_the_ten_topics_are_asked_in_five_wordings_each() -> None:
    topics = {row["topic"] for row in questions("settled")}
    assert len(topics) == 10
    asked = {(row["topic"], row["wording"]) for row in questions("settled")}
    assert asked == {(topic, wording) for topic in topics for wording in WORDINGS}


@pytest.mark.parametrize("row", SETTLED, ids=lambda row: row["id"])
def test_what_an_answer_must_say_stands_in_one_of_its_documents(row: Question) -> None:
    assert row["documents"]
    assert set(row["documents"]) <= names()
    assert row["must"]
    assert all(row["must"])
    for name in row["documents"]:
        text = fold(document(name)).lower()
        assert all(any(said.lower() in text for said in group) for group in row["must"]), name


@pytest.mark.parametrize("row", UNSETTLED, ids=lambda row: row["id"])
def test_an_unsettled_question_has_no_document(row: Question) -> None:
    assert row["documents"] == row["must"] == row["must_not"] == []


def test_no_question_is_copied_from_a_document() -> None:
    everything = "\n".join(document(name) for name in names()).lower()
    asked = [row["question"] for name in COUNTS for row in questions(name)]
    copied = {text for text in asked if text.lower().rstrip("?. ") in everything}
    # The questions that a company puts in its FAQ in the very words in which everybody asks them.
    assert copied <= {
        "What sizes do your pizza boxes come in?",
        "Do you deliver on weekends?",
        "How do I report a quality issue?",
    }
