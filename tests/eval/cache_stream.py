"""A stream of questions, as a desk gets them over some days, through the whole cache: hits by level, and false ones.

    python -m tests.eval.cache_stream [--data ../shared/data] [--asked 4000] [--replicas 2] [--miss-ms 8]

Some questions are asked often and most seldom (Zipf), every other time in another typing (`rewording`). Questions come
from `tests/eval/questions` and, with --data, `banking77_half.jsonl`. Two share an answer where their file says so: the
same topic and the same words that an answer must hold, or the same intent. A hit is false where the stored answer is
another's.
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from bot.english import english_words
from knowledge.cache import AnswerCache, CacheKey, CacheLimits, Entry, KnownWords
from knowledge.embedding.wordllama import WordLlamaEmbedder
from knowledge.ports import Passage
from tests.eval.rewording import reworded
from tests.sandbox.redis_server import RedisServer

_LEVELS = ("l1", "l2", "l3", "l4", "miss")
_QUESTIONS = Path(__file__).parent / "questions"


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the name of its answer, within a source."""

    source: str
    text: str
    answer: str


@dataclass(slots=True)
class Outcome:
    """What became of a source's questions. `false` are (asked, stored) pairs; `seconds` by level."""

    levels: Counter[str] = field(default_factory=Counter)
    false: list[tuple[str, str]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def asked(self) -> int:
        """How many questions there were."""
        return sum(self.levels.values())

    def share(self, *levels: str) -> str:
        """The share of these levels."""
        return f"{sum(self.levels[level] for level in levels) / max(self.asked, 1):.1%}"


def from_documents() -> list[Question]:
    """The questions to the sample supplier's documents."""
    found = []
    for path in sorted(_QUESTIONS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            answer = json.dumps([row["topic"], row["must"]]) if row["must"] else row["id"]
            found.append(Question("documents", row["question"], answer))
    return found


def from_banking(folder: Path) -> list[Question]:
    """The questions of banking77, whose intent is their answer."""
    lines = (folder / "banking77_half.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [Question("banking77", row["text"].strip(), row["intent"]) for row in rows]


def stream(questions: Sequence[Question], count: int, exponent: float, chance: random.Random) -> list[Question]:
    """`count` questions drawn by Zipf's law, half of them in another typing."""
    ranked = list(questions)
    chance.shuffle(ranked)
    weights = [1 / rank**exponent for rank in range(1, len(ranked) + 1)]
    drawn = chance.choices(ranked, weights, k=count)
    return [Question(q.source, reworded(q.text, chance) if chance.random() < 0.5 else q.text, q.answer) for q in drawn]


async def play(caches: Sequence[AnswerCache], asked: Sequence[Question], chance: random.Random) -> Outcome:
    """Ask one question after the other, each of any replica."""
    outcome = Outcome()
    first_asked: dict[str, str] = {}
    for number, question in enumerate(asked):
        cache, key = chance.choice(caches), CacheKey(question.text, f"{question.source}:1")
        evidence_known = False

        async def search() -> tuple[Passage, ...]:
            return ()

        async def make(question: Question = question, number: int = number) -> Entry:
            nonlocal evidence_known
            _, evidence_known = await cache.evidence(key, search)  # noqa: B023
            first_asked[str(number)] = question.text
            return Entry(json.dumps([number, question.answer]))

        begun = time.perf_counter()
        entry, level = await cache.answer(key, make)
        shown = "l4" if level == "miss" and evidence_known else level
        outcome.levels[shown] += 1
        outcome.seconds[shown] += time.perf_counter() - begun
        made, answer = json.loads(entry.text)
        if answer != question.answer:
            outcome.false.append((question.text, first_asked[str(made)]))
    return outcome


async def measure(given: argparse.Namespace, sources: dict[str, list[Question]]) -> dict[str, Outcome]:
    """Every source through caches of its own."""
    embedder, english = WordLlamaEmbedder(), english_words()
    known = KnownWords(is_english=english.__contains__)
    outcomes = {}
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            for source, questions in sources.items():
                chance = random.Random(given.seed)
                asked = stream(questions, given.asked, given.zipf, chance)
                async with AsyncExitStack() as stack:
                    clients = [
                        await stack.enter_async_context(Redis.from_url(server.url)) for _ in range(given.replicas)
                    ]
                    caches = [
                        AnswerCache(embedder=embedder, redis=client, known=lambda: known, limits=CacheLimits())
                        for client in clients
                    ]
                    outcomes[source] = await play(caches, asked, chance)
                    for cache in caches:
                        await cache.aclose()
        finally:
            server.stop()
    return outcomes


def show(outcomes: dict[str, Outcome], given: argparse.Namespace) -> None:
    """Print the rates, what was saved, and every false hit."""
    console = Console(width=160)
    table = Table("source", "asked", *_LEVELS, "hits", "false", "ms a hit", "saved")
    for source, outcome in outcomes.items():
        hits = sum(outcome.levels[level] for level in ("l1", "l2", "l3"))
        spent = sum(outcome.seconds[level] for level in ("l1", "l2", "l3"))
        saved = hits * given.miss_ms / 1000 - spent
        table.add_row(
            source,
            str(outcome.asked),
            *(outcome.share(level) for level in _LEVELS),
            outcome.share("l1", "l2", "l3"),
            str(len(outcome.false)),
            f"{spent / max(hits, 1) * 1000:.2f}",
            f"{saved:.1f} s of {outcome.asked * given.miss_ms / 1000:.1f} s",
        )
    console.print(table)
    for source, outcome in outcomes.items():
        for asked, stored in outcome.false:
            console.print(f"false, {source}: {asked!r} got the answer of {stored!r}", highlight=False, markup=False)


def main() -> None:
    """Print hits by level, false hits and time saved."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="A folder with banking77_half.jsonl")
    parser.add_argument("--asked", type=int, default=4_000)
    parser.add_argument("--zipf", type=float, default=1.0, help="The exponent: 0 is all alike")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument(
        "--miss-ms", type=float, default=8.0, help="What answering anew takes; with a model 1500 or more"
    )
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sources = {"documents": from_documents()}
    if given.data is not None:
        sources["banking77"] = from_banking(given.data)
    show(asyncio.run(measure(given, sources)), given)


if __name__ == "__main__":
    main()
