"""One request to the server and all that surrounds it: a free place, the breaker, the budget, the accounts."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

import structlog
from openai import AsyncOpenAI, Omit

from bot.llm.accounts import Accounts, Reservation
from bot.llm.bounds import Deadline
from bot.llm.breaker import Breaker, Pass
from bot.llm.failures import CallFailed, Reason, failure_of
from bot.llm.ledger import TurnLedger
from bot.llm.prices import Spent, tokens_of
from bot.llm.wire import Dialect
from bot.metrics import Metrics

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Endpoint:
    """An endpoint of the server with the model that is asked there. `last` is how the last request went.

    `last` is None before the first, "" where it worked, else the reason of its failure.
    """

    name: str
    model: str
    breaker: Breaker
    last: str | None = None


@dataclass(slots=True)
class Parts:
    """What all calls of a process share. `headers` go with every request."""

    sdk: AsyncOpenAI
    headers: Mapping[str, str | Omit]
    chat: Endpoint
    transcription: Endpoint | None
    dialect: Dialect
    accounts: Accounts
    metrics: Metrics
    slots: asyncio.Semaphore
    deadline_seconds: float
    attempts: int
    vision: bool


class Call:
    """An async context around one request. Whatever goes wrong inside comes out as CallFailed.

    The block sets `spent` as soon as the server has told it. `estimate` is what is charged where it never does.
    """

    def __init__(
        self, parts: Parts, endpoint: Endpoint, task: str, deadline: Deadline, ledger: TurnLedger, estimate: Spent
    ) -> None:
        self._parts = parts
        self._endpoint = endpoint
        self._task = task
        self._deadline = deadline
        self._ledger = ledger
        self._estimate = estimate
        self._pass: Pass | None = None
        self._reserved: Reservation | None = None
        self._begun = 0.0
        self.spent: Spent | None = None
        self.heard = False  # whether the server has begun to answer

    async def __aenter__(self) -> "Call":
        try:
            await self._take_slot()
        except CallFailed as failure:
            self._count(failure.reason)
            raise
        try:
            await self._admit()
        except BaseException as error:
            self._parts.slots.release()
            if isinstance(error, CallFailed):
                self._count(error.reason)
            raise
        self._begun = time.monotonic()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = time.monotonic() - self._begun
        self._parts.slots.release()
        failure = failure_of(error) if isinstance(error, Exception) else None
        self._settle(error, failure)
        if error is None or failure is not None or self.heard:
            await self._judge(failure, seconds)
        self._tell(error, failure, seconds)
        if failure is not None:
            # Without its cause: an SDK's error holds what the server said, which may repeat the prompt.
            raise failure from None

    def wrote(self, text: str) -> None:
        """The request has brought this text; where the server did not tell its size it is estimated."""
        if self.spent is None:
            self.spent = Spent(self._estimate.input_tokens, tokens_of(text), estimated=True)

    async def _take_slot(self) -> None:
        if not self._deadline.left:  # what needs no waiting would get through a timeout of zero
            raise CallFailed(Reason.DEADLINE, "before it was sent")
        try:
            async with self._deadline.within():
                await self._parts.slots.acquire()
        except TimeoutError:
            raise CallFailed(Reason.BUSY) from None

    async def _admit(self) -> None:
        try:
            async with self._deadline.within():
                self._pass = await self._endpoint.breaker.admit()
                self._reserved = await self._parts.accounts.reserve(self._endpoint.model, self._estimate)
        except TimeoutError:
            raise CallFailed(Reason.DEADLINE, "before it was sent") from None
        finally:
            self._show_breaker()

    def _settle(self, error: BaseException | None, failure: CallFailed | None) -> None:
        assert self._reserved is not None
        reached = error is not None and (failure is None or failure.reached)
        spent = self.spent or (self._estimate if reached else None)
        cost = self._parts.accounts.settle(self._reserved, spent)
        self._ledger.add(spent, cost)
        if spent is not None:
            self._parts.metrics.model_tokens.labels("input").inc(spent.input_tokens)
            self._parts.metrics.model_tokens.labels("output").inc(spent.output_tokens)
            self._parts.metrics.model_cost.inc(float(cost))

    async def _judge(self, failure: CallFailed | None, seconds: float) -> None:
        """Tell the breaker. A request that was given little time says nothing by running out of it."""
        assert self._pass is not None
        hurried = failure is not None and failure.reason == Reason.DEADLINE and seconds < self._deadline.seconds / 2
        if not hurried:
            await self._endpoint.breaker.report(self._pass, worked=failure is None or not failure.blames)
            self._show_breaker()
            self._endpoint.last = "" if failure is None or failure.reason == Reason.DECLINED else failure.reason

    def _tell(self, error: BaseException | None, failure: CallFailed | None, seconds: float) -> None:
        outcome = _outcome(error, failure)
        self._count(outcome)
        self._parts.metrics.model_seconds.labels(self._task).observe(seconds)
        spent = self.spent or Spent()
        say = log.info if failure is None else log.warning
        say(
            "model_call",
            task=self._task,
            model=self._endpoint.model,
            outcome=outcome,
            note=str(failure) if failure is not None else None,
            seconds=round(seconds, 3),
            used=f"{spent.input_tokens}+{spent.output_tokens}",
        )

    def _count(self, outcome: str) -> None:
        self._parts.metrics.model_calls.labels(self._task, outcome).inc()

    def _show_breaker(self) -> None:
        self._parts.metrics.show_breaker(self._endpoint.name, self._endpoint.breaker.state)


def _outcome(error: BaseException | None, failure: CallFailed | None) -> str:
    if error is None:
        return "ok"
    if failure is not None:
        return failure.reason.value
    # A fault of ours; or its turn was called off, or the caller had heard enough.
    return "error" if isinstance(error, Exception) else "stopped"
