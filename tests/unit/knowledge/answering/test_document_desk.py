"""One question at a time: what is answered, from which document, from which level, and what is never served."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.knowing import prices_of, static_embedder, words_of
from core.domain.catalogue import Catalogue
from core.ports import Finding, Inquiry, Reference
from knowledge.answering import SETTLES, SURE, DocumentDesk
from knowledge.cache import AnswerCache
from knowledge.errors import IndexUnusable
from knowledge.ports import Passage
from tests.eval.answers import questions
from tests.unit.knowledge.answering.parts import REFERENCE, Seen, Shelf, passage, sample_passages

WORDS = words_of()
WEEKENDS = passage(
    "We deliver on Saturdays in all zones but Sentosa. There is no delivery on Sundays.",
    section="Delivery Policy > Weekends",
    document="policies/delivery-policy.md",
)
CASH = passage("No, drivers do not accept cash.", question="Can I pay the driver in cash?|cash ok?", document="faq.csv")
QUESTION = "do you deliver on weekends?"


def desk_of(*held: Passage, **more: object) -> tuple[DocumentDesk, Shelf]:
    """A desk with these documents and nothing remembered."""
    shelf = Shelf(held or (WEEKENDS, CASH))
    cache = more.pop("cache", None) or AnswerCache()
    assert isinstance(cache, AnswerCache)
    return DocumentDesk(shelf, cache, WORDS), shelf


async def ask(
    desk: DocumentDesk, question: str = QUESTION, reference: Reference = REFERENCE, **more: object
) -> Finding:
    return await desk.answer(replace(Inquiry(question, reference=reference), **more))  # type: ignore[arg-type]


def repriced(sku: str, price: str) -> Reference:
    """The sample supplier after an import of another price."""
    catalogue = REFERENCE.catalogue
    products = {**catalogue.products, sku: replace(catalogue.products[sku], price=Decimal(price))}
    return replace(REFERENCE, version=2, catalogue=Catalogue(products, catalogue.special_prices))


async def test_an_answer_names_its_document_and_section() -> None:
    desk, _ = desk_of()
    finding = await ask(desk)

    assert finding.text == WEEKENDS.text
    (source,) = finding.sources
    assert (source.document, source.section) == ("policies/delivery-policy.md", "Delivery Policy > Weekends")
    assert SETTLES <= source.score <= 1


async def test_the_section_of_an_faq_row_is_its_question_as_it_is_put_first() -> None:
    finding = await ask(desk_of()[0], "can i pay the driver in cash?")

    assert [source.section for source in finding.sources] == ["Can I pay the driver in cash?"]


@pytest.mark.parametrize(
    "question", ["is there a branch in Perth?", "who wrote Hamlet?", "?", "", "   ", "ok", "12345"]
)
async def test_what_no_document_supports_has_no_answer(question: str) -> None:
    finding = await ask(desk_of()[0], question)

    assert (finding.text, finding.sources) == ("", ())


async def test_without_documents_there_is_no_answer_and_nothing_is_searched() -> None:
    shelf = Shelf(())
    finding = await ask(DocumentDesk(shelf, AnswerCache(), WORDS))

    assert finding == Finding(cache="none")
    assert shelf.searches == 0


async def test_a_question_asked_again_comes_from_memory() -> None:
    desk, shelf = desk_of()
    first, second, shouted = await ask(desk), await ask(desk), await ask(desk, "Do you deliver on WEEKENDS??")

    assert [f.cache for f in (first, second, shouted)] == ["miss", "l1", "l1"]
    assert first.text == second.text == shouted.text
    assert first.sources == second.sources
    assert shelf.searches == 1


async def test_a_question_that_is_not_settled_is_remembered_as_such() -> None:
    desk, shelf = desk_of()
    findings = [await ask(desk, "is there a branch in Perth?") for _ in range(2)]

    assert [(f.text, f.cache) for f in findings] == [("", "miss"), ("", "l1")]
    assert shelf.searches == 1


async def test_a_rewording_comes_from_the_third_or_fourth_level() -> None:
    desk, shelf = desk_of(*sample_passages(), cache=AnswerCache(embedder=static_embedder()))
    first = await ask(desk, "do you deliver on weekends?")
    reworded = await ask(desk, "may I know whether you are delivering on weekends?")

    assert first.cache == "miss"
    assert reworded.cache in {"l3", "l4"}
    assert reworded.text == first.text
    assert shelf.searches == 1


@pytest.mark.parametrize("price", ["0.01", "1.11", "99.99", "12345.00"])
async def test_another_price_makes_another_key(price: str) -> None:
    desk, _ = desk_of()
    sku = next(iter(REFERENCE.catalogue.products))
    changed = repriced(sku, price)

    levels = [(await ask(desk, reference=reference)).cache for reference in (REFERENCE, changed, changed)]
    assert levels[0] == "miss"
    assert levels[1] in {"miss", "l4"}, "the answer is made anew; the evidence may be known"
    assert levels[2] == "l1"


def test_the_price_version_changes_with_prices_and_products_and_with_nothing_else() -> None:
    sku = next(iter(REFERENCE.catalogue.products))

    assert prices_of(repriced(sku, "99.99")) != prices_of(REFERENCE)
    assert prices_of(replace(REFERENCE, version=9)) == prices_of(REFERENCE), "a new contact of an outlet changes none"


async def test_another_edition_is_answered_from_at_once() -> None:
    desk, shelf = desk_of()
    old = await ask(desk)
    shelf.held = [replace(WEEKENDS, text="We deliver on weekends in all zones.")]
    shelf.edition = "2"
    new = await ask(desk)

    assert (old.text, old.cache) == (WEEKENDS.text, "miss")
    assert (new.text, new.cache) == ("We deliver on weekends in all zones.", "miss")


async def test_another_audience_is_served_nothing_of_the_first() -> None:
    desk, _ = desk_of()

    assert [(await ask(desk, audience=a)).cache for a in ("CPZ", "KKB", "CPZ")] == ["miss", "l4", "l1"]
    assert [(await ask(desk, language=tongue)).cache for tongue in ("en", "ms")] == ["l4", "l4"]


async def test_documents_that_cannot_be_read_say_nothing_and_tell_why_until_they_can() -> None:
    desk, shelf = desk_of()
    shelf.error = IndexUnusable("the folder is gone")
    unread = await ask(desk)
    assert (unread, desk.failing) == (Finding(cache="none"), IndexUnusable.code)

    shelf.error = None
    assert (await ask(desk)).text == WEEKENDS.text
    assert desk.failing == ""


async def test_many_who_ask_at_once_are_answered_by_one_search() -> None:
    desk, shelf = desk_of()
    findings = await asyncio.gather(*(ask(desk) for _ in range(20)))

    assert {f.text for f in findings} == {WEEKENDS.text}
    assert shelf.searches == 1


async def test_words_that_may_be_no_question_need_a_sure_answer() -> None:
    desk, _ = desk_of(*sample_passages())
    sure = await ask(desk, "do you deliver on weekends")
    assert sure.sources[0].score >= SURE
    assert (await ask(desk, "do you deliver on weekends", lightly=True)).text == sure.text

    for row in questions("more_settled"):
        finding = await ask(desk, row["question"])
        if SETTLES <= _score(finding) < SURE:
            assert (await ask(desk, row["question"], lightly=True)).text == "", row["question"]
            return
    pytest.fail("no question is settled without being sure")


def _score(finding: Finding) -> float:
    return finding.sources[0].score if finding.sources else 0.0


async def test_who_watches_hears_the_quote_unless_it_may_be_no_answer() -> None:
    desk, _ = desk_of()
    seen, lightly = Seen(), Seen()
    finding = await desk.answer(Inquiry("do you deliver on weekends?", reference=REFERENCE), live=seen)
    await desk.answer(Inquiry("weekend delivery", reference=REFERENCE, lightly=True), live=lightly)

    assert seen == [finding.text]
    assert lightly == []
