"""Passages as rows of a table: what is indexed, what is embedded, and the columns they are kept in."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from knowledge.ports import Passage, Vectors
from knowledge.sentences import sentences_of

if TYPE_CHECKING:
    import pyarrow as pa

# Raised by one whenever the columns, the indexed or the embedded texts change: the documents are then ingested anew.
SCHEMA = 1
_FIELDS = ("id", "document", "section", "text", "page", "question")


@dataclass(frozen=True, slots=True)
class Row:
    """A passage as stored: with the fingerprint of its file and the vectors of its parts (see `embedded_texts`)."""

    passage: Passage
    fingerprint: str
    vectors: Vectors


def indexed_text(passage: Passage) -> str:
    """What the text index finds a passage by: heading path, question, words."""
    return "\n".join(part for part in (passage.section, passage.question, passage.text) if part)


def embedded_texts(passage: Passage) -> list[str]:
    """What its vectors are made of: each wording of an FAQ row's question, and each sentence under its headings.

    A passage is as near to a question as the nearest of these; its sentences together blur what one of them says.
    """
    headings = f"{passage.section.replace(' > ', ': ')}: " if passage.section else ""
    sentences = [f"{headings}{sentence}" for sentence in sentences_of(passage.text)]
    return [*filter(None, map(str.strip, passage.question.split("|"))), *sentences]


def table_of(rows: Sequence[Row], dimensions: int) -> "pa.Table":
    """The columns of a generation. `n` is a row's place, from 0."""
    import pyarrow as pa

    found = [row.passage for row in rows]
    vectors = np.concatenate([row.vectors for row in rows]) if rows else np.zeros((0, dimensions), dtype=np.float32)
    ends = np.cumsum([0, *(len(row.vectors) for row in rows)])
    each = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel(), pa.float32()), dimensions)
    texts = {name: pa.array([getattr(p, name) for p in found], pa.string()) for name in _FIELDS if name != "page"}
    return pa.table(
        {
            "n": pa.array(range(len(rows)), pa.int32()),
            **texts,
            "page": pa.array([p.page for p in found], pa.int32()),
            "fingerprint": pa.array([row.fingerprint for row in rows], pa.string()),
            "indexed": pa.array([indexed_text(p) for p in found], pa.string()),
            "vectors": pa.ListArray.from_arrays(pa.array(ends, pa.int32()), each),
        }
    )


def rows_of(table: "pa.Table") -> list[Row]:
    """The rows of a generation's table, in order."""
    table = table.sort_by("n").combine_chunks()
    columns = table.select(_FIELDS).to_pylist()
    prints = table["fingerprint"].to_pylist()
    return [
        Row(Passage(**fields), mark, vectors)
        for fields, mark, vectors in zip(columns, prints, _vectors_of(table), strict=True)
    ]


def _vectors_of(table: "pa.Table") -> list[Vectors]:
    """The vectors of each row, without a copy."""
    if not len(table):
        return []
    column = table["vectors"].chunk(0)
    each = column.flatten()
    flat = each.flatten().to_numpy(zero_copy_only=False).reshape(len(each), -1)
    ends = column.offsets.to_numpy() - column.offsets[0].as_py()
    return [flat[start:end] for start, end in pairwise(ends.tolist())]
