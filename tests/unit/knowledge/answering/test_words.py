"""Words of questions are put right where they are misspelt, and never where they may be a number or a name."""

import pytest

from bot.english import english_words, rarity
from knowledge.synonyms import groups
from knowledge.words import Trade, Vocabulary, is_number, stem, tokens
from tests.unit.knowledge.answering.parts import REFERENCE, sample_passages, sample_vocabulary, trade


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("refnd", "refund"), ("defectve", "defective"), ("retrun", "return"), ("minmum", "minimum")),
        *(("delivry", "delivery"), ("sentoza", "sentosa"), ("sentsoa", "sentosa"), ("cancle", "cancel")),
        *(("weekned", "weekend"), ("wekends", "weekends"), ("unopend", "unopened"), ("restockng", "restocking")),
        *(("paymnt", "payment"), ("polisy", "policy"), ("invoce", "invoice"), ("recyle", "recycle")),
    ],
)
def test_a_misspelt_word_is_taken_for_the_one_that_the_documents_have(written: str, meant: str) -> None:
    assert sample_vocabulary().correct(written) == meant


@pytest.mark.parametrize("word", "307 12in 2,000 15:00 abc123 s1000d 6555 65550142 8oz 80x80mm q3 3rd".split())
def test_what_holds_a_figure_is_never_changed(word: str) -> None:
    assert sample_vocabulary().correct(word) == word
    assert is_number(word)


@pytest.mark.parametrize(
    "name", "batam johor ubin bukom kuala bangkok tampines jurong bitcoin paypal grabpay visa fedex ninjavan".split()
)
def test_a_name_is_never_changed(name: str) -> None:
    assert sample_vocabulary().correct(name) == name


@pytest.mark.parametrize(
    "word", ["bamboo", "charter", "teleport", "insured", "loyalty", "hiring", "charity", "braille"]
)
def test_an_english_word_that_the_documents_do_not_have_stays(word: str) -> None:
    assert sample_vocabulary().correct(word) == word


def test_every_word_of_the_catalogue_is_right_as_it_is() -> None:
    names = {w for product in REFERENCE.catalogue.active for w in tokens(product.name) if w.isalpha()}

    assert {w: sample_vocabulary().correct(w) for w in names} == {w: w for w in names}


def test_no_right_word_of_a_policy_is_taken_for_another() -> None:
    spoken = {w for p in sample_passages() for w in tokens(p.text) if w in english_words()}

    assert len(spoken) > 300
    assert [w for w in spoken if sample_vocabulary().correct(w) != w] == []


@pytest.mark.parametrize(
    ("said", "means"),
    [
        *(("pls deliver sat", "saturday"), ("by tmr", "tomorrow"), ("1 ctn", "carton"), ("min order", "minimum")),
        *(("del to", "delivery"), ("how much is the acct", "account"), ("3 mths", "mths"), ("5 pcs", "pieces")),
        *(("money back?", "refund"), ("i changed my mind", "cancel"), ("nobody is not there", "absent")),
        *(("Chinese New Year", "holiday"), ("cash on delivery", "cod"), ("pay first", "prepay")),
    ],
)
def test_shorthand_and_phrases_are_read_as_the_word_they_stand_for(said: str, means: str) -> None:
    assert means in tokens(said)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("S$1,250.50 or $20, SGD 30", ["1,250.50", "or", "20", "30"]),
        ("12-inch, 307 x 307 x 42", ["12", "inch", "307", "x", "307", "x", "42"]),
        ("15:00 on Tuesday’s van", ["15:00", "on", "tuesday", "van"]),
        ("can't I?", ["can", "i"]),
        ("", []),
        ("?!…", []),
    ],
)
def test_a_text_is_cut_into_words_and_whole_figures(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_a_number_word_is_the_number() -> None:
    assert [stem(w) for w in ("three", "seven", "twelve", "12")] == ["3", "7", "12", "12"]
    assert stem("one") == "one", "mostly no number"


def test_a_question_is_boiled_down_to_its_telling_words() -> None:
    vocabulary = sample_vocabulary()
    terms = vocabulary.terms("hi boss, can i get refnd for the defectve goods ah? refund can?")

    assert [term.word for term in terms] == ["refund", "defective", "goods"]
    assert vocabulary.terms("hi boss how are you, can ah?") == ()


def test_a_denial_stays_but_tells_little() -> None:
    weights = {t.word: t.weight for t in sample_vocabulary().terms("is the refund not by cash?")}

    assert set(weights) == {"refund", "not", "cash"}
    assert weights["not"] < 0.5 * weights["cash"]


def test_the_rarer_a_word_the_more_it_tells() -> None:
    weights = {t.word: t.weight for t in sample_vocabulary().terms("do you order from the sentosa restocking desk 14")}

    assert weights["sentosa"] > weights["order"]
    assert weights["restocking"] > weights["order"]
    assert weights["14"] < weights["restocking"], "a figure mostly tells the customer's own case"
    assert all(0.1 <= weight <= 1 for weight in weights.values())


def test_a_word_of_the_goods_stays_though_the_documents_have_one_like_it() -> None:
    vocabulary = Vocabulary(["Put the cops and robbers game away."], rarity, Trade(goods=frozenset({"copz"})))

    assert vocabulary.correct("copz") == "copz"
    assert Vocabulary(["Put the cops and robbers game away."], rarity).correct("copz") == "cops"


def test_a_place_is_told_by_the_zone_of_its_outlets() -> None:
    (term,) = sample_vocabulary().terms("tampines?")

    assert sample_vocabulary().zone_of(term) == stem(dict(trade().places)["tampines"])


def test_no_word_stands_for_another_that_would_change_the_answer() -> None:
    known = groups()
    apart = [("before", "after"), ("monday", "tuesday"), ("north", "south"), ("above", "below"), ("carton", "bundle")]
    apart += [("paper", "plastic"), ("8oz", "12oz"), ("white", "black"), ("not", "yes")]

    for one, other in apart:
        assert not known.get(one, frozenset()) & known.get(other, frozenset()), (one, other)
