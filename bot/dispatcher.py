"""The dispatcher: claims outbox rows and has each done, in order within a lane, until done, dropped or parked.

A job is committed with the turn that caused it and its handler is idempotent by the job's key, so a
process that dies between doing a job and recording it costs a repeat that changes nothing.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from bot.metrics import Metrics
from bot.ports import ClaimedJob, DeskStore
from core.errors import DeliveryFailed, DeliveryRefused, NotNow, Unreachable

log = structlog.get_logger(__name__)

Handler = Callable[[ClaimedJob], Awaitable[None]]

_IDLE_SECONDS = 1.0
_GATHER_SECONDS = 0.02  # wakings that come together cost one look at the database
_CLAIM = 20
_AT_ONCE = 40  # of a group; within the connections that a channel opens (WhatsApp 50, Telegram 64)
_JOB_SECONDS = 45.0  # less than a claim holds, so that no other process starts on the same job meanwhile


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a failed job rests: doubling from `first` to `longest` seconds, half of it by chance.

    The defaults outlast half an hour of a provider's outage, and find it back within a minute. A fault in our own
    code does not get better by waiting: it has `attempts_at_faults`.
    """

    first: float = 1.0
    longest: float = 60.0
    attempts: int = 50
    attempts_at_faults: int = 8

    def delay(self, attempt: int, retry_after: float | None = None) -> float:
        """Seconds to rest after try number `attempt` (from 1); never less than the provider asked for."""
        full = min(self.longest, self.first * 2.0 ** (attempt - 1))
        chosen = full * random.uniform(0.5, 1.0)
        return max(chosen, retry_after or 0.0)

    def exhausted(self, attempt: int, *, fault: bool = False) -> bool:
        """Whether that was the last try."""
        return attempt >= (min(self.attempts, self.attempts_at_faults) if fault else self.attempts)


class Dispatcher:
    """Works on the outbox until stopped. `handlers` maps a job's kind to what does it.

    `patience` is for kinds of jobs that outlast more, or less, than `backoff` says.
    """

    def __init__(
        self,
        store: DeskStore,
        handlers: Mapping[str, Handler],
        owner: str,
        backoff: Backoff,
        metrics: Metrics,
        patience: Mapping[str, Backoff] | None = None,
    ) -> None:
        self._store = store
        self._handlers = handlers
        self._owner = owner
        self._backoff = backoff
        self._patience = patience or {}
        self._metrics = metrics
        self._woken = asyncio.Event()
        self._stopping = False
        self._active: set[asyncio.Task[None]] = set()
        self._in_hand: Counter[str] = Counter()
        self.running = False

    def wake(self) -> None:
        """Look at the outbox soon: a turn has just committed."""
        self._woken.set()

    async def run(self) -> None:
        """Claim and do jobs until stopped. A slow provider holds up its own group of jobs only."""
        self.running = True
        try:
            while not self._stopping:
                self._woken.clear()
                if not await self._start_due():
                    await self._rest()
        finally:
            self.running = False
            await asyncio.gather(*self._active, return_exceptions=True)

    def stop(self) -> None:
        """Claim nothing more; `run` returns when the jobs in hand are done."""
        self._stopping = True
        self._woken.set()

    async def drain(self) -> None:
        """Do everything that is due now; for commands that run without a server."""
        while await self._start_due():
            await asyncio.gather(*self._active)

    async def _start_due(self) -> bool:
        """Claim what is due, one job a lane, and start on it. False when there was nothing or no database."""
        full = [group for group, count in self._in_hand.items() if count >= _AT_ONCE]
        room = min([_CLAIM, *(_AT_ONCE - count for count in self._in_hand.values() if count < _AT_ONCE)])
        try:
            jobs = await self._store.claim_jobs(self._owner, limit=room, without=full)
        except Exception as error:  # noqa: BLE001  the database may be away; the next look tries again
            log.warning("dispatcher_failed", error=type(error).__name__)
            return False
        for job in jobs:
            self._in_hand[job.group] += 1
            task = asyncio.create_task(self._settle(job))
            self._active.add(task)
            task.add_done_callback(partial(self._finished, job.group))
        return bool(jobs)

    def _finished(self, group: str, task: "asyncio.Task[None]") -> None:
        self._active.discard(task)
        self._in_hand[group] -= 1
        self._woken.set()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(_IDLE_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return
        await asyncio.sleep(0 if self._stopping else _GATHER_SECONDS)

    async def _settle(self, job: ClaimedJob) -> None:
        """Do a job and record it; a record that cannot be written leaves the job to be claimed again."""
        try:
            await self._do(job)
        except Exception as error:  # noqa: BLE001  the claim runs out and the job comes again
            log.warning("job_not_recorded", kind=job.kind, job_id=job.job_id, error=type(error).__name__)

    async def _do(self, job: ClaimedJob) -> None:
        """Do one job and record how it went."""
        handler = self._handlers.get(job.kind)
        try:
            if handler is None:
                raise DeliveryRefused(f"nothing here handles jobs of kind {job.kind!r}")
            async with asyncio.timeout(_JOB_SECONDS):
                await handler(job)
        except Unreachable as error:
            await self._drop(job, error)
        except DeliveryRefused as error:
            await self._park(job, error)
        except NotNow as error:
            await self._hold(job, error)
        except DeliveryFailed as error:
            await self._again(job, error, error.retry_after)
        except Exception as error:  # a fault in a handler must not stop the lanes of others
            log.exception("job_broke", kind=job.kind, job_id=job.job_id)
            await self._again(job, error, None)
        else:
            await self._store.job_done(job.job_id, self._owner)
            self._metrics.deliveries.labels(job.kind, "done").inc()

    async def _again(self, job: ClaimedJob, error: Exception, retry_after: float | None) -> None:
        fault = not isinstance(error, DeliveryFailed | TimeoutError | OSError)
        backoff = self._patience.get(job.kind, self._backoff)
        if backoff.exhausted(job.attempts, fault=fault):
            await self._park(job, error)
            return
        delay = backoff.delay(job.attempts, retry_after)
        await self._store.job_retry(job.job_id, delay, _reason(error), self._owner)
        self._metrics.deliveries.labels(job.kind, "retry").inc()
        log.info("job_retry", kind=job.kind, job_id=job.job_id, attempts=job.attempts, delay=round(delay, 1))

    async def _hold(self, job: ClaimedJob, error: NotNow) -> None:
        """Give the job back untried: it waits for as long as it takes, and is never parked for that."""
        delay = self._backoff.delay(1, error.retry_after)
        await self._store.job_held(job.job_id, delay, _reason(error), self._owner)
        self._metrics.deliveries.labels(job.kind, "held").inc()
        log.info("job_held", kind=job.kind, job_id=job.job_id, code=error.code, delay=round(delay, 1))

    async def _drop(self, job: ClaimedJob, error: Unreachable) -> None:
        await self._store.job_dropped(job.job_id, _reason(error), self._owner)
        self._metrics.deliveries.labels(job.kind, "dropped").inc()
        log.info("job_dropped", kind=job.kind, job_id=job.job_id, reason=error.reason)

    async def _park(self, job: ClaimedJob, error: Exception) -> None:
        await self._store.job_parked(job.job_id, _reason(error), self._owner)
        self._metrics.deliveries.labels(job.kind, "parked").inc()
        log.error("job_parked", kind=job.kind, job_id=job.job_id, attempts=job.attempts)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:2000]
