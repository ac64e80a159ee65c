"""The cache in one process: what is remembered, for whom, and until when."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.messages import Source
from knowledge.cache import AnswerCache, CacheKey, CacheLimits, Entry
from knowledge.cache.guard import KnownWords
from knowledge.embedding.wordllama import WordLlamaEmbedder
from knowledge.errors import EmbedderUnusable
from knowledge.ports import Passage, Vectors
from tests.unit.knowledge.cache.pairs import NAMES, OTHER_ANSWER, PLACES, SAME_ANSWER

SENTOSA = CacheKey("Do you deliver to Sentosa?", "v1", 7, "CPZ", "en", "none")
PASSAGE = Passage("1", "delivery.md", "Sentosa", "On Tuesday and Friday.", 2, "", 0.9)
EMBEDDER = WordLlamaEmbedder()


def asked(question: str) -> CacheKey:
    return CacheKey(question, "v1")


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Maker:
    """Makes an answer that carries its number, and counts."""

    settled: bool = True
    keep: bool = True
    error: Exception | None = None
    made: int = 0
    gate: asyncio.Event | None = None

    async def __call__(self) -> Entry:
        self.made += 1
        number = self.made
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return Entry(f"answer {number}", (Source("a.md", "A", 0.9),), self.settled, self.keep)


@dataclass
class Searcher:
    """Finds a passage, and counts."""

    searches: int = 0
    found: tuple[Passage, ...] = (PASSAGE,)

    async def __call__(self) -> tuple[Passage, ...]:
        self.searches += 1
        await asyncio.sleep(0)
        return self.found


@dataclass
class Desk:
    """A cache with its clock and a metric's ear."""

    clock: Hand = field(default_factory=Hand)
    heard: list[str] = field(default_factory=list)
    limits: CacheLimits = field(default_factory=CacheLimits)

    def cache(self, known: Callable[[], KnownWords] = KnownWords) -> AnswerCache:
        return AnswerCache(
            embedder=EMBEDDER, limits=self.limits, clock=self.clock, known=known, metrics=self.heard.append
        )


async def test_the_same_question_is_answered_once() -> None:
    cache, make = Desk().cache(), Maker()
    first = await cache.answer(SENTOSA, make)
    again = await cache.answer(SENTOSA, make)
    assert (first[1], again[1]) == ("miss", "l1")
    assert first[0] == again[0]
    assert make.made == 1


@pytest.mark.parametrize(
    "other",
    [
        CacheKey("Do you deliver to Sentosa?", "v2", 7, "CPZ", "en", "none"),
        CacheKey("Do you deliver to Sentosa?", "v1", 8, "CPZ", "en", "none"),
        CacheKey("Do you deliver to Sentosa?", "v1", 7, "BBQ", "en", "none"),
        CacheKey("Do you deliver to Sentosa?", "v1", 7, "CPZ", "zh", "none"),
        CacheKey("Do you deliver to Sentosa?", "v1", 7, "CPZ", "en", "gpt"),
        CacheKey("Do you deliver to Tampines?", "v1", 7, "CPZ", "en", "none"),
        CacheKey("can deliver to sentosa anot", "v2", 7, "CPZ", "en", "none"),
        CacheKey("can deliver to sentosa anot", "v1", 7, "BBQ", "en", "none"),
    ],
)
async def test_each_part_of_the_key_parts_the_answers(other: CacheKey) -> None:
    cache, make = Desk().cache(), Maker()
    await cache.answer(SENTOSA, make)
    assert (await cache.answer(other, make))[1] == "miss"
    assert make.made == 2


async def test_two_hundred_at_once_are_made_once() -> None:
    cache, make = Desk().cache(), Maker(gate=asyncio.Event())
    tasks = [asyncio.create_task(cache.answer(SENTOSA, make)) for _ in range(200)]
    while not make.made:
        await asyncio.sleep(0)
    assert make.gate is not None
    make.gate.set()
    results = await asyncio.gather(*tasks)
    assert {entry.text for entry, _ in results} == {"answer 1"}
    assert make.made == 1
    assert [level for _, level in results].count("miss") == 1
    assert cache.stats()["coalesced"] == 199


async def test_a_failure_reaches_everybody_and_is_not_remembered() -> None:
    cache, make = Desk().cache(), Maker(error=ValueError("no"))
    results = await asyncio.gather(*(cache.answer(SENTOSA, make) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError] * 3
    make.error = None
    assert (await cache.answer(SENTOSA, make))[1] == "miss"


async def test_what_is_not_to_be_kept_is_made_again() -> None:
    cache, make = Desk().cache(), Maker(keep=False)
    assert [(await cache.answer(SENTOSA, make))[1] for _ in range(2)] == ["miss", "miss"]
    assert make.made == 2
    assert (await cache.answer(asked("can deliver to sentosa anot"), make))[1] == "miss"


async def test_an_answer_ends_however_often_it_is_asked_for() -> None:
    desk = Desk()
    cache, make = desk.cache(), Maker()
    await cache.answer(SENTOSA, make)
    for _ in range(9):
        desk.clock.now += desk.limits.ttl_seconds / 10
        assert (await cache.answer(SENTOSA, make))[1] == "l1"
    desk.clock.now += desk.limits.ttl_seconds / 10
    assert (await cache.answer(SENTOSA, make))[1] == "miss"


async def test_other_words_do_not_lengthen_an_answers_life() -> None:
    desk = Desk()
    cache, make = desk.cache(), Maker()
    await cache.answer(asked("Do you deliver to Sentosa?"), make)
    desk.clock.now += desk.limits.ttl_seconds - 1
    assert (await cache.answer(asked("can deliver to sentosa anot"), make))[1] == "l3"
    assert (await cache.answer(asked("can deliver to sentosa anot"), make))[1] == "l1"
    desk.clock.now += 1
    assert (await cache.answer(asked("can deliver to sentosa anot"), make))[1] == "miss"
    assert (await cache.answer(asked("sentosa can deliver?"), make))[1] == "l3"


async def test_an_unsettled_question_is_tried_again_sooner_and_lends_nothing() -> None:
    desk = Desk()
    cache, make = desk.cache(), Maker(settled=False)
    await cache.answer(asked("Do you deliver to Sentosa?"), make)
    assert (await cache.answer(asked("can deliver to sentosa anot"), make))[1] == "miss"
    desk.clock.now += desk.limits.unsettled_ttl_seconds
    assert (await cache.answer(asked("Do you deliver to Sentosa?"), make))[1] == "miss"


async def test_newer_documents_empty_the_memory_of_the_old() -> None:
    desk = Desk()
    cache, make, search = desk.cache(), Maker(), Searcher()
    await cache.answer(SENTOSA, make)
    await cache.evidence(SENTOSA, search)
    newer = CacheKey(SENTOSA.question, "v2", 7, "CPZ", "en", "none")
    assert (await cache.answer(newer, make))[1] == "miss"
    assert not (await cache.evidence(newer, search))[1]
    # A question under way may still bring the old version; what it had is gone.
    assert (await cache.answer(SENTOSA, make))[1] == "miss"
    assert (await cache.answer(newer, make))[1] == "l1"


async def test_evidence_is_shared_by_wordings_prices_and_audiences() -> None:
    cache, search = Desk().cache(), Searcher()
    first = await cache.evidence(CacheKey("Do you deliver to Sentosa?", "v1", 1, "A"), search)
    again = await cache.evidence(CacheKey("sentosa delivered?? pls", "v1", 2, "B", "zh", "m"), search)
    assert first == ((PASSAGE,), False)
    assert again == ((PASSAGE,), True)
    assert not (await cache.evidence(CacheKey("Do you deliver to Sentosa?", "v2", 1, "A"), search))[1]
    assert search.searches == 2


async def test_evidence_is_searched_for_once_at_a_time() -> None:
    cache, search = Desk().cache(), Searcher()
    results = await asyncio.gather(*(cache.evidence(SENTOSA, search) for _ in range(20)))
    assert search.searches == 1
    assert [hit for _, hit in results].count(False) == 1


async def test_without_a_content_word_nothing_is_remembered_as_evidence() -> None:
    cache, search = Desk().cache(), Searcher()
    assert not (await cache.evidence(asked("how is it?"), search))[1]
    assert not (await cache.evidence(asked("how is it?"), search))[1]


async def test_metrics_hear_every_level() -> None:
    desk = Desk()
    cache, make, search = desk.cache(), Maker(), Searcher()
    await cache.answer(asked("Do you deliver to Sentosa?"), make)
    await cache.answer(asked("do you deliver to sentosa"), make)
    await cache.answer(asked("can deliver to sentosa anot"), make)
    await cache.evidence(SENTOSA, search)
    await cache.evidence(SENTOSA, search)
    assert desk.heard == ["miss", "l1", "l3", "l4"]
    assert cache.stats()["l3"] == 1


class BrokenEmbedder:
    """An embedder that cannot be used."""

    name = "broken"
    dimensions = 256

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise EmbedderUnusable("no")


async def test_an_embedder_that_fails_costs_the_third_level_only() -> None:
    cache, make = AnswerCache(embedder=BrokenEmbedder()), Maker()
    levels = [
        (await cache.answer(asked(q), make))[1]
        for q in ("Do you deliver to Sentosa?", "do you deliver to sentosa", "can deliver to sentosa anot")
    ]
    assert levels == ["miss", "l1", "miss"]


async def test_a_story_is_only_found_word_for_word() -> None:
    cache, make = Desk().cache(), Maker()
    story = "my boxes came wet and " * 20
    await cache.answer(asked(story), make)
    assert (await cache.answer(asked(f"{story} ok"), make))[1] == "miss"
    assert (await cache.answer(asked(story.upper()), make))[1] == "l1"


async def test_memory_is_bounded() -> None:
    desk = Desk(limits=CacheLimits(answers=10, evidence=10, asked=10))
    cache, make = desk.cache(), Maker()
    for number in range(50):
        await cache.answer(asked(f"do you sell item number {number}"), make)
    again = [(await cache.answer(asked(f"do you sell item number {number}"), make))[1] for number in (49, 45, 0)]
    assert again == ["l1", "l1", "miss"]


async def test_a_brand_that_is_a_courtesy_elsewhere_is_kept_apart() -> None:
    known = KnownWords(names=frozenset({"boss"}))
    cache, make = Desk().cache(lambda: known), Maker()
    await cache.answer(asked("do you sell coffee"), make)
    assert (await cache.answer(asked("do you sell boss coffee"), make))[1] == "miss"


async def test_every_adversarial_pair_is_a_miss() -> None:
    known = KnownWords(NAMES, PLACES, is_english=lambda word: True)
    for pairs in OTHER_ANSWER.values():
        for one, other in pairs:
            cache, make = Desk().cache(lambda: known), Maker()
            await cache.answer(asked(one), make)
            assert (await cache.answer(asked(other), make))[1] == "miss", (one, other)


async def test_every_rewording_is_a_hit() -> None:
    english = {word for first, *_ in SAME_ANSWER for word in first.casefold().strip("?").split()}
    known = KnownWords(NAMES, PLACES, english.__contains__)
    for first, *others in SAME_ANSWER:
        cache, make = Desk().cache(lambda: known), Maker()
        await cache.answer(asked(first), make)
        for other in others:
            assert (await cache.answer(asked(other), make))[1] in ("l1", "l3"), (first, other)


WORDS = "do you can i deliver cancel boxes 12in 10in sentosa monday not before after my how much is the".split()


@given(st.lists(st.tuples(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), st.integers(0, 2)), max_size=12))
async def test_whatever_is_asked_an_answer_stays_in_its_scope(questions: list[tuple[list[str], int]]) -> None:
    cache = Desk().cache()
    for words, audience in questions:

        async def make(audience: int = audience) -> Entry:
            return Entry(str(audience))

        entry, _ = await cache.answer(CacheKey(" ".join(words), "v1", audience=str(audience)), make)
        assert entry.text == str(audience)
