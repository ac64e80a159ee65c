"""A reminder that cannot be said in one chat is said in the next, or not at all; never late at night."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from bot.dispatcher import Backoff, Handler
from bot.metrics import Metrics
from bot.ports import ClaimedJob
from bot.reminders.planning import Hand, inbound_of
from bot.reminders.recipients import Recipients
from bot.storage.reminding import Reminder, ReminderState
from bot.storage.store import SqlStore
from core.domain.messages import ChatRef
from core.domain.reminder_times import QuietHours
from core.domain.reminders import Occasion, ReminderKind
from core.errors import DeliveryFailed, DeliveryRefused, NotSaid
from core.ports import Clock

log = structlog.get_logger(__name__)

MARK = "reminders"
"""Under this name a "reply" job carries the occasions (as JSON) that it is said at, where it says nothing else."""

TOO_LATE = "its time had passed"
_REASON_CHARS = 500
_SEND_SECONDS = 40.0  # less than the dispatcher gives a job, so that the last try's end is seen here


class Failover:
    """Hands a reminder on that could not be said in a chat: once a chat, to the next that can be reached."""

    def __init__(
        self,
        store: SqlStore,
        clock: Clock,
        quiet: QuietHours,
        recipients: Recipients,
        hand: Hand,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._clock = clock
        self._quiet = quiet
        self._recipients = recipients
        self._hand = hand
        self._metrics = metrics

    def is_late(self, row: Reminder, now: datetime) -> bool:
        """Whether it is of no use any more, or would wake people."""
        return now > row.useful_until or self._quiet.cover(now)

    async def sleeps_on_it(self, occasion: Occasion, chat: ChatRef) -> bool:
        """In quiet hours: leave what is still of use after them to the first tick then. Whether it is so."""
        now = self._clock.now()
        row = await self._store.reminder(occasion)
        here = next((each for each in row.handed if each.chat == chat.key and not each.failed), None) if row else None
        if row is None or here is None or not self._quiet.cover(now) or self._quiet.after(now) > row.useful_until:
            return False
        await self._store.postpone_reminder(occasion, chat.key, here.id, now)
        log.info("reminder_postponed", kind=occasion.kind.value, channel=chat.channel)
        return True

    async def __call__(self, occasion: Occasion, chat: ChatRef, reason: str) -> None:
        """Note why it was not said in `chat`, and hand it on where there is another chat and still time."""
        now = self._clock.now()
        row = await self._store.reminder(occasion)
        if row is None:
            return
        others: list[str] = []
        sleeping = self._quiet.cover(now)
        if self._quiet.after(now) <= row.useful_until and occasion.kind is not ReminderKind.DRAFT:
            others = [each.key for each in await self._recipients.of(occasion.outlet, now)]
        failed = await self._store.fail_reminder(occasion, chat.key, reason, others, now)
        if failed is None:
            return
        row, following = failed
        outcome = "failed over" if following is not None else row.state.value
        log.info("reminder_not_said", kind=occasion.kind.value, channel=chat.channel, then=outcome)
        if following is not None or row.state is ReminderState.MISSED:
            self._metrics.reminders.labels(occasion.kind.value, outcome).inc()
        if following is not None and not sleeping:  # after quiet hours a tick does it
            await self._hand(inbound_of(row, following, now))


class RemindersSent:
    """Does "reply" jobs. Those that only speak of a reminder are sent by `send` in their time, and never parked.

    All others go to `usual`.
    """

    def __init__(
        self, send: Handler, usual: Handler, failover: Failover, store: SqlStore, clock: Clock, backoff: Backoff
    ) -> None:
        self._send = send
        self._usual = usual
        self._failover = failover
        self._store = store
        self._clock = clock
        self._backoff = backoff

    async def __call__(self, job: ClaimedJob) -> None:
        """Raises DeliveryFailed where trying again may help, NotSaid where it is said elsewhere or not at all."""
        occasions = occasions_of(job.payload)
        if not occasions:
            await self._usual(job)
            return
        chat = chat_of(job.payload)
        if not any([await self._is_time(each, chat) for each in occasions]):
            late = [each for each in occasions if not await self._failover.sleeps_on_it(each, chat)]
            await self._give_up(late, chat, TOO_LATE)
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await self._send(job)
        except DeliveryRefused as error:
            await self._give_up(occasions, chat, f"{chat.channel}: {error}")
        except Exception as error:
            fault = not isinstance(error, DeliveryFailed | TimeoutError | OSError)
            if not self._backoff.exhausted(job.attempts, fault=fault):
                raise
            await self._give_up(occasions, chat, f"{chat.channel}: {type(error).__name__}: {error}")

    async def _is_time(self, occasion: Occasion, chat: ChatRef) -> bool:
        """Whether it is still to be said in this chat, and may be now."""
        row = await self._store.reminder(occasion)
        if row is None:  # nobody keeps account of it
            return True
        failed_here = any(each.failed for each in row.handed if each.chat == chat.key)
        return not failed_here and not self._failover.is_late(row, self._clock.now())

    async def _give_up(self, occasions: Sequence[Occasion], chat: ChatRef, reason: str) -> None:
        for occasion in occasions:
            await self._failover(occasion, chat, reason[:_REASON_CHARS])
        raise NotSaid(reason)


def occasions_of(payload: Mapping[str, Any]) -> list[Occasion]:
    """The occasions that a "reply" job is said at; empty where it answers a customer."""
    return [Occasion.from_json(each) for each in payload.get(MARK, ())]


def chat_of(payload: Mapping[str, Any]) -> ChatRef:
    """The chat of a "reply" job."""
    return ChatRef(str(payload.get("channel")), str(payload.get("to")), payload.get("session", ""))
