"""Wakes the open event streams of a chat when something happened in it."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Hub:
    """In-process notification by chat key.

    It only saves the wait: streams poll the log as well, so a turn taken by another process shows too.
    """

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.closed = False

    def notify(self, chat_key: str) -> None:
        """Wake every stream of the chat; harmless when there is none."""
        for event in self._listeners.get(chat_key, ()):
            event.set()

    @contextmanager
    def listening(self, chat_key: str) -> Iterator[asyncio.Event]:
        """An event that is set by each notification of the chat while the context lasts."""
        event = asyncio.Event()
        self._listeners[chat_key].add(event)
        try:
            yield event
        finally:
            self._listeners[chat_key].discard(event)
            if not self._listeners[chat_key]:
                del self._listeners[chat_key]

    def close(self) -> None:
        """End all streams, so that the server can stop without waiting for the browsers."""
        self.closed = True
        for key in list(self._listeners):
            self.notify(key)
