"""`python -m tests.eval.fitting [--data DIR]`: fits the weights of `knowledge.evidence`.

Learns from the larger sample sets and, where the public data is present, from squad2 with its unanswerable questions;
the smaller sample sets are kept to look at afterwards (`python -m tests.eval.answers`). Prints the weights; changes
nothing.
"""

import argparse
import asyncio
import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bot.knowing import static_embedder, words_of
from knowledge.evidence import SIGNS, Judge, Support
from knowledge.library import Library, open_library
from knowledge.ports import Passage
from knowledge.words import Vocabulary
from tests.eval.answers import folded, open_desk, questions

_MOST_LEAD = 3.0
# What the sample has too few examples of: a question put as an FAQ row puts it is answered by that row.
_PRIOR = {"wording": 1.5, "others": -1.5}


@dataclass(frozen=True)
class Asked:
    """A question with the signs of its passages, which of them hold the answer, and how much it counts."""

    signs: np.ndarray
    holds: np.ndarray
    importance: float = 1.0


async def sample_questions(folder: Path, names: Iterable[str]) -> list[Asked]:
    """The questions of sample sets."""
    desk, reference = await open_desk(folder)
    judge = await desk.judge(reference)
    found = []
    for row in (row for name in names for row in questions(name)):
        supports = judge.weigh(row["question"], await desk.search(judge, row["question"]))
        found.append(_asked(supports, lambda s, row=row: holds(row, s), 1.0))
    return [asked for asked in found if len(asked.signs)]


def holds(row: dict[str, Any], support: Support) -> bool:
    """Whether a passage is of a right document and holds what the answer must."""
    passage = support.prepared.passage
    text = folded(passage.text)
    return passage.document in row["documents"] and all(any(folded(o) in text for o in g) for g in row["must"])


def _asked(supports: list[Support], right: Callable[[Support], bool], importance: float) -> Asked:
    return Asked(
        np.array([s.signs.vector() for s in supports], dtype=np.float64),
        np.array([right(s) for s in supports], dtype=bool),
        importance,
    )


async def squad_questions(folder: Path, data: Path, most: int, importance: float) -> list[Asked]:
    """Questions of squad2, where a passage is right when its best sentence holds the answer."""
    library = await squad_library(folder, data)
    words = words_of()
    judge = Judge(Vocabulary([p.text for p in await library.passages()], words.rarity), words.vector)
    asked = [json.loads(line) for line in (data / "squad2_questions.jsonl").open()]
    asked = random.Random(5).sample([q for q in asked if q["answerable"] is not None], most)
    found = []
    for q in asked:
        supports = judge.weigh(q["question"], untitled(await library.search(judge.spelt(q["question"]), 8)))
        found.append(_asked(supports, lambda s, q=q: answers(q, s), importance))
    return [asked for asked in found if len(asked.signs)]


async def squad_library(folder: Path, data: Path) -> Library:
    """The passages of squad2 as a library, a file each."""
    source = folder / "source"
    source.mkdir()
    for passage in map(json.loads, (data / "squad2_passages.jsonl").open()):
        (source / f"{passage['pid'].replace('#', '_')}.txt").write_text(passage["text"])
    library = await open_library(str(folder / "squad"), static_embedder())
    await library.ingest(source)
    return library


def untitled(passages: Iterable[Passage]) -> list[Passage]:
    """Without the file's name, which squad2's passages do not have."""
    return [Passage(p.id, p.id, "", p.text, score=p.score) for p in passages]


def answers(q: dict[str, Any], support: Support) -> bool:
    """Whether the best sentence holds an answer."""
    best = support.prepared.sentences[support.best].text.casefold()
    return bool(q["answerable"]) and any(a.casefold() in best for a in q["answers"])


def fit_rank(asked: Sequence[Asked], ridge: float = 0.02, steps: int = 400, rate: float = 0.5) -> np.ndarray:
    """Weights under which right passages come first: listwise softmax, by gradient."""
    prior = np.array([_PRIOR.get(sign, 0.0) for sign in SIGNS])
    w = prior.copy()
    lists = [a for a in asked if a.holds.any() and not a.holds.all()]
    whole = sum(a.importance for a in lists)
    for _ in range(steps):
        gradient = -ridge * (w - prior)
        for a in lists:
            p = _softmax(a.signs @ w)
            right = p * a.holds
            gradient += a.importance / whole * ((right / right.sum() - p) @ a.signs)
        w += rate * gradient
    return w


def fit_settle(asked: Sequence[Asked], rank: np.ndarray, ridge: float = 2.0) -> tuple[np.ndarray, float]:
    """Weights under which the best passage is told right from wrong: logistic regression by Newton's method."""
    rows = [top_of(a, rank) for a in asked]
    x = np.array([[*row, 1.0] for row, _ in rows])
    y = np.array([right for _, right in rows], dtype=np.float64)
    importance = np.array([a.importance for a in asked])
    w = np.zeros(x.shape[1])
    penalty = ridge * np.eye(len(w))
    penalty[-1, -1] = 0.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        gradient = x.T @ (importance * (p - y)) + penalty @ w
        hessian = (x * (importance * p * (1 - p))[:, None]).T @ x + penalty
        w -= np.linalg.solve(hessian, gradient)
    return w[:-1], float(w[-1])


def top_of(asked: Asked, rank: np.ndarray) -> tuple[np.ndarray, bool]:
    """What is weighed of the passage that comes first, and whether it is right."""
    ranks = asked.signs @ rank
    first = int(np.argmax(ranks))
    others = np.delete(ranks, first)
    lead = float(ranks[first] - others.max()) if len(others) else _MOST_LEAD
    return np.array([*asked.signs[first], ranks[first], min(_MOST_LEAD, lead)]), bool(asked.holds[first])


def _softmax(z: np.ndarray) -> np.ndarray:
    p = np.exp(z - z.max())
    return p / p.sum()


async def main(arguments: argparse.Namespace) -> None:
    """Collect, fit and print."""
    with TemporaryDirectory() as first, TemporaryDirectory() as second:
        asked = await sample_questions(Path(first), arguments.sets)
        if arguments.data is not None:
            asked += await squad_questions(Path(second), arguments.data, arguments.most, arguments.weight)
    rank = fit_rank(asked)
    settle, bias = fit_settle(asked, rank)
    print("RANK = np.array([" + ", ".join(f"{w:.2f}" for w in rank) + "])")
    print("SETTLE = np.array([" + ", ".join(f"{w:.2f}" for w in settle) + "])")
    print(f"BIAS = {bias:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--sets", nargs="*", default=["more_settled", "more_unsettled"])
    parser.add_argument("--most", type=int, default=800)
    parser.add_argument("--weight", type=float, default=0.3)
    asyncio.run(main(parser.parse_args()))
