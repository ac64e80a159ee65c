"""The accounts of the model: what calls cost, written to the database, and the day's budget.

With a budget each call's estimate is added to the day's spend before it is sent, in one statement that holds for all
replicas, and put right afterwards; what a process owes when it is killed stays charged. Corrections are written
together in the background and kept until the database takes them, so no answer waits for them.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

import structlog

from bot.llm.failures import CallFailed, Reason
from bot.llm.prices import Price, Spent, cost_of
from bot.storage.errors import StorageDown
from bot.storage.model_spend import ModelSpend, Spend
from core.ports import Clock

log = structlog.get_logger(__name__)

_MICRO = Decimal(1_000_000)
_REFUSED_SECONDS = 1.0
_CLOSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Reservation:
    """What was set aside for one call: `micro_usd` of a day's budget."""

    day: date
    model: str
    micro_usd: int


class Accounts:
    """Reserves before a call and settles after it. `budget` in US dollars a day, None for no limit."""

    def __init__(self, rows: ModelSpend, prices: Mapping[str, Price], budget: Decimal | None, clock: Clock) -> None:
        self._rows = rows
        self._prices = prices
        self._budget = None if budget is None else int(budget * _MICRO)
        self._clock = clock
        self._owed: dict[tuple[date, str], Spend] = {}
        self._writer: asyncio.Task[None] | None = None
        self._refused: tuple[date, float] | None = None

    async def reserve(self, model: str, estimate: Spent) -> Reservation:
        """Set a call's estimate aside. Raises CallFailed where the day's budget does not hold it."""
        day = self._clock.now().date()
        if self._budget is None:
            return Reservation(day, model, 0)
        if self._refused_lately(day):  # a desk that is over budget asks the database once a second, not every turn
            raise CallFailed(Reason.BUDGET)
        amount = _micro(cost_of(self._prices, model, estimate), ROUND_CEILING)
        try:
            fits = await self._rows.reserve(day, model, amount, self._budget)
        except StorageDown as error:
            log.warning("model_spend_unread", error=str(error))
            raise CallFailed(Reason.ACCOUNTS) from None
        if not fits:
            if not self.over_budget:
                log.warning("model_over_budget", day=day.isoformat())
            self._refused = (day, time.monotonic())
            raise CallFailed(Reason.BUDGET)
        self._refused = None
        return Reservation(day, model, amount)

    def settle(self, reserved: Reservation, spent: Spent | None) -> Decimal:
        """Put a reservation right by what the call used, None for nothing; what it cost in US dollars."""
        used = spent or Spent()
        cost = cost_of(self._prices, reserved.model, used)
        change = _micro(cost, ROUND_HALF_UP) - reserved.micro_usd
        spend = Spend(1, int(used.estimated), used.input_tokens, used.output_tokens, change)
        self._owed[reserved.day, reserved.model] = self._owed.get((reserved.day, reserved.model), Spend()) + spend
        self._write()
        return cost

    @property
    def over_budget(self) -> bool:
        """Whether the last call of today was refused for want of money."""
        return self._refused is not None and self._refused[0] == self._clock.now().date()

    async def written(self) -> None:
        """Wait until what is owed is in the database, or cannot be written now."""
        while self._writer is not None and not self._writer.done():
            await asyncio.shield(self._writer)

    async def close(self) -> None:
        """Write what is owed; what the database does not take in time is logged."""
        self._write()
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.written()
        if self._owed:
            owed = sum(spend.micro_usd for spend in self._owed.values())
            log.error("model_spend_lost", calls=sum(spend.calls for spend in self._owed.values()), micro_usd=owed)

    def _refused_lately(self, day: date) -> bool:
        return (
            self._refused is not None
            and self._refused[0] == day
            and time.monotonic() < self._refused[1] + _REFUSED_SECONDS
        )

    def _write(self) -> None:
        if self._owed and (self._writer is None or self._writer.done()):
            self._writer = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        """Write until nothing is owed. What cannot be written waits for the next call."""
        while self._owed:
            taken, self._owed = self._owed, {}
            try:
                await self._rows.add(taken)
            except StorageDown as error:
                log.warning("model_spend_unwritten", error=str(error))
                for key, spend in taken.items():
                    self._owed[key] = self._owed.get(key, Spend()) + spend
                return


def _micro(usd: Decimal, rounding: str) -> int:
    return int((usd * _MICRO).quantize(Decimal(1), rounding=rounding))
