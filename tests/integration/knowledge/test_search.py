"""What a search finds: questions as customers write them, and whatever else they may write."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from knowledge.errors import EmbedderUnusable
from knowledge.library import Library
from knowledge.ports import Vectors
from tests.integration.knowledge.parts import WORDLLAMA, fill, found, opened

SAMPLE = Path(__file__).parents[3] / "bot" / "sample" / "documents"

# As customers write them: plain, terse, Singlish, misspelt, in other words; and a document that answers.
QUESTIONS = {
    "How soon do you deliver to Sentosa?": {"delivery-policy.md", "faq.csv"},
    "sentosa delivery which day ah": {"delivery-policy.md", "faq.csv"},
    "can i get refnd for defectve boxs": {"returns-and-refunds.md", "faq.csv"},
    "half the cups came broken, money back?": {"returns-and-refunds.md", "quality-issues.html", "faq.csv"},
    "payment terms for new customers": {"payment-terms.docx", "faq.csv"},
    "first order must pay first or not": {"payment-terms.docx", "faq.csv"},
    "can cancel my order after i confirm?": {"ordering-and-cancellation.md", "faq.csv"},
    "inside measure of the 12 inch pizza box": {"product-guide-pizza-boxes.pdf", "faq.csv"},
    "minimum quantity for custom printed boxes": {"custom-printing.md", "faq.csv"},
    "do u deliver on saturdays": {"delivery-policy.md", "faq.csv"},
    "nobody at outlet when van come how": {"receiving-your-delivery.md", "faq.csv"},
    "how to report leaking cups": {"quality-issues.html", "faq.csv", "returns-and-refunds.md"},
    "can bagasse go into the microwave": {"materials-and-food-safety.md"},
    "which lid fits 8oz hot cup": {"product-faq.xlsx"},
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample documents, ingested once for all tests here."""
    index = tmp_path_factory.mktemp("knowledge") / "index"

    async def ingest() -> None:
        async with opened(index) as library:
            await library.ingest(SAMPLE)

    asyncio.run(ingest())
    return index


@pytest.fixture
async def library(index: Path) -> AsyncIterator[Library]:
    async with opened(index) as library:
        yield library


async def test_questions_find_a_document_that_answers_among_the_first_three(library: Library) -> None:
    missed = {q: await found(library, q, 3) for q, right in QUESTIONS.items()}
    assert {q: names for q, names in missed.items() if not QUESTIONS[q] & set(names)} == {}


async def test_scores_fall_and_tell_an_answer_from_nothing_of_the_kind(library: Library) -> None:
    near = await library.search("Do you give refunds for defective goods?")
    far = await library.search("who won the football match in Manila yesterday")
    scores = [passage.score for passage in near]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert near[0].score > 0.5 > far[0].score


@pytest.mark.parametrize(
    "question",
    [
        '"refund" AND (goods OR -cups) NOT boxes*',
        "title:refund^3 ~2 [a TO b] {x} \\ / ? *",
        "refund'; DROP TABLE passages; --",
        "refund " * 3_000,
        "refund\x00\u202e\ud83d\ude00 😀",
    ],
    ids=["operators", "lucene", "sql", "long", "controls"],
)
async def test_signs_of_a_query_language_mean_nothing(library: Library, question: str) -> None:
    assert (await found(library, question.encode("utf-8", "ignore").decode(), 1))[0] in {
        "returns-and-refunds.md",
        "faq.csv",
        "custom-printing.md",
    }


@pytest.mark.parametrize("question", ["", "   ", "???", "😀", "\n"])
async def test_without_words_nothing_is_found(library: Library, question: str) -> None:
    assert await library.search(question) == ()


@pytest.mark.parametrize("question", ["退款", "the of and", "zzzz qqqq"])
async def test_words_that_no_document_has_find_little(library: Library, question: str) -> None:
    assert all(passage.score < 0.3 for passage in await library.search(question))


async def test_other_words_for_the_same_are_found_by_meaning(tmp_path: Path) -> None:
    async with opened(tmp_path / "index") as library:
        await library.ingest(fill(tmp_path / "two", parking="Vehicles wait outside.", food="Lunch is served at noon."))
        assert (await found(library, "where do cars stop"))[0] == "parking.md"


async def test_limit(library: Library) -> None:
    assert len(await library.search("delivery", 3)) == 3


class Failing:
    """The embedder of the index, which does not answer now."""

    name = WORDLLAMA.name
    dimensions = WORDLLAMA.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise EmbedderUnusable("no answer")


async def test_while_the_embedder_fails_words_alone_find(index: Path) -> None:
    async with opened(index, Failing()) as library:
        assert (await found(library, "cut-off for Sentosa orders"))[0] in {"delivery-policy.md", "faq.csv"}
