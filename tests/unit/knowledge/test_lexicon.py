"""What a question is searched for: words put right, words that mean the same, and how telling each is."""

import pytest

from knowledge.lexicon import Lexicon, share, stems_of

LEXICON = Lexicon(
    [
        "Refunds of defective goods within 7 days of delivery",
        "Delivery to Sentosa on Tuesday and Friday, minimum S$80",
        "Pizza boxes of 12 inches, white or kraft, delivery by van",
    ]
)


def test_stems_are_those_of_the_text_index() -> None:
    assert stems_of("What about the Refunds for cafés, delivered by 9:30?") == ["refund", "cafe", "deliv", "9", "30"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [("refnds", "refunds"), ("delivry", "delivery"), ("sentossa", "sentosa"), ("defectve", "defective")],
)
def test_a_word_that_no_document_has_is_put_right(said: str, meant: str) -> None:
    assert LEXICON.wanted(f"is it {said}?").words == f"is it {meant}"


@pytest.mark.parametrize("said", ["refund", "12", "13", "80", "12in", "kuala", "vat", "sentence"])
def test_words_that_are_known_or_too_unlike_and_numbers_stay(said: str) -> None:
    assert LEXICON.wanted(said).words == said


def test_words_that_mean_the_same_are_searched_for_as_well() -> None:
    wanted = LEXICON.wanted("reimburse broken cups")
    assert set(wanted.kin.split()) >= {"refunds", "defective"}
    assert share(wanted, LEXICON.stems[0], kin=0.5) > share(wanted, LEXICON.stems[1], kin=0.5)
    assert share(wanted, LEXICON.stems[0], kin=0.0) == 0


def test_a_rare_word_weighs_more_than_one_that_every_document_has() -> None:
    weights = {term.stem: term.weight for term in LEXICON.wanted("sentosa delivery unheard").terms}
    assert weights["deliveri"] < weights["sentosa"] < weights["unheard"]


def test_a_share_is_of_all_that_is_wanted() -> None:
    wanted = LEXICON.wanted("pizza boxes")
    assert share(wanted, LEXICON.stems[2], kin=0.5) == 1
    assert share(wanted, LEXICON.stems[1], kin=0.5) == 0
    assert share(LEXICON.wanted("the of"), LEXICON.stems[1], kin=0.5) == 0


def test_a_very_long_question_is_cut() -> None:
    assert len(LEXICON.wanted("pizza " * 5_000).words.split()) < 100
