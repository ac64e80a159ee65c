"""Questions that customers ask: those of the sample supplier's FAQ tables, some often and most seldom."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.bench.rewording import reworded
from bot.knowledge_files import open_documents_of
from bot.settings import Settings
from knowledge.evidence import wordings_of


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the name of what answers it: questions of the same name share an answer."""

    text: str
    answer: str


async def faq_questions(settings: Settings) -> list[Question]:
    """Every wording of every row of the FAQ tables that were ingested, a row's own first."""
    library = await open_documents_of(settings)
    try:
        rows = [passage for passage in await library.passages() if passage.question]
    finally:
        await library.close()
    return [Question(wording, row.id) for row in rows for wording in wordings_of(row)]


def one_of_each(questions: Sequence[Question]) -> list[Question]:
    """The first question of each answer."""
    return list({question.answer: question for question in reversed(questions)}.values())[::-1]


def stream(
    questions: Sequence[Question], count: int, chance: random.Random, exponent: float = 1.0, typed_anew: float = 0.5
) -> list[Question]:
    """`count` questions drawn by Zipf's law, a share of them in another typing."""
    ranked = list(questions)
    chance.shuffle(ranked)
    weights = [1 / rank**exponent for rank in range(1, len(ranked) + 1)]
    drawn = chance.choices(ranked, weights, k=count)
    return [replace(q, text=reworded(q.text, chance)) if chance.random() < typed_anew else q for q in drawn]
