"""Leaves a part alone for a while after it failed, so that it is not waited for with every question."""

import time
from collections.abc import Callable


class Circuit:
    """Closed: everybody may pass. Open: nobody, until the rest is over; then one goes ahead and finds out."""

    def __init__(self, rest_seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest_seconds
        self._monotonic = monotonic
        self._open_until: float | None = None
        self._scout = False

    @property
    def closed(self) -> bool:
        """Whether the last one who passed came back well."""
        return self._open_until is None

    def enter(self) -> bool:
        """Whether to go. Whoever goes says how it was: `worked`, `failed`, or `left` where it was broken off."""
        if self._open_until is None:
            return True
        if self._scout or self._monotonic() < self._open_until:
            return False
        self._scout = True
        return True

    def worked(self) -> bool:
        """The part answered. True where it had not before."""
        was_open = self._open_until is not None
        self._open_until, self._scout = None, False
        return was_open

    def failed(self) -> bool:
        """The part did not answer. True where it had before."""
        was_closed = self._open_until is None
        self._open_until, self._scout = self._monotonic() + self._rest, False
        return was_closed

    def left(self) -> None:
        """Nobody knows; the next one finds out."""
        self._scout = False
