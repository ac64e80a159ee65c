"""`python -m tests.eval.retrieval --data ../shared/data`: recall and time of finding the passage that answers.

Gold is what the sets say: of squad2's answerable questions the passage that the question was asked about, of policyqa's
the passages with the answer. A policyqa question asks "this website" for its own policy, so it is searched for in that
company's policy (`policyqa`), and for comparison in all companies' at once (`policyqa, all`); its gold is incomplete.
`sample` are the question sets to the sample supplier's documents: gold is each passage of a right document that holds
the words the answer must have. A question counts when any of its gold passages is among the first 1, 3 or 5.
"""

import argparse
import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np

from bot.demo import SAMPLE
from knowledge import retrieval
from knowledge.documents.loading import blocks_of
from knowledge.embedding.wordllama import WordLlamaEmbedder
from knowledge.lexicon import Wanted, words_of
from knowledge.passages import passages_of
from knowledge.ports import Passage, Vectors
from knowledge.rows import Row, embedded_texts, indexed_text
from knowledge.snapshot import Snapshot, snapshot_of
from knowledge.store import State, open_store

DEPTHS = (1, 3, 5)
QUESTIONS = Path(__file__).with_name("questions")
EMBEDDER = WordLlamaEmbedder()
_FUSED_FROM = 50


@dataclass(frozen=True)
class Case:
    """A question, where it is searched for, and the ids of the passages that answer it."""

    question: str
    corpus: str
    gold: frozenset[str]


@dataclass(frozen=True)
class Corpus:
    """Passages to search, and the vectors of whole passages for the plain methods."""

    snapshot: Snapshot
    whole: Vectors


Method = Callable[[Corpus, str], Awaitable[Sequence[str]]]


# -- methods ---------------------------------------------------------------------------------------------


async def bm25(corpus: Corpus, question: str) -> list[str]:
    """The text index alone, with the question's words as they are."""
    return _ids(corpus, await _by_text(corpus, question))


async def dense(corpus: Corpus, question: str) -> list[str]:
    """The embedder alone, on whole passages."""
    return _ids(corpus, await asyncio.to_thread(_by_vector, corpus, question))


def fused(weight: float, k: int) -> Method:
    """Reciprocal rank fusion of both, the text index weighing `weight` to 1."""

    async def search(corpus: Corpus, question: str) -> list[str]:
        scores: dict[int, float] = defaultdict(float)
        for rank, n in enumerate(await _by_text(corpus, question), start=1):
            scores[n] += weight / (k + rank)
        for rank, n in enumerate(await asyncio.to_thread(_by_vector, corpus, question), start=1):
            scores[n] += 1 / (k + rank)
        return _ids(corpus, sorted(scores, key=lambda n: -scores[n]))

    return search


async def ours(corpus: Corpus, question: str) -> list[str]:
    """What the desk does."""
    return [p.id for p in await retrieval.nearest(corpus.snapshot, EMBEDDER, question, max(DEPTHS))]


METHODS: dict[str, Method] = {
    "BM25": bm25,
    "wordllama": dense,
    "RRF 1:1, k 60": fused(1, 60),
    "RRF 3:1, k 10": fused(3, 10),
    "default": ours,
}


async def _by_text(corpus: Corpus, question: str) -> list[int]:
    return list(await retrieval.text_scores(corpus.snapshot, Wanted(" ".join(words_of(question)), "", ())))


def _by_vector(corpus: Corpus, question: str) -> list[int]:
    order: list[int] = np.argsort(-(corpus.whole @ EMBEDDER.embed([question])[0]))[:_FUSED_FROM].tolist()
    return order


def _ids(corpus: Corpus, places: Iterable[int]) -> list[str]:
    return [corpus.snapshot.passages[n].id for n in list(places)[: max(DEPTHS)]]


# -- sets ------------------------------------------------------------------------------------------------


def public_set(data: Path, name: str, whole: bool) -> tuple[dict[str, list[Passage]], list[Case]]:
    """A public set: its passages by corpus and its questions. `whole` puts all documents into one corpus."""
    corpora: dict[str, list[Passage]] = defaultdict(list)
    for row in _rows(data / f"{name}_passages.jsonl"):
        corpora["" if whole else row["doc"]].append(Passage(row["pid"], row["doc"], "", row["text"]))
    cases = [
        Case(row["question"], "" if whole else row["doc"], frozenset(row.get("gold_pids") or [row["pid"]]))
        for row in _rows(data / f"{name}_questions.jsonl")
        if row.get("answerable", True)
    ]
    return corpora, cases


def sample_set() -> tuple[dict[str, list[Passage]], list[Case]]:
    """The sample documents and the questions that they settle."""
    passages: list[Passage] = []
    for path in sorted((SAMPLE / "documents").iterdir()):
        passages += passages_of(path.name, blocks_of(path.name, path.read_bytes()))
    rows = [row for name in ("settled", "more_settled") for row in _rows(QUESTIONS / f"{name}.jsonl")]
    cases = [Case(row["question"], "", frozenset(p.id for p in passages if _answers(p, row))) for row in rows]
    return {"": passages}, [case for case in cases if case.gold]


def _answers(passage: Passage, row: dict[str, Any]) -> bool:
    text = _folded(f"{passage.section} {passage.text}")
    return passage.document in row["documents"] and all(
        any(_folded(words) in text for words in group) for group in row["must"]
    )


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text.casefold().replace("’", "'"))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open() as lines:
        yield from (json.loads(line) for line in lines)


# -- measuring -------------------------------------------------------------------------------------------


async def corpus_of(passages: Sequence[Passage], folder: Path) -> Corpus:
    """An index over passages, and what the plain methods need."""
    store = await open_store(str(folder))
    rows = [Row(passage, "", EMBEDDER.embed(embedded_texts(passage))) for passage in passages]
    generation = await store.write(rows, datetime.now(UTC), EMBEDDER.dimensions)
    snapshot = snapshot_of(
        State(generation, embedder=EMBEDDER.name, passages=len(rows)), await store.table(generation), rows
    )
    return Corpus(snapshot, EMBEDDER.embed([indexed_text(passage) for passage in passages]))


async def measure(corpora: dict[str, Corpus], cases: Sequence[Case], method: Method) -> tuple[list[float], list[float]]:
    """Recall at each depth, and the milliseconds of each question, sorted."""
    for case in cases[:20]:
        await method(corpora[case.corpus], case.question)
    hits, times = [0] * len(DEPTHS), []
    for case in cases:
        started = perf_counter()
        found = await method(corpora[case.corpus], case.question)
        times.append((perf_counter() - started) * 1000)
        for n, depth in enumerate(DEPTHS):
            hits[n] += not case.gold.isdisjoint(found[:depth])
    return [count / len(cases) for count in hits], sorted(times)


async def report(name: str, passages: dict[str, list[Passage]], cases: Sequence[Case], only: str) -> None:
    """Measure every method on a set and print a line each."""
    with TemporaryDirectory() as folder:
        corpora = {
            key: await corpus_of(found, Path(folder) / str(n)) for n, (key, found) in enumerate(passages.items())
        }
        count = sum(map(len, passages.values()))
        for label, method in METHODS.items():
            if not label.startswith(only):
                continue
            recall, times = await measure(corpora, cases, method)
            columns = "  ".join(f"{value:8.3f}" for value in recall)
            median, slow = times[len(times) // 2], times[int(len(times) * 0.95)]
            print(f"{name:14} {count:8} {len(cases):9}  {label:14} {columns}  {median:6.2f} {slow:6.2f}", flush=True)


async def main(options: argparse.Namespace) -> None:
    """Measure every set that is there."""
    print(f"{'set':14} passages questions  {'method':14} recall@1  recall@3  recall@5  median    p95 ms")
    sets = [("sample", *sample_set())]
    for name, whole in (("squad2", True), ("policyqa", False), ("policyqa, all", True)):
        stem = name.partition(",")[0]
        if options.data is not None and (options.data / f"{stem}_questions.jsonl").exists():
            sets.append((name, *public_set(options.data, stem, whole)))
    for name, passages, cases in sets:
        if options.sample:
            cases = Random(options.seed).sample(cases, min(options.sample, len(cases)))
        await report(name, passages, cases, options.only)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.eval.retrieval", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="the folder with squad2_*.jsonl and policyqa_*.jsonl")
    parser.add_argument("--sample", type=int, default=500, help="questions a set, 0 for all (default %(default)s)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", default="", metavar="METHOD", help="methods whose name begins so")
    asyncio.run(main(parser.parse_args()))
