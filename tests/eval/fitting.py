"""`python -m tests.eval.fitting [--data DIR]`: fits the weights of `knowledge.evidence` on questions with known answers.

Learns from the larger sample sets and, where the public data is present, from squad2 with its unanswerable questions; the
smaller sample sets are kept to look at afterwards (`python -m tests.eval.answers`). Prints the weights; changes nothing.
"""

import argparse
import asyncio
import json
import random
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bot.knowing import open_documents, words_of
from knowledge.evidence import WEIGHTS, Judge, Support
from knowledge.ports import Passage
from knowledge.words import Vocabulary
from tests.eval.answers import _folded, open_desk, questions

Row = tuple[np.ndarray, bool, float]
_HARDEST = 4


async def sample_rows(folder: Path, names: Iterable[str]) -> list[Row]:
    """Signs of the passages nearest to each sample question, and whether the passage holds the answer."""
    desk = await open_desk(folder)
    judge = await desk._judge_of(await desk._documents.version())
    rows: list[Row] = []
    for name in names:
        for row in questions(name):
            passages = await desk._search(judge, row["question"])
            supports = judge.weigh(row["question"], passages)
            rows += [(s.signs.vector(), _holds(row, s), 1.0) for s in _hardest(supports, lambda s: _holds(row, s))]
    return rows


def _holds(row: dict[str, Any], support: Support) -> bool:
    passage = support.prepared.passage
    text = _folded(passage.text)
    return passage.document in row["documents"] and all(any(_folded(o) in text for o in g) for g in row["must"])


def _hardest(supports: list[Support], right: Any) -> list[Support]:
    return [s for n, s in enumerate(supports) if n < _HARDEST or right(s)]


async def squad_rows(folder: Path, data: Path, most: int) -> list[Row]:
    """The same for squad2, where a passage is right when its best sentence holds the answer."""
    passages = [json.loads(line) for line in (data / "squad2_passages.jsonl").open()]
    asked = [json.loads(line) for line in (data / "squad2_questions.jsonl").open()]
    asked = [q for q in asked if q["answerable"] is not None]
    source = folder / "source"
    source.mkdir()
    for passage in passages:
        (source / f"{passage['pid'].replace('#', '_')}.txt").write_text(passage["text"])
    library = await open_documents(str(folder / "squad"))
    await library.ingest(source)
    words = words_of(lambda: None)
    judge = Judge(Vocabulary([p.text for p in await library.passages()], words.rarity), words.vector)
    rows: list[Row] = []
    for q in random.Random(5).sample(asked, most):
        supports = judge.weigh(q["question"], _untitled(await library.search(judge.spelt(q["question"]), 8)))
        right = lambda s, q=q: _answers(q, s)  # noqa: E731
        rows += [(s.signs.vector(), right(s), 1.0) for s in _hardest(supports, right)[:3]]
    return rows


def _untitled(passages: Iterable[Passage]) -> list[Passage]:
    return [Passage(p.id, "", "", p.text, score=p.score) for p in passages]


def _answers(q: dict[str, Any], support: Support) -> bool:
    best = support.prepared.sentences[support.best].text.casefold()
    return bool(q["answerable"]) and any(a.casefold() in best for a in q["answers"])


def fit(rows: list[Row], strength: float = 1.0) -> tuple[np.ndarray, float]:
    """Logistic regression by Newton's method, with ridge on the weights."""
    x = np.array([r[0] for r in rows], dtype=np.float64)
    y = np.array([r[1] for r in rows], dtype=np.float64)
    importance = np.array([r[2] for r in rows])
    x1 = np.hstack([x, np.ones((len(x), 1))])
    w = np.zeros(x1.shape[1])
    ridge = strength * np.eye(len(w))
    ridge[-1, -1] = 0.0
    for _ in range(30):
        p = 1 / (1 + np.exp(-x1 @ w))
        gradient = x1.T @ (importance * (p - y)) + ridge @ w
        hessian = (x1 * (importance * p * (1 - p))[:, None]).T @ x1 + ridge
        w -= np.linalg.solve(hessian, gradient)
    return w[:-1], float(w[-1])


async def main(arguments: argparse.Namespace) -> None:
    """Collect, fit and print."""
    with TemporaryDirectory() as first, TemporaryDirectory() as second:
        rows = await sample_rows(Path(first), arguments.sets)
        print(len(rows), "sample rows,", sum(r[1] for r in rows), "right")
        if arguments.data is not None:
            others = await squad_rows(Path(second), arguments.data, arguments.most)
            print(len(others), "squad2 rows,", sum(r[1] for r in others), "right")
            rows += [(v, y, arguments.weight) for v, y, _ in others]
    weights, bias = fit(rows)
    for name, weight in zip(WEIGHTS, weights, strict=True):
        print(f'    "{name}": {weight:.2f},')
    print(f"BIAS = {bias:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--sets", nargs="*", default=["more_settled", "more_unsettled"])
    parser.add_argument("--most", type=int, default=800)
    parser.add_argument("--weight", type=float, default=0.3)
    asyncio.run(main(parser.parse_args()))
