"""Where sentences end, and where a full stop ends none."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.sentences import sentences_of


@pytest.mark.parametrize(
    "sentence",
    [
        "The fee is S$80.00 for each run.",
        "Interest is 1.5% a month.",
        "Come to No. 12 Jalan Besar at 9 a.m. on Monday.",
        "Open 9 a.m. to 5 p.m. Mon. to Fri.",
        "Straits Packaging Supply Pte. Ltd. is the seller.",
        "Ask Mr. Tan or Dr. Lim, e.g. by phone.",
        "J. Tan signs for Blk. 12 of the estate.",
        "Use max. 2 layers, approx. 3 kg in all.",
        "Items (incl. GST) are final.",
        "Write to care@straits.example or see www.straits.example/help.",
        "1. the trade account form, signed by a director",
        "Zone: Sentosa; Cut-off: 15:00 two days before; Minimum order: S$80",
        "Cups, lids etc. are sold.",
        "Valid until Jan. 3 of the year.",
    ],
)
def test_a_full_stop_inside_a_sentence_does_not_part_it(sentence: str) -> None:
    assert sentences_of(sentence) == [sentence]
    assert sentences_of(f"Before. {sentence}")[1:] == [sentence]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We open at 6 p.m. Orders close then.", ["We open at 6 p.m.", "Orders close then."]),
        ("It costs S$80.00. GST is added.", ["It costs S$80.00.", "GST is added."]),
        ("The answer is no. Ask again.", ["The answer is no.", "Ask again."]),
        ("Is it free? Yes! S$0.", ["Is it free?", "Yes!", "S$0."]),
        ("“We refund.” He said so.", ["“We refund.”", "He said so."]),
        ("(Not on Sundays.) We deliver.", ["(Not on Sundays.)", "We deliver."]),
        ("1. Wash hands. 2. Dry them.", ["1. Wash hands.", "2. Dry them."]),
        ("You need:\n- a form\n- a stamp", ["You need:", "- a form", "- a stamp"]),
        ("Wait... Then go.", ["Wait...", "Then go."]),
        ("可以退款。没有费用。", ["可以退款。", "没有费用。"]),
        (" \n ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences_of(text) == expected


@given(st.text(alphabet="ab AB.!?\n\"')(12:$", max_size=80))
def test_no_letter_is_lost(text: str) -> None:
    assert re.sub(r"\s", "", "".join(sentences_of(text))) == re.sub(r"\s", "", text)
