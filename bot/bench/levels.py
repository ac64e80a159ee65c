"""How long a question takes at the API: by the cache's level, without any, and while the model writes the answer."""

import asyncio
import csv
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from bot.app import open_store
from bot.bench.asking import Asked, Caller
from bot.bench.desk import ServedDesk
from bot.bench.questions import Question
from bot.bench.rewording import reworded
from bot.demo import SAMPLE
from bot.importing import ImportKind, import_file
from bot.settings import Settings

_AT_ONCE = 4  # that many customers wait for the model at a time
_REWORDINGS = 2


@dataclass(slots=True)
class QuestionTimes:
    """Milliseconds of whole answers by the level that the API told, and the answers that the model wrote.

    `whole` and `streamed` are the same questions.
    """

    levels: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    whole: list[Asked] = field(default_factory=list)
    streamed: list[Asked] = field(default_factory=list)


async def measure_cached(
    caller: Caller, desks: Sequence[ServedDesk], questions: Sequence[Question], times: QuestionTimes
) -> list[Question]:
    """Ask for the first time, again, of the other replica, and in other words.

    Returns the questions that were put to the documents.
    """
    chance, here, there = random.Random(1), desks[0], desks[-1]
    reached = []
    for question in questions:
        first = await caller.ask(here, question.text)
        again = [await caller.ask(desk, question.text) for desk in (here, there, here)]
        again += [await caller.ask(here, reworded(question.text, chance)) for _ in range(_REWORDINGS)]
        _note(times, (first, *again))
        reached += [question] if first.level == "miss" else []
    return reached


async def measure_evidence(
    caller: Caller, desk: ServedDesk, questions: Sequence[Question], times: QuestionTimes
) -> None:
    """Ask what was asked before, after a price changed: the answers are not served any more, the evidence is."""
    _note(times, [await caller.ask(desk, question.text) for question in questions])


async def measure_writing(
    caller: Caller, desks: Sequence[ServedDesk], questions: Sequence[Question], times: QuestionTimes
) -> None:
    """Have the model write each answer twice, whole by one desk and streamed by another, which know nothing yet."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def ask_both(number: int, question: Question) -> tuple[Asked, Asked]:
        one, other = desks[number % 2], desks[1 - number % 2]
        async with slots:
            return await caller.ask(one, question.text), await caller.listen(other, question.text)

    both = await asyncio.gather(*(ask_both(number, question) for number, question in enumerate(questions)))
    written = [pair for pair in both if all(answer.written for answer in pair)]
    times.whole += [whole for whole, _ in written]
    times.streamed += [streamed for _, streamed in written]


def _note(times: QuestionTimes, answers: Sequence[Asked]) -> None:
    for answer in answers:
        times.levels[answer.level].append(answer.last)


async def change_a_price(settings: Settings) -> None:
    """Import the sample's special prices with another one among them; no answer of before is served any more."""
    rows = list(csv.DictReader((SAMPLE / "prices.csv").read_text(encoding="utf-8").splitlines()))
    rows[0]["price"] = str(Decimal(rows[0]["price"]) + 1)
    path = settings.data_dir / "prices.csv"
    _write(path, rows)
    store = open_store(settings)
    try:
        await import_file(ImportKind.PRICES, path, store, country=settings.country, currency=settings.currency)
    finally:
        await store.close()


def _write(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
