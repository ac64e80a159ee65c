"""A quote says what the document says: nothing that it leans on, heads or is limited by is cut off."""

from dataclasses import replace

import pytest

from knowledge.evidence import Support
from knowledge.ports import Passage
from knowledge.quoting import quote, quotes
from knowledge.sentences import sentences_of
from tests.unit.knowledge.answering.parts import judge_of, passage, sample_passages, supports

SHORT, LONGEST = 400, 600
FILLERS = [
    "Our warehouse in Loyang works in two shifts and keeps about nine hundred lines of packaging in stock all year.",
    "Pallets are stacked by hand, so cartons of different sizes may travel together on one and the same van.",
    "Every van has a rear camera and a tail lift, and every driver carries a phone with the delivery orders.",
    "Stock is counted twice a year, at the end of June and of December, by people from another company.",
    "The first shift begins before sunrise and loads the vans for the East, which is why they leave last.",
]
RULE = "Damaged goods are refunded in full."


def support(text: str, answers: str, **more: str) -> Support:
    """A passage whose best sentence is the one that begins so."""
    one = passage(text, **more)
    sentences = sentences_of(text)
    best = next(n for n, sentence in enumerate(sentences) if sentence.startswith(answers))
    (found,) = judge_of([one]).weigh("are damaged goods refunded?", [one])
    return replace(found, best=best, values=tuple(1.0 if n == best else 0.1 for n in range(len(sentences))))


def long_text(*middle: str) -> str:
    """A passage that is too long to be quoted whole, with these sentences in its middle."""
    return " ".join([*FILLERS[:3], *middle, *FILLERS[3:]])


def test_a_short_passage_is_quoted_whole() -> None:
    text = "We ship daily. Damaged goods are refunded in full. Write to us."

    assert quote(support(text, "Damaged")) == text


def test_of_a_long_passage_the_best_stretch_is_quoted() -> None:
    said = quote(support(long_text(RULE), RULE))

    assert RULE in said
    assert len(said) <= SHORT
    assert said in long_text(RULE), "one stretch, word for word"


@pytest.mark.parametrize(
    "limit",
    [
        "However, this counts only for goods in their packing.",
        "But custom printed goods are not.",
        "Unless you signed for them, that is.",
        "Except on clearance items.",
        "Only goods in their packing are refunded.",
        "If you signed for them, no refund is due.",
        "Not so for clearance items.",
        "No refund is due after 7 days.",
        "This does not apply to clearance items.",
        "Please note that clearance items are final.",
        "Exceptions are listed on our page.",
        "Otherwise a fee of S$20 is due.",
    ],
)
def test_what_limits_a_rule_is_quoted_with_it(limit: str) -> None:
    assert f"{RULE} {limit}" in quote(support(long_text(RULE, limit), RULE))


def test_limits_are_quoted_even_where_the_quote_grows_long() -> None:
    limits = [f"However, goods of kind {n} are refunded in part only, and after they were looked at." for n in range(6)]
    said = quote(support(long_text(RULE, *limits), RULE))

    assert said == " ".join([RULE, *limits])
    assert len(said) > SHORT


@pytest.mark.parametrize("opening", ["It", "This", "They", "However, it", "Otherwise it", "Then it", "In that case it"])
def test_a_sentence_that_leans_on_the_one_before_is_never_quoted_without_it(opening: str) -> None:
    leaning = f"{opening} is refunded within 7 days, in the way that the goods were paid for."

    assert f"{RULE} {leaning}" in quote(support(long_text(RULE, leaning), leaning))


def test_a_list_is_quoted_with_its_head() -> None:
    items = [f"- part {n}, with its number and a photo of the fault from close up" for n in range(5)]
    text = "\n".join([*FILLERS, "These goods cannot be returned:", *items])

    for answering in ("These goods", *items):
        said = quote(support(text, answering))
        assert "These goods cannot be returned:\n- part" in said, answering
        assert answering in said
        assert len(said) <= LONGEST


def test_list_items_keep_their_lines() -> None:
    text = "We need:\n- the order number\n- three photos"

    assert quote(support(text, "We need")) == text


def test_rows_of_a_table_keep_their_lines_and_are_never_parted() -> None:
    rows = [f"Box: {n} inch; Inside (mm): {n * 25} x {n * 25} x 42; Pieces in a bundle: 50" for n in range(8, 19)]
    said = quote(support("\n".join([*FILLERS[:2], *rows]), "Box: 14 inch"))

    assert "Box: 14 inch; Inside (mm): 350 x 350 x 42; Pieces in a bundle: 50" in said.split("\n")
    assert all(line in rows for line in said.split("\n") if line.startswith("Box"))
    assert len(said) <= SHORT


def test_yes_belongs_to_the_question_that_the_row_puts() -> None:
    row = passage("Yes, by PayNow or bank transfer.", question="Can I pay without cash?")

    assert quote(supports("can I pay without cash?", row)[0]).startswith("Yes, by PayNow")
    assert quote(supports("which bank holds your PayNow account number?", row)[0]) == "By PayNow or bank transfer."


def test_a_second_passage_is_quoted_where_it_is_as_good_and_says_something_else() -> None:
    first = passage("Refunds for damaged goods are paid by bank transfer.", section="How refunds are paid")
    second = passage("Damaged goods are refunded within 7 days, GST included.", section="Refunds of damaged goods")
    again = passage("We pay refunds for damaged goods by bank transfer.", section="Refunds of damaged goods")
    far = passage("Our showroom opens at ten.", section="Showroom")

    text, used = quotes(supports("how are damaged goods refunded?", first, second, far))
    assert {s.prepared.passage.text for s in used} == set(text.split("\n")) == {first.text, second.text}

    text, used = quotes(supports("how are damaged goods refunded?", first, again, far))
    assert len(used) == 1
    assert text == used[0].prepared.passage.text


@pytest.mark.parametrize(
    "one", [p for p in sample_passages() if len(p.text) > SHORT], ids=lambda p: f"{p.document}-{p.id}"
)
def test_wherever_the_answer_stands_in_a_document_the_quote_is_whole(one: Passage) -> None:
    """Whole sentences in their order, the answering one among them, nothing that leans or is limited left alone."""
    judge = judge_of([one])
    (found,) = judge.weigh("refund delivery order goods size payment", [one])
    sentences = [sentence.text for sentence in found.prepared.sentences]
    for best in range(len(sentences)):
        values = tuple(1.0 if n == best else 0.1 for n in range(len(sentences)))
        said = sentences_of(quote(replace(found, best=best, values=values)))
        places = [sentences.index(sentence) for sentence in said]
        assert best in places or sentences[best] in said
        assert places == sorted(places)
        assert not said[0].startswith(("However", "But ", "It ", "They ", "This ", "Otherwise")) or places[0] == 0
        after = places[-1] + 1
        assert after == len(sentences) or not sentences[after].startswith(("However", "But ", "Unless", "Except"))
        assert not said[-1].endswith(":") or after == len(sentences)
