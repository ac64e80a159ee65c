"""A question -> the passages nearest to it.

Three measures, each from 0 to 1 and comparable between questions: what the text index says (BM25, as a share of what a
passage could get at most), the likeness of the nearest sentence by its vectors, and how much of what the question wants
is in the passage at all. Their weights are measured: `python -m tests.eval.retrieval`.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from knowledge.errors import EmbedderUnusable
from knowledge.lexicon import Wanted, share
from knowledge.ports import Embedder, Passage, Vectors
from knowledge.snapshot import Snapshot

_log = logging.getLogger(__name__)

# How many passages each of the index and the vectors puts forward.
_BY_TEXT = 50
_BY_VECTOR = 20
# A term gives a passage no more than its weight times k1 + 1, and Lance's k1 is 1.2.
_MOST_BM25 = 2.2


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the measures, 1 together; `kin` is what a word counts that only means the same."""

    text: float = 0.4
    vector: float = 0.4
    share: float = 0.2
    kin: float = 0.5


DEFAULT = Weights()


async def nearest(
    snapshot: Snapshot, embedder: Embedder, question: str, limit: int = 8, weights: Weights = DEFAULT
) -> tuple[Passage, ...]:
    """The passages nearest to a question, best first, with scores from 0 to 1."""
    wanted = snapshot.lexicon.wanted(question)
    if not wanted.words:
        return ()
    by_text, likeness = await asyncio.gather(
        text_scores(snapshot, wanted, weights), asyncio.to_thread(_likeness, snapshot, embedder, wanted)
    )
    scores = _scores(snapshot, wanted, by_text, likeness, weights)
    best = sorted(scores, key=lambda n: (-scores[n], n))[:limit]
    return tuple(replace(snapshot.passages[n], score=round(scores[n], 4)) for n in best)


async def text_scores(snapshot: Snapshot, wanted: Wanted, weights: Weights = DEFAULT) -> dict[int, float]:
    """BM25 of the passages that hold any of the words, by their places in the snapshot."""
    from lancedb.query import BooleanQuery, FullTextQuery, MatchQuery, Occur

    # mypy does not see the defaults of LanceDB's dataclasses.
    query: FullTextQuery = MatchQuery(wanted.words, "indexed")  # type: ignore[call-arg]
    if wanted.kin:
        kin = MatchQuery(wanted.kin, "indexed", boost=weights.kin)  # type: ignore[call-arg]
        query = BooleanQuery([(Occur.SHOULD, query), (Occur.SHOULD, kin)])
    search = snapshot.table.query().nearest_to_text(query).select(["n", "_score"]).limit(_BY_TEXT)
    found = await search.to_arrow()
    return dict(zip(found["n"].to_pylist(), found["_score"].to_pylist(), strict=True))


def _likeness(snapshot: Snapshot, embedder: Embedder, wanted: Wanted) -> Vectors:
    """Of each passage; 0 everywhere where the vectors cannot be compared or had, which leaves the search to the words.

    They cannot be compared when the index was made with another embedder.
    """
    if snapshot.state.embedder != embedder.name:
        return np.zeros(len(snapshot.passages), dtype=np.float32)
    try:
        return snapshot.likeness(embedder.embed([wanted.words])[0])
    except EmbedderUnusable as error:
        _log.warning("searching by words alone: %s", error)
        return np.zeros(len(snapshot.passages), dtype=np.float32)


def _scores(
    snapshot: Snapshot, wanted: Wanted, by_text: Mapping[int, float], likeness: Vectors, weights: Weights
) -> dict[int, float]:
    most = _MOST_BM25 * wanted.weight
    near = np.argsort(-likeness, kind="stable")[:_BY_VECTOR].tolist()
    return {
        n: weights.text * min(by_text.get(n, 0.0) / most if most else 0.0, 1.0)
        + weights.vector * float(likeness[n])
        + weights.share * share(wanted, snapshot.lexicon.stems[n], weights.kin)
        for n in dict.fromkeys((*by_text, *near))
    }
