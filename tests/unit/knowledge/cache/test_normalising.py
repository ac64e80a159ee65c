"""What the exact levels take for the same question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.cache.normalising import normalised

SAME = [
    ("Do you deliver to Sentosa?", "do you  deliver to sentosa"),
    ("Hi boss, do you deliver to Sentosa? Pls thanks lah 🙏", "do you deliver to sentosa"),
    ('good morning! how much is the 12" box', "How much is the 12in box?"),
    ("how long is the 1½ inch ribbon", "How long is the 1 1/2 inch ribbon?"),
    ("Do you sell 1,000 cups", "do you sell 1000 cups"),
    ("don’t you deliver on sunday", "Don't you deliver on Sunday?"),
    ("ＨＯＷ　ＭＵＣＨ is delivery", "how much is delivery"),
]

OTHER = [
    ("is the 12in box in stock", "is the 10in box in stock"),
    ("no. sunday delivery", "no sunday delivery"),
    ("can it hold 1.5 kg", "can it hold 15 kg"),
    ("can it go to -18 degrees", "can it go to 18 degrees"),
    ("is it $5", "is it 5%"),
    ("open 10-12", "open 1012"),
    ("do you ship to US", "do you ship to us"),
    ("can i talk to the boss", "can i talk to the"),
    ("1½ kg bag", "11/2 kg bag"),
    ("is it ok", "is it"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_typing_makes_no_difference(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_may_change_an_answer_stays(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_a_name_is_no_courtesy() -> None:
    names = frozenset({"boss"})
    assert normalised("boss coffee price", names) == "boss coffee price"
    assert normalised("boss, coffee price") == "coffee price"


def test_courtesy_alone_stays() -> None:
    assert normalised("Thanks!") == "thanks"


@given(st.text(min_size=1))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once


@given(st.lists(st.sampled_from("do you deliver to sentosa 12in box not on monday how much".split()), min_size=1))
def test_courtesy_and_spaces_make_no_difference(words: list[str]) -> None:
    plain = " ".join(words)
    assert normalised(f"  Hi boss, {'  '.join(words).upper()} ??  thanks!") == normalised(plain)
