"""Failures to order: what goes wrong with the next call, or with a share of all calls."""

import random
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.telegram.refusals import Refusal, too_many


@dataclass(frozen=True)
class Fault:
    """One failure. Make it with the class methods."""

    kind: str
    seconds: float = 0.0
    status: int = 0
    refusal: Refusal | None = None

    @classmethod
    def too_many(cls, retry_after: int = 1) -> "Fault":
        """429 with `parameters.retry_after`."""
        return cls("refuse", refusal=too_many(retry_after))

    @classmethod
    def refuse(cls, code: int, description: str, **parameters: int) -> "Fault":
        """Any answer with `ok: false`."""
        return cls("refuse", refusal=Refusal(code, description, **parameters))

    @classmethod
    def broken(cls, status: int = 502) -> "Fault":
        """5xx with an HTML page, as Telegram's nginx answers when what is behind it is down."""
        return cls("broken", status=status)

    @classmethod
    def slow(cls, seconds: float) -> "Fault":
        """Acts at once and answers late."""
        return cls("slow", seconds=seconds)

    @classmethod
    def reset(cls) -> "Fault":
        """The connection is reset; nothing was done."""
        return cls("reset")

    @classmethod
    def lost(cls) -> "Fault":
        """The call is carried out; the connection is reset before the answer."""
        return cls("lost")

    @classmethod
    def garbage(cls) -> "Fault":
        """Carried out, 200, and the body is no JSON."""
        return cls("garbage")


@dataclass
class Faults:
    """Which call fails how. A queue for a method comes first, then the share."""

    _queued: dict[str, deque[Fault | None]] = field(default_factory=lambda: defaultdict(deque))
    _shares: list[tuple[str, float, tuple[Fault, ...], random.Random]] = field(default_factory=list)

    def next(self, method: str, *faults: Fault | None) -> None:
        """The next calls of a method ("*": any but getUpdates) fail so, one after the other; None lets one through."""
        self._queued[method].extend(faults)

    def share(self, method: str, share: float, *faults: Fault, seed: int = 0) -> None:
        """A share (0 to 1) of a method's calls ("*" for any but getUpdates) fails, the same way for the same seed."""
        self._shares.append((method, share, faults, random.Random(seed)))

    def clear(self) -> None:
        """Nothing fails any more."""
        self._queued.clear()
        self._shares.clear()

    def take(self, method: str) -> Fault | None:
        """The failure of the call that just came in."""
        names = [method] if method == "getUpdates" else [method, "*"]
        for name in names:
            if self._queued[name]:
                return self._queued[name].popleft()
        for name, share, faults, dice in self._shares:
            if name in names and dice.random() < share:
                return dice.choice(faults)
        return None


NGINX_PAGE = (
    "<html>\r\n<head><title>{status} Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>{status} Bad Gateway</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
)


@dataclass
class FloodLimits:
    """The limits of the Bots FAQ ("My bot is hitting limits"), enforced when `on`.

    30 messages a second over all chats, 1 a second in a chat ("short bursts that go over this limit" pass),
    20 a minute in a group. Edits count as messages do.
    """

    on: bool = False
    overall: int = 30
    burst: int = 3
    group_a_minute: int = 20
    refused: int = 0
    _times: dict[Any, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def check(self, chat_id: int, now: float) -> None:
        """Counts one message; raises 429 when it is one too many (which then does not count)."""
        if not self.on:
            return
        rules: list[tuple[Any, int, float]] = [("all", self.overall, 1.0)]
        rules.append((chat_id, self.group_a_minute, 60.0) if chat_id < 0 else (chat_id, self.burst, float(self.burst)))
        for key, most, window in rules:
            times = self._times[key]
            while times and times[0] <= now - window:
                times.popleft()
            if len(times) >= most:
                self.refused += 1
                raise too_many(times[0] + window - now)
        for key, *_ in rules:
            self._times[key].append(now)
