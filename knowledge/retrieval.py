"""A question -> the passages nearest to it: the text index leads, the vectors have a say."""

import asyncio
import re
from dataclasses import replace

import numpy as np

from knowledge.ports import Embedder, Passage
from knowledge.snapshot import Snapshot

# Reciprocal rank fusion: a passage gets weight / (k + rank) from each list. Measured by tests/eval/retrieval.py.
TEXT_WEIGHT = 3.0
VECTOR_WEIGHT = 1.0
K = 10
CANDIDATES = 30
_WORDS = re.compile(r"[^\W_]+", re.UNICODE)
_MOST_WORDS = 64


async def nearest(snapshot: Snapshot, embedder: Embedder, question: str, limit: int = 8) -> tuple[Passage, ...]:
    """The passages nearest to a question, best first, with scores from 0 to 1."""
    words = _WORDS.findall(question)[:_MOST_WORDS]
    if not words or not snapshot.passages:
        return ()
    by_text = await text_ranks(snapshot, " ".join(words), CANDIDATES)
    by_vector = await asyncio.to_thread(vector_ranks, snapshot, embedder, question, CANDIDATES)
    fused = fuse(by_text, by_vector)
    best = (TEXT_WEIGHT + VECTOR_WEIGHT) / (K + 1)
    return tuple(replace(snapshot.passages[n], score=round(score / best, 4)) for n, score in fused[:limit])


async def text_ranks(snapshot: Snapshot, words: str, limit: int) -> list[int]:
    """Passages by BM25, best first, as places in the snapshot."""
    query = snapshot.table.query().nearest_to_text(words, columns="indexed").select(["n", "_score"]).limit(limit)
    places: list[int] = (await query.to_arrow())["n"].to_pylist()
    return places


def vector_ranks(snapshot: Snapshot, embedder: Embedder, question: str, limit: int) -> list[int]:
    """Passages by the cosine of their vectors, best first."""
    likeness = snapshot.vectors @ embedder.embed([question])[0]
    best = np.argsort(-likeness, kind="stable")[:limit]
    return [int(n) for n in best if likeness[n] > 0]


def fuse(by_text: list[int], by_vector: list[int]) -> list[tuple[int, float]]:
    """Both lists as one, by weighted reciprocal ranks."""
    scores: dict[int, float] = {}
    for ranks, weight in ((by_text, TEXT_WEIGHT), (by_vector, VECTOR_WEIGHT)):
        for rank, n in enumerate(ranks, start=1):
            scores[n] = scores.get(n, 0.0) + weight / (K + rank)
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
