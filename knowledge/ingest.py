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
from knowledge.reports import BadFile, IngestReport, Progress, Stage, Step
from knowledge.rows import SCHEMA, Row, embedded_texts
from knowledge.store import State, Store

# Another ingest that finishes first is seldom met twice.
_TRIES = 5
_BATCH = 512
_VERSION_LENGTH = 16
_NAMED = 3  # bad files, where none was good


@dataclass(slots=True)
class _Read:
    """What was read of the folder, by file: passages, fingerprints, and why one is bad. Kept between tries."""

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
        self._progress = progress or (lambda step: None)
        self._read = _Read()

    async def run(self, folder: Path, *, allow_empty: bool = False) -> IngestReport:
        """Make the index hold what the folder holds.

        Raises WrongFolder, IngestBusy, EmbedderUnusable or IndexUnusable, the index being as it was.
        """
        found = await asyncio.to_thread(files.files_of, folder)
        if not found and not allow_empty:
            raise WrongFolder(f"{folder} holds no documents; everything that is known would be removed")
        for _ in range(_TRIES):
            report = await self._attempt(found, folder, allow_empty)
            if report is not None:
                await self._store.clean(self._now())
                return report
        raise IngestBusy("other ingests keep finishing first; try again when they are through")

    async def _attempt(self, found: list[File], folder: Path, allow_empty: bool) -> IngestReport | None:
        """One try on top of what is current; None where another ingest has been faster."""
        state = await self._store.state()
        old = await self._store.rows(state.generation) if state.generation else []
        known = {row.passage.document: row.fingerprint for row in old}
        await self._take(found, known)
        standing = [row for row in old if self._stands(row)]
        fresh = [passage for name in self._changed(known) for passage in self._read.passages[name]]
        if not standing and not fresh and not allow_empty:
            raise WrongFolder(f"{folder} holds no document that can be read: {self._reasons()}")
        same = (state.embedder, state.dimensions) == (self._embedder.name, self._embedder.dimensions)
        vectors = {row.passage.id: row.vectors for row in old} if same else {}
        missing = [p for p in (*fresh, *(row.passage for row in standing)) if p.id not in vectors]
        report = self._report(known, standing, fresh, len(missing), reembedded=bool(old) and not same)
        if state.generation and not report.changed_index:
            return report
        vectors |= await self._embedded(missing)
        rows = [Row(row.passage, row.fingerprint, vectors[row.passage.id]) for row in standing]
        rows += [Row(passage, self._read.prints[passage.document], vectors[passage.id]) for passage in fresh]
        rows.sort(key=lambda row: row.passage.document)
        return report if await self._publish(rows, report, state) else None

    async def _publish(self, rows: list[Row], report: IngestReport, old: State) -> bool:
        now = self._now()
        self._progress(Step(Stage.WRITING, 0, 1))
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
        switched = await self._store.switch(old, new)
        self._progress(Step(Stage.WRITING, 1, 1))
        return switched

    # -- reading ------------------------------------------------------------------------------------------

    async def _take(self, found: list[File], known: dict[str, str]) -> None:
        """Read what is not known yet: neither in the index nor from an earlier try."""
        async with DocumentReader() as reader:
            for n, file in enumerate(found):
                self._progress(Step(Stage.READING, n, len(found), file.name))
                if file.name not in self._read.bad and file.name not in self._read.passages:
                    await self._take_one(reader, file, known)
        self._progress(Step(Stage.READING, len(found), len(found)))

    async def _take_one(self, reader: DocumentReader, file: File, known: dict[str, str]) -> None:
        try:
            content = await asyncio.to_thread(files.read, file)
            mark = self._read.prints[file.name] = files.fingerprint(content)
            if known.get(file.name) != mark:
                blocks = await reader.read(file.name, content)
                self._read.passages[file.name] = passages_of(file.name, blocks)
        except BadDocument as error:
            self._read.bad[file.name] = str(error)

    def _stands(self, row: Row) -> bool:
        """Whether a stored passage goes on as it is: its file is the same, or cannot be read now."""
        name = row.passage.document
        return name in self._read.bad or self._read.prints.get(name) == row.fingerprint

    def _changed(self, known: dict[str, str]) -> list[str]:
        return [name for name in self._read.passages if known.get(name) != self._read.prints[name]]

    def _reasons(self) -> str:
        named = [f"{name}: {reason}" for name, reason in sorted(self._read.bad.items())]
        return "; ".join(named[:_NAMED]) + ("; ..." if len(named) > _NAMED else "")

    async def _embedded(self, passages: list[Passage]) -> dict[str, Vectors]:
        """The vectors of each passage, by its id."""
        parts = [embedded_texts(passage) for passage in passages]
        texts = [text for part in parts for text in part]
        batches = []
        for start in range(0, len(texts), _BATCH):
            self._progress(Step(Stage.EMBEDDING, start, len(texts)))
            batches.append(await asyncio.to_thread(self._embedder.embed, texts[start : start + _BATCH]))
        self._progress(Step(Stage.EMBEDDING, len(texts), len(texts)))
        vectors = np.concatenate(batches) if batches else np.zeros((0, 0), dtype=np.float32)
        ends = accumulate(len(part) for part in parts)
        return {p.id: vectors[end - len(part) : end] for p, part, end in zip(passages, parts, ends, strict=True)}

    # -- the report ---------------------------------------------------------------------------------------

    def _report(
        self, known: dict[str, str], standing: list[Row], fresh: list[Passage], embedded: int, *, reembedded: bool
    ) -> IngestReport:
        fine = {name: mark for name, mark in self._read.prints.items() if name not in self._read.bad}
        changed = {name for name in fine if name in known and known[name] != fine[name]}
        added = fine.keys() - known.keys()
        removed = known.keys() - fine.keys() - self._read.bad.keys()
        passages = [*(row.passage for row in standing), *fresh]
        return IngestReport(
            version=version_of(passages, self._embedder.name),
            added=tuple(sorted(added)),
            changed=tuple(sorted(changed)),
            removed=tuple(sorted(removed)),
            unchanged=tuple(sorted(fine.keys() - added - changed)),
            bad=tuple(BadFile(name, why, name in known) for name, why in sorted(self._read.bad.items())),
            passages=len(passages),
            embedded=embedded,
            reembedded=reembedded,
            changed_index=bool(added or changed or removed or reembedded),
        )


def version_of(passages: list[Passage], embedder: str) -> str:
    """Names what an index holds: the same passages under the same embedder have the same name, anywhere."""
    parts = [str(SCHEMA), embedder, *sorted(f"{p.id} {p.page}" for p in passages)]
    return sha256("\n".join(parts).encode()).hexdigest()[:_VERSION_LENGTH]
