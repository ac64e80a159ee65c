"""Wakes the open event streams of a chat when something happened in it."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Listener:
    """One open stream. `wake` is set for whatever concerns it; `log_moved` until it has read the chat's log."""

    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self.log_moved = True


class Hub:
    """In-process notification by chat key.

    It only saves the wait: streams poll the log as well, so a turn taken by another process shows too.
    """

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self.closed = False

    def notify(self, chat_key: str) -> None:
        """Wake every stream of the chat; harmless when there is none."""
        for listener in self._listeners.get(chat_key, ()):
            listener.log_moved = True
            listener.wake.set()

    @contextmanager
    def listening(self, chat_key: str) -> Iterator[Listener]:
        """A listener that is woken by each notification of the chat while the context lasts."""
        listener = Listener()
        self._listeners[chat_key].add(listener)
        try:
            yield listener
        finally:
            self._listeners[chat_key].discard(listener)
            if not self._listeners[chat_key]:
                del self._listeners[chat_key]

    def close(self) -> None:
        """End all streams, so that the server can stop without waiting for the browsers."""
        self.closed = True
        for key in list(self._listeners):
            self.notify(key)
