"""Follows a chat's message log and state as server-sent events."""

import asyncio
from collections.abc import AsyncIterator

from bot.web_chat.hub import Hub
from bot.web_chat.payload import dumps, message_json
from bot.web_chat.ports import ChatLog, Logged
from bot.web_chat.state import ChatState
from core.domain.messages import ChatRef

OVERLAP = 30
PAGE = 200
STATE_EVERY = 5
HEARTBEAT_POLLS = 15


class Tail:
    """The changes of one chat since a sequence number, for one open stream.

    An inbound row changes when a turn answers it, and on PostgreSQL a lower `seq` can become visible after
    a higher one. So the last rows are read again each time and only what is new or different is passed on;
    the page replaces what it has by `id`.
    """

    def __init__(self, log: ChatLog, state: ChatState, chat: ChatRef, after: int) -> None:
        self._log = log
        self._read_state = state.of
        self._chat = chat
        self._floor = after
        self._passed_on: dict[int, str] = {}
        self._state = ""
        self._invoice_due = False
        self._polls = 0

    async def changes(self) -> AsyncIterator[str]:
        """Encoded events: `message` for each new or changed row, then `state` when it differs."""
        changed = False
        async for row in self._rows():
            data = dumps(message_json(row))
            if self._passed_on.get(row.seq) != data:
                changed = True
                self._passed_on[row.seq] = data
                yield event("message", data, resume_at=self._floor)
        self._raise_floor()
        if changed or self._invoice_due or self._polls % STATE_EVERY == 0:
            state = await self._read_state(self._chat)
            order = state["order"] or {}
            self._invoice_due = order.get("status") == "confirmed" and state["invoice"] is None
            data = dumps(state)
            if data != self._state:
                self._state = data
                yield event("state", data, resume_at=self._floor)
        self._polls += 1
        if self._polls % HEARTBEAT_POLLS == 0:
            yield ": still here\n\n"

    async def _rows(self) -> AsyncIterator[Logged]:
        after = self._floor
        while True:
            rows = await self._log.history(self._chat, after, PAGE)
            for row in rows:
                yield row
            if len(rows) < PAGE:
                return
            after = rows[-1].seq

    def _raise_floor(self) -> None:
        known = sorted(self._passed_on)
        if len(known) <= OVERLAP:
            return
        self._floor = known[-OVERLAP - 1]
        for seq in known[:-OVERLAP]:
            del self._passed_on[seq]


async def follow(tail: Tail, hub: Hub, chat: ChatRef, poll_seconds: float) -> AsyncIterator[str]:
    """Events until the hub closes: at once on a notification, else after `poll_seconds`."""
    yield "retry: 1000\n\n"
    with hub.listening(chat.key) as news:
        while not hub.closed:
            news.clear()
            async for text in tail.changes():
                yield text
            try:
                async with asyncio.timeout(poll_seconds):
                    await news.wait()
            except TimeoutError:
                continue


def event(name: str, data: str, *, resume_at: int) -> str:
    """One server-sent event; its id is where a reconnecting browser resumes."""
    return f"id: {resume_at}\nevent: {name}\ndata: {data}\n\n"
