"""What this process remembers about the chats it is busy with. It may all be lost without harm."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from core.domain.messages import Inbound
from core.ports import OpenTurn


@dataclass(slots=True)
class Caller:
    """Someone waiting for the answer to one accepted message."""

    inbound: Inbound
    inbox_id: int
    answer: asyncio.Future[dict[str, Any]]


@dataclass(slots=True)
class BusyChat:
    """A chat that this process is busy with. It exists only while there is something to do."""

    chat_id: int
    callers: list[Caller] = field(default_factory=list)
    handed: OpenTurn | None = None
    asked_again: bool = False
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do here."""
        return not self.callers and not self.asked_again and self.handed is None

    async def pause(self, seconds: float) -> None:
        """Wait a little, or until something new concerns this chat."""
        try:
            async with asyncio.timeout(seconds):
                await self.stirred.wait()
        except TimeoutError:
            pass
        self.stirred.clear()


@dataclass(slots=True)
class QuietTime:
    """The quiet time of a burst: `latest` is when it is read even if messages keep coming."""

    latest: float
    timer: asyncio.TimerHandle
