"""What an ingest tells: its steps while it runs, and what it did."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """What an ingest is doing."""

    READING = "reading"
    EMBEDDING = "embedding"
    WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Step:
    """How far a stage is: `done` of `total` files, or texts to embed. `name` is the file that is read next."""

    stage: Stage
    done: int
    total: int
    name: str = ""


Progress = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file that could not be read, and why. `kept`: what it said when it was last read still stands."""

    name: str
    reason: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did, files by name.

    `embedded` counts passages whose vectors were made; `reembedded` says that all were, for another embedder.
    `changed_index` is False where everything was as before and nothing was written.
    """

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
