"""What the cache counts, in this process."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Literal

Level = Literal["l1", "l2", "l3", "miss"]
Hook = Callable[[str], None]

# "l4" are the misses that found their evidence; "coalesced" joined a question under way; "unkept" were not to be kept.
COUNTED = ("l1", "l2", "l3", "l4", "miss", "coalesced", "unkept", "redis_errors")


class Counts:
    """Counters by name, and those not yet told to the other replicas. `hook` hears each one, for metrics."""

    def __init__(self, hook: Hook | None = None) -> None:
        self._counts: Counter[str] = Counter()
        self._untold: Counter[str] = Counter()
        self._hook = hook

    def add(self, name: str) -> None:
        """Count one."""
        self._counts[name] += 1
        self._untold[name] += 1
        if self._hook is not None:
            self._hook(name)

    @property
    def untold(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._untold)

    def take_untold(self) -> Mapping[str, int]:
        """What was counted since the last time; give it back with `give_back` where telling failed."""
        taken, self._untold = self._untold, Counter()
        return taken

    def give_back(self, counts: Mapping[str, int]) -> None:
        """Put aside again what could not be told."""
        self._untold.update(counts)

    def all(self) -> dict[str, int]:
        """Every counter of this process."""
        return {name: self._counts[name] for name in COUNTED}
