"""Folders of documents, embedders and clocks for the tests of the library."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from knowledge.embedding.wordllama import WordLlamaEmbedder
from knowledge.library import Library
from knowledge.ports import Embedder, Vectors
from knowledge.store import open_store

WORDLLAMA = WordLlamaEmbedder()


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        """Move it on."""
        self.at += timedelta(**by)


class Counting:
    """An embedder that counts what it embeds. `name` may be another one's."""

    def __init__(self, name: str = WORDLLAMA.name) -> None:
        self.name = name
        self.dimensions = WORDLLAMA.dimensions
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return WORDLLAMA.embed(texts)


def fill(folder: Path, **texts: str) -> Path:
    """Make a folder hold exactly these Markdown documents, by their names without ".md"."""
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.md"):
        if path.stem not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text)
    return folder


def edition(folder: Path, number: int, documents: int = 3) -> Path:
    """A folder whose every passage tells which edition it is of."""
    text = "# Terms\n\nThis is edition{n} of the terms of document {d}.\n\n## Refunds\n\nWe refund by edition{n}.\n"
    return fill(folder, **{f"terms{d}": text.format(n=number, d=d) for d in range(documents)})


@asynccontextmanager
async def opened(uri: Path, embedder: Embedder = WORDLLAMA, clock: Clock | None = None) -> AsyncIterator[Library]:
    """The library at a place, closed afterwards."""
    library = Library(await open_store(str(uri)), embedder, clock or Clock())
    try:
        yield library
    finally:
        await library.close()


async def found(library: Library, question: str, limit: int = 8) -> list[str]:
    """The documents of what a search finds, best first."""
    return [passage.document for passage in await library.search(question, limit)]
