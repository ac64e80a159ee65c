"""Replies that are watched while they are written: what a turn has said so far, for those who look on.

A turn that nobody watches costs nothing. Who watches is woken and reads the text so far when it is ready to: a slow
one reads more at once, holds up neither the turn nor anybody else, and nothing piles up for it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from bot.ports import TurnResult, TurnTaker
from core.domain.messages import ChatRef
from core.ports import Live, OpenTurn


class Screen(Protocol):
    """A messenger's chat where a reply shows while it is written."""

    def __call__(self, text: str) -> None:
        """The next piece of the reply. Returns at once and never raises."""
        ...

    def close(self) -> None:
        """The turn is over: show nothing more. The reply itself comes through the outbox."""
        ...


Opener = Callable[[ChatRef], Screen | None]
"""Opens the screen of a chat when a turn of it begins to speak; None for a chat that has none."""


class LiveTurn:
    """A turn that is watched. `text` is the beginning of its reply, and grows; it stands once the turn is committed."""

    __slots__ = ("_screen", "_turn", "_watches", "text")

    def __init__(self, turn: OpenTurn, watches: "set[Watch]", screen: Screen | None) -> None:
        self.text = ""
        self._turn = turn
        self._watches = watches
        self._screen = screen

    @property
    def turn_id(self) -> str:
        """The id that the turn's messages have in the log."""
        return self._turn.turn_id

    def answers(self, provider_id: str) -> bool:
        """Whether this turn answers that message."""
        return any(waiting.inbound.provider_id == provider_id for waiting in self._turn.messages)

    def __call__(self, text: str) -> None:
        """See `core.ports.Live`. To be called on the event loop."""
        self.text += text
        if self._screen is not None:
            self._screen(text)
        self._wake()

    def end(self) -> None:
        """The turn is committed, or lost."""
        if self._screen is not None:
            self._screen.close()
        self._wake()

    def _wake(self) -> None:
        for watch in self._watches:
            watch.wake.set()


class Watch:
    """One who watches a chat. `wake` is set when there is more to read and when a turn is over."""

    def __init__(self, turns: Mapping[str, LiveTurn], chat_key: str, wake: asyncio.Event) -> None:
        self._turns = turns
        self._chat_key = chat_key
        self.wake = wake

    @property
    def turn(self) -> LiveTurn | None:
        """The turn that is being taken in the chat, where it is watched from its beginning."""
        return self._turns.get(self._chat_key)


class LiveReplies:
    """The replies that this process is writing. `screens` are those of messengers, by the channel's name."""

    def __init__(self, screens: Mapping[str, Opener] | None = None) -> None:
        self._screens = dict(screens or {})
        self._taken: dict[str, OpenTurn] = {}
        self._turns: dict[str, LiveTurn] = {}
        self._watches: defaultdict[str, set[Watch]] = defaultdict(set)

    @property
    def remembered(self) -> int:
        """How many chats it remembers."""
        return len(self._taken | self._turns | self._watches)

    def of(self, chat: ChatRef) -> Live | None:
        """Who is to hear the reply of the turn that is being taken in this chat; None where nobody watches."""
        turn, key = self._taken.get(chat.key), chat.key
        if turn is None or key in self._turns:
            return self._turns.get(key)
        opener = self._screens.get(chat.channel)
        screen = opener(chat) if opener is not None else None
        if screen is None and key not in self._watches:
            return None
        self._turns[key] = heard = LiveTurn(turn, self._watches[key], screen)
        return heard

    @contextmanager
    def taking(self, turn: OpenTurn) -> Iterator[None]:
        """While a turn is taken; after it, what was heard of it is over, whether it is committed or lost."""
        key = turn.chat.key
        self._taken[key] = turn
        try:
            yield
        finally:
            del self._taken[key]
            heard = self._turns.pop(key, None)
            if heard is not None:
                heard.end()
                self._forget(key)

    @contextmanager
    def watching(self, chat: ChatRef, wake: asyncio.Event | None = None) -> Iterator[Watch]:
        """Watch a chat. A turn that is under way is heard from its beginning, if somebody watched it then."""
        watch = Watch(self._turns, chat.key, wake or asyncio.Event())
        self._watches[chat.key].add(watch)
        if watch.turn is not None:
            watch.wake.set()
        try:
            yield watch
        finally:
            self._watches[chat.key].discard(watch)
            self._forget(chat.key)

    def _forget(self, key: str) -> None:
        """Keep nothing of a chat that nobody watches. A turn that is heard goes on with the set that it has."""
        if not self._watches[key] and key not in self._turns:
            del self._watches[key]


class Watched:
    """The engine, as the desk uses it, with its turns open to those who watch."""

    def __init__(self, engine: TurnTaker, live: LiveReplies) -> None:
        self._engine = engine
        self._live = live

    async def take_turn(self, turn: OpenTurn) -> TurnResult:
        """As `TurnTaker` says."""
        with self._live.taking(turn):
            return await self._engine.take_turn(turn)
