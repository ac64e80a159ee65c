"""The supplier's own words, and how rare a word is: from rows and counts, never from a list of one supplier."""

from dataclasses import replace

import pytest

from bot.english import english_words, rarity
from bot.knowing import static_embedder, trade_of, words_of
from core.domain.outlets import Directory
from tests.eval.loading import load_reference, supplier
from tests.unit.knowledge.answering.parts import REFERENCE, trade


@pytest.mark.parametrize(("everyday", "rare"), [("order", "restocking"), ("and", "halal"), ("time", "gantry")])
def test_everyday_words_are_less_rare_than_others(everyday: str, rare: str) -> None:
    assert 0.0 <= rarity(everyday) < rarity(rare) <= 1.0


@pytest.mark.parametrize("word", ["batam", "paynow", "xyzzy", "sentosa", "refnd", "", "12in"])
def test_what_english_does_not_know_is_as_rare_as_can_be(word: str) -> None:
    assert rarity(word) == 1.0
    assert word not in english_words()


def test_goods_and_their_nouns_come_from_names_and_categories() -> None:
    assert {"pizza", "box", "cup", "straw", "napkin", "kraft"} <= trade().goods
    assert {"cup", "straw", "napkin"} <= {word.removesuffix("s") for word in trade().nouns}
    assert "kraft" not in trade().nouns, "what a thing is made of is not what it is"


def test_the_words_change_with_the_catalogue() -> None:
    hardware = trade_of(load_reference(supplier("hardware")))

    assert "screw" in {word.removesuffix("s") for word in hardware.goods}
    assert "pizza" not in hardware.goods


def test_a_place_that_lies_in_two_zones_tells_none() -> None:
    places = dict(trade().places)
    assert set(places.values()) <= {"north", "east", "west", "central", "sentosa"}
    assert places["tampines"] == "east"

    outlets = REFERENCE.directory.outlets
    elsewhere = replace(outlets["CPZ-TMP"], code="X", zone="West")
    directory = Directory({**outlets, "X": elsewhere}, REFERENCE.directory.contacts)
    assert "tampines" not in dict(trade_of(replace(REFERENCE, directory=directory)).places)


def test_the_same_rows_are_worked_out_once() -> None:
    words = words_of()

    assert words.trade(REFERENCE) is words.trade(REFERENCE)
    assert words.prices(REFERENCE) == words.prices(replace(REFERENCE, version=7))
    assert words.trade(None).goods == frozenset()


def test_a_word_s_vector_is_the_embedder_s() -> None:
    vector = words_of().vector("refund")

    assert vector.shape == (static_embedder().dimensions,)
    assert float(vector @ vector) == pytest.approx(1.0, abs=1e-4)
    assert float(vector @ words_of().vector("reimbursement")) > float(vector @ words_of().vector("pizza"))
