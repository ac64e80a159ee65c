"""What the parts of the knowledge base hand each other, as records and Protocols."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that can be quoted.

    `id` is stable while the piece stays as it is. `document` is the file's path below the ingested folder,
    `section` its heading path ("Refunds > Defective goods"), `page` of a PDF from 1. `question` is set for a row of an
    FAQ table, whose answer is `text`; it may be put in several ways, split by `|`. `score` is the retrieval's, from 0
    to 1, higher is better.
    """

    id: str
    document: str
    section: str
    text: str
    page: int | None = None
    question: str = ""
    score: float = 0.0


class Embedder(Protocol):
    """Turns texts into vectors of unit length. Safe to call from threads."""

    @property
    def name(self) -> str:
        """Names the model; an index made with another one must be made anew."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text, shape (len(texts), dimensions), float32."""
        ...


class Index(Protocol):
    """The passages of the documents that were ingested last."""

    async def version(self) -> str:
        """Names the state of the documents; changes with every ingest that changed something. "" before the first."""
        ...

    async def search(self, question: str, limit: int = 8) -> tuple[Passage, ...]:
        """The passages nearest to a question, best first."""
        ...


class Documents(Index, Protocol):
    """The same, with all of them at hand."""

    async def passages(self) -> Sequence[Passage]:
        """All passages."""
        ...
