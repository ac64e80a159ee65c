"""Pairs of questions that may or may not share an answer: what the third level makes of them, beside cosine alone.

    python -m tests.eval.cache_pairs --data ../shared/data

Reads `cache_pairs.jsonl` (`source`, `query`, `cached_query`, `should_hit`). Prints for each source how many of the
pairs that should hit did, and how many of the others.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bot.english import english_words
from knowledge.cache.guard import KnownWords, same_answer
from knowledge.cache.normalising import normalised
from knowledge.cache.reading import gist, read
from knowledge.cache.semantic import FLOOR
from knowledge.embedding.wordllama import WordLlamaEmbedder

_COSINES = (0.80, 0.85, 0.90, 0.95)


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, one that was answered before, and whether its answer serves."""

    source: str
    query: str
    cached: str
    should_hit: bool


def pairs_in(folder: Path) -> list[Pair]:
    """The pairs of a data folder."""
    lines = (folder / "cache_pairs.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    return [Pair(r["source"], r["query"], r["cached_query"], r["should_hit"]) for r in rows]


def guarded(pairs: Sequence[Pair], cosines: Sequence[float], known: KnownWords) -> list[bool]:
    """What the third level serves: near enough, and past the guard."""

    def serves(pair: Pair, cosine: float) -> bool:
        one, other = normalised(pair.query), normalised(pair.cached)
        return one == other or (cosine >= FLOOR and same_answer(read(one), read(other), known))

    return [serves(pair, cosine) for pair, cosine in zip(pairs, cosines, strict=True)]


def as_gist(question: str) -> str:
    """A question as the cache embeds it."""
    return gist(read(normalised(question)))


def cosines_of(
    pairs: Sequence[Pair], embed: Callable[[Sequence[str]], np.ndarray], form: Callable[[str], str] = str
) -> list[float]:
    """The cosine of each pair's questions in this form."""
    one = embed([form(pair.query) for pair in pairs])
    other = embed([form(pair.cached) for pair in pairs])
    return [float(value) for value in np.sum(one * other, axis=1)]


def show(pairs: Sequence[Pair], ways: dict[str, list[bool]]) -> Table:
    """True-hit and false-hit rates by source, a column pair a way."""
    table = Table("source", *(f"{name} {kind}" for name in ways for kind in ("true", "false")))
    for source in (*sorted({pair.source for pair in pairs}), "all"):
        cells = []
        for hits in ways.values():
            for wanted in (True, False):
                found = [
                    hit
                    for pair, hit in zip(pairs, hits, strict=True)
                    if pair.should_hit is wanted and source in (pair.source, "all")
                ]
                cells.append(f"{sum(found)}/{len(found)}" + (f" {sum(found) / len(found):.1%}" if found else ""))
        table.add_row(source, *cells)
    return table


def main() -> None:
    """Print the rates, and with --show the pairs that hit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--show", choices=("true", "false"), help="List the third level's hits of this kind")
    given = parser.parse_args()
    pairs = pairs_in(given.data)
    english = english_words()
    embed = WordLlamaEmbedder().embed
    cosines = cosines_of(pairs, embed)
    level = guarded(pairs, cosines_of(pairs, embed, as_gist), KnownWords(is_english=english.__contains__))
    ways = {"L3": level} | {f">={least:.2f}": [cosine >= least for cosine in cosines] for least in _COSINES}
    console = Console(width=180)
    console.print(show(pairs, ways))
    if given.show:
        for pair, hit, cosine in zip(pairs, level, cosines, strict=True):
            if hit and pair.should_hit is (given.show == "true"):
                console.print(f"{pair.source} {cosine:.2f}  {pair.query}  |  {pair.cached}", highlight=False)


if __name__ == "__main__":
    main()
