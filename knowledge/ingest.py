"""A folder of documents -> the next generation of passages."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import accumulate
from pathlib import Path

import numpy as np

from knowledge import folder as files
from knowledge.documents.reader import DocumentReader
from knowledge.errors import BadDocument, IngestBusy, WrongFolder
from knowledge.folder import File
from knowledge.passages import passages_of
from knowledge.ports import Embedder, Passage, Vectors
from knowledge.store import SCHEMA, Row, State, Store, embedded_texts

# Another ingest that finishes first is seldom met twice.
_TRIES = 5
_BATCH = 256
_VERSION_LENGTH = 16

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file that could not be read, and why. `kept`: what it said before still stands."""

    name: str
    reason: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did, files by name. `changed_index` is False where everything was as before."""

    version: str
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    bad: tuple[BadFile, ...] = ()
    passages: int = 0
    embedded: int = 0
    reembedded: bool = False
    changed_index: bool = True

    @property
    def documents(self) -> int:
        """How many documents the index holds now."""
        return len(self.added) + len(self.changed) + len(self.unchanged) + sum(bad.kept for bad in self.bad)


@dataclass(slots=True)
class _Read:
    """What was read of the folder: passages and fingerprint by file, and what is bad. Kept between tries."""

    passages: dict[str, list[Passage]] = field(default_factory=dict)
    prints: dict[str, str] = field(default_factory=dict)
    bad: dict[str, str] = field(default_factory=dict)


class Ingest:
    """One ingest of a folder."""

    def __init__(
        self, store: Store, embedder: Embedder, now: Callable[[], datetime], progress: Progress | None = None
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._now = now
        self._progress = progress or (lambda name, done, total: None)
        self._read = _Read()

    async def run(self, folder: Path, *, allow_empty: bool = False) -> IngestReport:
        """Make the index hold what the folder holds. Raises WrongFolder or IngestBusy, having changed nothing."""
        found = await asyncio.to_thread(files.files_of, folder)
        if not found and not allow_empty:
            raise WrongFolder(f"{folder} holds no documents; everything known would be removed")
        for _ in range(_TRIES):
            report = await self._attempt(found)
            if report is not None:
                await self._store.clean(self._now())
                return report
        raise IngestBusy("other ingests keep finishing first; try again when they are through")

    async def _attempt(self, found: list[File]) -> IngestReport | None:
        """One try on top of what is current; None where another ingest has been faster."""
        state = await self._store.state()
        old = await self._store.rows(state.generation) if state.generation else []
        prints = {row.passage.document: row.fingerprint for row in old}
        await self._take(found, prints)
        kept = {name for name in self._read.bad if name in prints}
        rows = [row for row in old if self._stands(row, kept)]
        fresh = [p for name in self._changed(prints) for p in self._read.passages[name]]
        vectors = {row.passage.id: row.vectors for row in old} if state.embedder == self._embedder.name else {}
        missing = [p for p in [*fresh, *(row.passage for row in rows)] if p.id not in vectors]
        vectors |= await self._embedded(missing)
        rows = [Row(row.passage, row.fingerprint, vectors[row.passage.id]) for row in rows]
        rows += [Row(p, self._read.prints[p.document], vectors[p.id]) for p in fresh]
        rows.sort(key=lambda row: row.passage.document)
        report = self._report(prints, rows, len(missing), state)
        if not report.changed_index:
            return report
        return report if await self._publish(rows, report, state) else None

    async def _publish(self, rows: list[Row], report: IngestReport, old: State) -> bool:
        now = self._now()
        generation = await self._store.write(rows, now, self._embedder.dimensions)
        new = State(
            generation=generation,
            version=report.version,
            embedder=self._embedder.name,
            dimensions=self._embedder.dimensions,
            documents=len({row.passage.document for row in rows}),
            passages=len(rows),
            ingested_at=now.isoformat(timespec="seconds"),
        )
        return await self._store.switch(old, new)

    # -- reading ------------------------------------------------------------------------------------------

    async def _take(self, found: list[File], known: dict[str, str]) -> None:
        """Read what is not known yet: neither in the index nor from an earlier try."""
        async with DocumentReader() as reader:
            for n, file in enumerate(found):
                self._progress(file.name, n, len(found))
                if file.name not in self._read.bad and file.name not in self._read.passages:
                    await self._take_one(reader, file, known)
        self._progress("", len(found), len(found))

    async def _take_one(self, reader: DocumentReader, file: File, known: dict[str, str]) -> None:
        try:
            content = await asyncio.to_thread(files.read, file)
            mark = files.fingerprint(content)
            self._read.prints[file.name] = mark
            if known.get(file.name) != mark:
                blocks = await reader.read(file.name, content)
                self._read.passages[file.name] = passages_of(file.name, blocks)
        except BadDocument as error:
            self._read.bad[file.name] = str(error)

    def _stands(self, row: Row, kept: set[str]) -> bool:
        """Whether a stored passage goes on as it is."""
        name = row.passage.document
        return name in kept or self._read.prints.get(name) == row.fingerprint

    def _changed(self, known: dict[str, str]) -> list[str]:
        return [name for name in self._read.passages if known.get(name) != self._read.prints[name]]

    async def _embedded(self, passages: list[Passage]) -> dict[str, Vectors]:
        """The vectors of each passage, by its id."""
        parts = [embedded_texts(passage) for passage in passages]
        texts = [text for part in parts for text in part]
        batches = [
            await asyncio.to_thread(self._embedder.embed, texts[start : start + _BATCH])
            for start in range(0, len(texts), _BATCH)
        ]
        vectors = np.concatenate(batches) if batches else np.zeros((0, 0), dtype=np.float32)
        ends = accumulate(len(part) for part in parts)
        return {p.id: vectors[end - len(part) : end] for p, part, end in zip(passages, parts, ends, strict=True)}

    # -- the report ---------------------------------------------------------------------------------------

    def _report(self, known: dict[str, str], rows: list[Row], embedded: int, state: State) -> IngestReport:
        fine = {name: mark for name, mark in self._read.prints.items() if name not in self._read.bad}
        there = {row.passage.document: row.fingerprint for row in rows}
        other = bool(state.generation) and state.embedder != self._embedder.name
        return IngestReport(
            version=version_of([row.passage for row in rows], self._embedder.name),
            added=tuple(sorted(name for name in fine if name not in known)),
            changed=tuple(sorted(name for name in fine if name in known and known[name] != fine[name])),
            removed=tuple(sorted(name for name in known if name not in there)),
            unchanged=tuple(sorted(name for name in fine if known.get(name) == fine[name])),
            bad=tuple(BadFile(name, why, name in known) for name, why in sorted(self._read.bad.items())),
            passages=len(rows),
            embedded=embedded,
            reembedded=other,
            changed_index=not state.generation or other or known != there,
        )


def version_of(passages: list[Passage], embedder: str) -> str:
    """Names what an index holds: the same passages under the same embedder have the same name, anywhere."""
    parts = [str(SCHEMA), embedder, *sorted(f"{p.id} {p.page}" for p in passages)]
    return sha256("\n".join(parts).encode()).hexdigest()[:_VERSION_LENGTH]
