"""A stream of questions, as a desk gets them over some days, through the whole cache: hits by level, and false ones.

    python -m tests.eval.cache_stream [--documents [--model]] [--data ../shared/data] [--asked 2000]

Some questions are asked often and most seldom (Zipf), every other time in another typing. With --documents they are
those of `tests/eval/questions`, asked of the real question flow on the sample supplier's documents; with --data those
of `banking77_half.jsonl`, asked of the cache alone. Two share an answer where their file says so: the same topic and
the same words that an answer must hold, or the same intent. A hit differs where its text is not what the flow says
without a cache, and is false where it was made for a question with another answer.
"""

import argparse
import asyncio
import json
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from textwrap import shorten

from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from bot.bench.cache_stream import HITS, LEVELS, Differing, Made, Outcome, open_flow, play
from bot.bench.cost import EXAMPLE_PRICE
from bot.bench.desk import prepared, sqlite_url
from bot.bench.model_server import ASSUMED, ModelServer
from bot.bench.question_run import quiet
from bot.bench.questions import Question, stream
from bot.bench.redis_server import redis_url
from bot.english import english_words
from bot.settings import Settings
from core.ports import Finding
from knowledge.cache import AnswerCache, CacheKey, CacheLimits, Entry, KnownWords
from knowledge.embedding.wordllama import WordLlamaEmbedder
from knowledge.ports import Passage

_QUESTIONS = Path(__file__).parent / "questions"
_SHOWN = 120  # characters of an answer


def from_documents() -> list[Question]:
    """The questions to the sample supplier's documents."""
    found = []
    for path in sorted(_QUESTIONS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found.append(
                Question(row["question"], json.dumps([row["topic"], row["must"]]) if row["must"] else row["id"])
            )
    return found


def from_banking(folder: Path) -> list[Question]:
    """The questions of banking77, whose intent is their answer."""
    lines = (folder / "banking77_half.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [Question(row["text"].strip(), row["intent"]) for row in rows]


async def ask_desks(given: argparse.Namespace, settings: Settings, redis: str | None) -> Outcome:
    """The stream of the documents' questions, through the real flow."""
    chance = random.Random(given.seed)
    asked = stream(from_documents(), given.asked, chance, given.zipf)
    async with ModelServer() as model:
        server = model if given.model else None
        async with open_flow(settings, redis=redis, server=server, replicas=given.replicas) as flow:
            return await play(flow, asked, chance)


async def ask_caches(given: argparse.Namespace, redis: str | None) -> Outcome:
    """The stream of banking77, through caches alone."""
    chance, embedder = random.Random(given.seed), WordLlamaEmbedder()
    known = KnownWords(is_english=english_words().__contains__)
    asked = stream(from_banking(given.data), given.asked, chance, given.zipf)
    async with AsyncExitStack() as stack:
        caches = []
        for _ in range(given.replicas):
            client = await stack.enter_async_context(Redis.from_url(redis)) if redis is not None else None
            caches.append(AnswerCache(embedder=embedder, redis=client, known=lambda: known, limits=CacheLimits()))
            stack.push_async_callback(caches[-1].aclose)
        return await play_caches(caches, asked, chance, given.miss_ms / 1000)


async def play_caches(
    caches: Sequence[AnswerCache], asked: Sequence[Question], chance: random.Random, miss_seconds: float
) -> Outcome:
    """Ask one question after the other, each of any cache. The text of an answer is its name."""
    outcome = Outcome()
    for question in asked:
        cache, key = chance.choice(caches), CacheKey(question.text, "banking77:1")
        evidence_known = False

        async def search() -> tuple[Passage, ...]:
            return ()

        async def make(question: Question = question) -> Entry:
            nonlocal evidence_known
            _, evidence_known = await cache.evidence(key, search)  # noqa: B023
            return Entry(json.dumps([question.text, question.answer]))

        begun = time.perf_counter()
        entry, level = await cache.answer(key, make)
        taken, anew = Made(Finding(), time.perf_counter() - begun), Made(Finding(), miss_seconds)
        outcome.levels["l4" if level == "miss" and evidence_known else level] += 1
        if level not in HITS:
            outcome.made.append(anew)
            continue
        outcome.hits.append(taken)
        outcome.spared.append(anew)
        stored, answer = json.loads(entry.text)
        if answer != question.answer:
            outcome.differing.append(Differing(question.text, stored, "", stray=True))
    return outcome


def show(outcomes: dict[str, Outcome]) -> None:
    """Print the rates, what was saved, and every hit that is not what the flow says without a cache."""
    console = Console(width=160)
    table = Table("source", "asked", *LEVELS, "hits", "differ", "false", "ms a hit", "time saved", "cost saved")
    for source, outcome in outcomes.items():
        hits = sum(one.seconds for one in outcome.hits) / max(len(outcome.hits), 1)
        (took, without), (cost, full) = outcome.seconds(ASSUMED), outcome.cost(EXAMPLE_PRICE)
        table.add_row(
            source,
            str(outcome.asked),
            *(f"{outcome.share(level):.1%}" for level in LEVELS),
            f"{outcome.share(*HITS):.1%}",
            str(len(outcome.differing)),
            str(sum(one.stray for one in outcome.differing)),
            f"{hits * 1000:.2f}",
            f"{without - took:.1f} s of {without:.1f} s",
            f"USD {full - cost:.4f} of {full:.4f}",
        )
    console.print(table)
    for source, outcome in outcomes.items():
        for one in outcome.differing:
            verdict = "false" if one.stray else "differs"
            texts = (shorten(text, _SHOWN) or "nothing" for text in (one.served, one.uncached))
            said = "{} got {!r}, without a cache {!r}".format(one.question, *texts)
            console.print(f"{verdict}, {source}: {said}", highlight=False, markup=False)


def main() -> None:
    """Print hits by level, false hits, time and cost saved."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", action="store_true", help="the sample documents, through the real question flow")
    parser.add_argument("--model", action="store_true", help="have a model's stand-in write the answers")
    parser.add_argument("--data", type=Path, help="a folder with banking77_half.jsonl")
    parser.add_argument("--asked", type=int, default=2_000)
    parser.add_argument("--zipf", type=float, default=1.0, help="the exponent: 0 is all alike")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument(
        "--miss-ms", type=float, default=8.0, help="what answering anew takes where only the cache is asked"
    )
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    outcomes = {}
    if given.documents or given.data is None:
        with quiet(), sqlite_url() as url, prepared(url) as settings, redis_url() as redis:
            outcomes["documents"] = asyncio.run(ask_desks(given, settings, redis))
    if given.data is not None:
        with redis_url() as redis:
            outcomes["banking77"] = asyncio.run(ask_caches(given, redis))
    show(outcomes)


if __name__ == "__main__":
    main()
