"""Follows a chat as server-sent events: its message log, its state, and the reply that is being written."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from bot.live import LiveReplies, LiveTurn
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


class Bubble:
    """The reply that is being written, as one open stream shows it."""

    def __init__(self) -> None:
        self._turn: LiveTurn | None = None
        self._shown = 0

    def is_over(self, turn: LiveTurn | None) -> bool:
        """Whether what it shows has been committed or lost, now that this turn, or none, is under way."""
        return self._turn is not None and turn is not self._turn

    def grown(self, turn: LiveTurn | None) -> str:
        """A `delta` event with what the turn has said since, "" where that is nothing.

        `start`: it is the beginning of the turn's reply, and stands in the place of what was shown before.
        """
        if turn is None or len(turn.text) <= self._shown or self.is_over(turn):
            return ""
        data = {"turn": turn.turn_id, "text": turn.text[self._shown :], "start": self._shown == 0}
        self._turn, self._shown = turn, len(turn.text)
        return f"event: delta\ndata: {dumps(data)}\n\n"


class Events:
    """The events of open streams: woken by `hub` and by what is said, else every `poll_seconds`."""

    def __init__(self, hub: Hub, live: LiveReplies, poll_seconds: float) -> None:
        self.hub = hub
        self._live = live
        self._poll_seconds = poll_seconds

    async def follow(self, tail: Tail, chat: ChatRef) -> AsyncGenerator[str, None]:
        """The events of one stream, until the hub closes.

        When a reply is no longer being written, `over` follows its messages: what is left of the `delta` events
        stands for nothing. A stream begins with it too, for what the one before it has shown.
        """
        yield "retry: 1000\n\n"
        now = asyncio.get_running_loop().time
        bubble, over, due = Bubble(), True, now()
        with self.hub.listening(chat.key) as listener, self._live.watching(chat, listener.wake) as watch:
            while not self.hub.closed:
                listener.wake.clear()
                over = over or bubble.is_over(watch.turn)
                if over or listener.log_moved or now() >= due:
                    listener.log_moved, due = False, now() + self._poll_seconds
                    async for text in tail.changes():
                        yield text
                if over:
                    bubble, over = Bubble(), False
                    yield "event: over\ndata: {}\n\n"
                if more := bubble.grown(watch.turn):
                    yield more
                await _until(due, listener.wake)


async def _until(moment: float, wake: asyncio.Event) -> None:
    """Wait for something to happen, at the longest until a moment of the event loop's clock."""
    try:
        async with asyncio.timeout_at(moment):
            await wake.wait()
    except TimeoutError:
        pass


def event(name: str, data: str, *, resume_at: int) -> str:
    """One server-sent event; its id is where a reconnecting browser resumes."""
    return f"id: {resume_at}\nevent: {name}\ndata: {data}\n\n"
