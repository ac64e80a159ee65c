"""What every messenger's door does with a message once it is verified and normalised."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import structlog

from bot.desk import Desk
from bot.handoff import session_of
from bot.lease import quietly
from bot.ports import DeskStore
from channels.contract import Channel
from core.domain.messages import ChatRef, Inbound, Kind

log = structlog.get_logger(__name__)

_TYPING_AGAIN = timedelta(seconds=5)
_MOST_TYPING = 10  # under a flood nobody needs to be told that an answer is coming
_WORTH_TYPING = frozenset({Kind.TEXT, Kind.DOCUMENT, Kind.PHOTO, Kind.VOICE})


class Intake:
    """Accepts messages of messengers, and lets the customer see that an answer is coming."""

    def __init__(self, desk: Desk, store: DeskStore) -> None:
        self._desk = desk
        self._store = store
        self._typing: dict[str, Any] = {}
        self._aside: set[asyncio.Task[None]] = set()

    async def take(self, inbound: Inbound, channel: Channel) -> None:
        """Accept a message; returns once it is committed. Raises what the store raises in an outage."""
        accepted = await self._desk.receive(inbound)
        if not accepted.duplicate and inbound.kind in _WORTH_TYPING and self._may_type(inbound):
            self.aside(self._show_typing(accepted.chat_id, inbound.chat, inbound.message_id, channel))

    def aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that nobody waits for and that may fail."""
        task = asyncio.create_task(quietly(work))
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    async def stop(self) -> None:
        """Drop what is still being shown."""
        for task in tuple(self._aside):
            task.cancel()
        await asyncio.gather(*self._aside, return_exceptions=True)

    def _may_type(self, inbound: Inbound) -> bool:
        """Once in a while for each chat; the provider shows it for longer than a burst lasts."""
        now, key = inbound.received_at, inbound.chat.key
        shown = self._typing.get(key)
        if len(self._aside) >= _MOST_TYPING or (shown is not None and now - shown < _TYPING_AGAIN):
            return False
        if len(self._typing) > 10_000:
            self._typing.clear()
        self._typing[key] = now
        return True

    async def _show_typing(self, chat_id: int, chat: ChatRef, message_id: str, channel: Channel) -> None:
        """Not where the desk is silent, for then nobody may be writing."""
        row = await self._store.chat(chat_id)
        session = session_of(row) if row is not None else None
        if session is None or (session.handoff is None and not session.opted_out):
            await channel.show_typing(chat, message_id)
