"""How fast messages may follow each other in one chat, per process.

Telegram's FAQ ("My bot is hitting limits"): about one message a second in a chat, twenty a minute in a group.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic

from core.errors import DeliveryFailed

PRIVATE_GAP = 1.0
GROUP_MESSAGES, GROUP_WINDOW = 20, 60.0
# A longer wait goes back to the outbox, which has other chats to serve meanwhile.
LONGEST_WAIT = 5.0
MANY = 4_096


class Pace:
    """Hands out the moments at which messages may go out. `time` and `sleep` in seconds."""

    def __init__(
        self,
        time: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._time = time
        self._sleep = sleep
        self._sent: dict[int, deque[float]] = {}

    @property
    def remembered(self) -> int:
        """How many chats it remembers."""
        return len(self._sent)

    async def turn(self, chat_id: int) -> None:
        """Wait until a message may go to this chat. Raises DeliveryFailed with the rest where that is long."""
        now = self._time()
        moment = self._next(chat_id, now)
        if moment - now > LONGEST_WAIT:
            raise DeliveryFailed("this chat has had as many messages as Telegram allows", retry_after=moment - now)
        self._sent[chat_id].append(moment)
        if moment > now:
            await self._sleep(moment - now)

    def _next(self, chat_id: int, now: float) -> float:
        if chat_id not in self._sent:
            self._forget(now)
            self._sent[chat_id] = deque(maxlen=GROUP_MESSAGES if chat_id < 0 else 1)
        sent = self._sent[chat_id]
        if sent.maxlen is None or len(sent) < sent.maxlen:
            return now
        return max(now, sent[0] + (GROUP_WINDOW if chat_id < 0 else PRIVATE_GAP))

    def _forget(self, now: float) -> None:
        """Drop chats that have been quiet, once there are many."""
        if len(self._sent) >= MANY:
            self._sent = {chat: sent for chat, sent in self._sent.items() if sent and sent[-1] > now - GROUP_WINDOW}
