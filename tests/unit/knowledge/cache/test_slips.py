"""What counts as a slip of the finger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.cache.slips import is_slip

WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=6, max_size=12)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("delvery", "delivery"), ("delivvery", "delivery"), ("deilvery", "delivery"), ("transger", "transfer"),
     ("beneficiery", "beneficiary"), ("recieve", "receive"), ("defctive", "defective")],
)  # fmt: skip
def test_slips(typed: str, meant: str) -> None:
    assert is_slip(typed, meant)


@pytest.mark.parametrize(
    ("one", "other"),
    [("changi", "change"), ("ladner", "ladder"), ("box", "bx"), ("summer", "winter"), ("delivery", "delivery"),
     ("kraft", "craft"), ("bedok", "bedon"), ("cup", "cap"), ("defctve", "defective")],
)  # fmt: skip
def test_no_slips(one: str, other: str) -> None:
    assert not is_slip(one, other)


@given(WORDS, st.data())
def test_every_left_out_or_changed_letter_is_one(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(word) - 3))
    assert is_slip(word, word[:at] + word[at + 1 :])
    assert is_slip(word[:at] + word[at] + word[at:], word)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    assert is_slip(swapped, word) or swapped == word


@given(WORDS, WORDS)
def test_it_works_both_ways(one: str, other: str) -> None:
    assert is_slip(one, other) == is_slip(other, one)
