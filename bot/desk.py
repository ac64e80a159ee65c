"""The desk: turns accepted messages into taken turns, one at a time a chat, whatever process has them.

The database decides: a message is safe once accepted, and a chat belongs to whoever holds its lease.
What is kept here in memory (timers, waiting callers) only saves time; a process that dies loses none of
the work, because the sweeper of any process picks up chats with messages that nobody is answering.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import Callable, Coroutine, Sequence
from time import perf_counter
from typing import Any

import structlog

from bot.lease import Renewal, quietly
from bot.metrics import Metrics
from bot.ports import DeskStore, LoggedMessage, TurnTaker
from bot.settings import Settings
from bot.storage.errors import InviteSpent
from bot.waiting import BusyChat, Caller, QuietTime
from core.domain.messages import ChatRef, Inbound, Kind
from core.errors import AlreadyOrdered, Busy, LeaseLost
from core.ports import Accepted, Clock, OpenTurn

log = structlog.get_logger(__name__)

_TAKE_AGAIN = (LeaseLost, AlreadyOrdered, InviteSpent)  # nothing was written: read afresh and decide again
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.25
_LONGEST_QUIET = 4  # a burst is read at the latest after this many quiet times
_COMPLETE = frozenset({Kind.TAP, Kind.START, Kind.OPT_OUT, Kind.OPT_IN})


class Desk:
    """Accepts messages, has the engine take the turns, and hands the answers to those who wait."""

    def __init__(
        self,
        store: DeskStore,
        engine: TurnTaker,
        clock: Clock,
        settings: Settings,
        metrics: Metrics | None = None,
        on_commit: Callable[[ChatRef], None] = lambda _chat: None,
    ) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.clock = clock
        self._store = store
        self._engine = engine
        self._settings = settings
        self._metrics = metrics or Metrics()
        self._slots = asyncio.Semaphore(settings.turn_concurrency)
        self._chats: dict[int, BusyChat] = {}
        self._quiet: dict[int, QuietTime] = {}
        self._waiting = 0
        self._stopping = asyncio.Event()
        self._side_tasks: set[asyncio.Task[None]] = set()
        self._on_commit = on_commit

    # Coming in ---------------------------------------------------------------------------------------

    async def receive(self, inbound: Inbound) -> Accepted:
        """Accept a message durably; its turn follows after the quiet time. Returns once it is committed.

        A tap is complete in itself and waits for nothing.
        """
        accepted = await self._store.accept(inbound)
        if accepted.body is None and not self._stopping.is_set():
            self._listen(accepted.chat_id, 0.0 if inbound.kind in _COMPLETE else self._settings.burst_seconds)
        return accepted

    async def converse(self, inbound: Inbound, timeout: float | None = None) -> dict[str, Any]:
        """Accept a message, take the turn at once and return its body.

        Waits while the chat is being answered; messages that wait together are answered by one turn. A
        repeated provider id gets the stored body. Raises Busy after `timeout` seconds (the message stays
        accepted, and a repeat with the same provider id gets its answer), or when the desk is full or
        stopping (then the message was not accepted).
        """
        if self._stopping.is_set() or self._waiting >= self._settings.turn_queue:
            raise Busy("The desk is too busy; please try again shortly.")
        seconds = self._settings.reply_timeout_seconds if timeout is None else timeout
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds):
                accepted = await self._accept_for_caller(inbound)
                if accepted.body is not None:
                    return accepted.body
                return await self._answer_of(inbound, accepted)
        except TimeoutError:
            raise Busy("This chat is still being answered; please try again shortly.") from None
        finally:
            self._waiting -= 1

    async def history(self, chat: ChatRef, after: int = 0, limit: int = 200) -> Sequence[LoggedMessage]:
        """The chat's message log after a sequence number, oldest first."""
        return await self._store.history(chat, after, limit)

    async def last_body(self, chat: ChatRef) -> dict[str, Any] | None:
        """The body of the chat's last turn (DESIGN 10); None before the first."""
        return await self._store.last_body(chat)

    # Background --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Sweep until stopped: answer chats that a dead or busy process left waiting."""
        while not self._stopping.is_set():
            try:
                await self.sweep()
            except Exception as error:  # noqa: BLE001  the database may be away; the next sweep tries again
                log.warning("sweep_failed", error=type(error).__name__)
            try:
                async with asyncio.timeout(self._settings.sweep_seconds):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    async def sweep(self) -> None:
        """Start on every due chat that this process is not already listening to or working on."""
        due = await self._store.due_chats(self._settings.turn_concurrency, self._settings.burst_seconds)
        for chat_id in due:
            if chat_id not in self._chats and chat_id not in self._quiet:
                self._stir(chat_id)

    async def stop(self) -> None:
        """Accept nothing new and finish the turns in flight; what waits stays for another process."""
        self._stopping.set()
        for quiet in self._quiet.values():
            quiet.timer.cancel()
        self._quiet.clear()
        tasks = [chat.task for chat in self._chats.values() if chat.task] + list(self._side_tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._settings.stop_grace_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await asyncio.gather(*self._side_tasks, return_exceptions=True)

    # A chat's own work -------------------------------------------------------------------------------

    async def _accept_for_caller(self, inbound: Inbound) -> Accepted:
        """Accept, and lease the chat in the same round trip unless every slot is taken already.

        Shielded: were a caller to leave between commit and return, a lease would be held by nobody.
        """
        wanted = None if self._slots.locked() else self.owner
        task = asyncio.ensure_future(self._store.accept(inbound, open_as=wanted))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._take_over)
            raise

    def _take_over(self, task: "asyncio.Future[Accepted]") -> None:
        """Work on a chat whose caller left while its message was being accepted."""
        if not task.cancelled() and task.exception() is None:
            accepted = task.result()
            if accepted.body is None:
                self._stir(accepted.chat_id, accepted.turn)

    async def _answer_of(self, inbound: Inbound, accepted: Accepted) -> dict[str, Any]:
        """Wait for the answer to an accepted message while the chat is worked on."""
        caller = Caller(inbound, accepted.inbox_id, asyncio.get_running_loop().create_future())
        chat = self._stir(accepted.chat_id, accepted.turn, caller)
        try:
            return await caller.answer
        finally:
            if caller in chat.callers:
                chat.callers.remove(caller)

    def _listen(self, chat_id: int, quiet_time: float) -> None:
        """Start or restart the quiet time of a chat; every new message restarts it, up to a longest wait."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        earlier = self._quiet.pop(chat_id, None)
        if earlier is not None:
            earlier.timer.cancel()
        latest = earlier.latest if earlier else now + quiet_time * _LONGEST_QUIET
        timer = loop.call_at(min(now + quiet_time, latest), self._hush, chat_id)
        self._quiet[chat_id] = QuietTime(latest, timer)

    def _hush(self, chat_id: int) -> None:
        """The quiet time is over: read the burst."""
        self._quiet.pop(chat_id, None)
        self._stir(chat_id)

    def _stir(self, chat_id: int, turn: OpenTurn | None = None, caller: Caller | None = None) -> BusyChat:
        """See to a chat: hand its worker what is new, and start the worker where there is none."""
        chat = self._chats.get(chat_id)
        if chat is None:
            chat = self._chats[chat_id] = BusyChat(chat_id)
        if caller is not None:
            chat.callers.append(caller)
        if turn is not None:
            chat.handed = turn
        elif caller is None:
            chat.asked_again = True
        chat.stirred.set()
        if chat.task is None:
            chat.task = asyncio.create_task(self._work(chat))
        return chat

    async def _work(self, chat: BusyChat) -> None:
        """Take turns of one chat until nobody waits. At most one such task a chat in this process."""
        pause = _FIRST_PAUSE
        try:
            while not chat.idle:
                if await self._take_next(chat):
                    pause = _FIRST_PAUSE
                elif chat.callers:
                    await self._look_elsewhere(chat)
                    if chat.callers and chat.handed is None:
                        await chat.pause(pause)
                        pause = min(pause * 2, _LONGEST_PAUSE)
        except Exception as error:  # an outage: the callers hear of it and the sweeper tries again
            self._metrics.turn_failures.labels(type(error).__name__).inc()
            log.exception("chat_failed", chat_id=chat.chat_id)
        finally:
            del self._chats[chat.chat_id]
            if chat.handed is not None:
                self._release_soon(chat.handed)
            for caller in chat.callers:
                if not caller.answer.done():
                    caller.answer.set_exception(Busy("The desk cannot answer right now; please try again."))

    async def _take_next(self, chat: BusyChat) -> bool:
        """Take the chat's next turn. False when there is none to have: leased elsewhere or all answered."""
        turn, chat.handed = chat.handed, None
        if turn is not None:
            return await self._take(chat, turn)
        chat.asked_again = False
        async with self._slots:
            turn = await self._store.open_turn(chat.chat_id, self.owner)
        return turn is not None and await self._take(chat, turn)

    async def _take(self, chat: BusyChat, turn: OpenTurn) -> bool:
        """Take one turn under its lease and tell those whose messages it answered. False when it was lost."""
        renewing = Renewal(self._store, turn, self._settings.lease_seconds / 3)
        structlog.contextvars.bind_contextvars(chat_id=turn.chat_id, turn_id=turn.turn_id)
        started = perf_counter()
        try:
            async with self._slots:
                result = await self._engine.take_turn(turn)
        except _TAKE_AGAIN as error:
            self._metrics.turn_failures.labels(error.code).inc()
            log.warning("turn_lost", reason=error.code)
            await self._store.release(turn)
            return False
        except BaseException:
            self._release_soon(turn)
            raise
        finally:
            renewing.stop()
        self._record(turn, result.body, perf_counter() - started)
        self._tell(chat, turn, result.body)
        return True

    async def _look_elsewhere(self, chat: BusyChat) -> None:
        """See whether another process has answered the callers; a repeated accept returns the stored body."""
        for caller in tuple(chat.callers):
            accepted = await self._store.accept(caller.inbound)
            if accepted.body is not None and not caller.answer.done():
                caller.answer.set_result(accepted.body)
        chat.callers = [caller for caller in chat.callers if not caller.answer.done()]

    def _tell(self, chat: BusyChat, turn: OpenTurn, body: dict[str, Any]) -> None:
        """Give the body to everyone whose message this turn answered, and stir those who watch a log."""
        answered = {waiting.inbox_id for waiting in turn.messages}
        for caller in chat.callers:
            if caller.inbox_id in answered and not caller.answer.done():
                caller.answer.set_result(body)
        chat.callers = [caller for caller in chat.callers if not caller.answer.done()]
        self._on_commit(turn.chat)

    def _record(self, turn: OpenTurn, body: dict[str, Any], seconds: float) -> None:
        intent = str(body.get("intent", ""))
        self._metrics.turns.labels(turn.chat.channel, intent).inc()
        self._metrics.turn_seconds.observe(seconds)
        log.info(
            "turn",
            channel=turn.chat.channel,
            intent=intent,
            messages=len(turn.messages),
            asked=body.get("asked"),
            ms=round(seconds * 1000, 1),
        )

    def _release_soon(self, turn: OpenTurn) -> None:
        """Give a lease back in the background: the caller is failing or being cancelled."""
        self._aside(self._store.release(turn))

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(quietly(work))
        self._side_tasks.add(task)
        task.add_done_callback(self._side_tasks.discard)
