"""What the language model has cost, shared by every process: one row a day and model."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass, fields
from datetime import date

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import Database
from bot.storage.errors import as_storage_down
from bot.storage.tables import model_spend

_LOCK = 7_215_904_411  # any number that no other advisory lock of ours has


@dataclass(frozen=True, slots=True)
class Spend:
    """An amount of use. `micro_usd` in millionths of a US dollar; may be negative where an estimate is corrected."""

    calls: int = 0
    estimated_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    micro_usd: int = 0

    def __add__(self, other: "Spend") -> "Spend":
        return Spend(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


_COLUMNS = tuple(field.name for field in fields(Spend))


class ModelSpend:
    """The rows of `model_spend`. Every method raises StorageDown where the database does not do it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, day: date, model: str, micro_usd: int, budget: int) -> bool:
        """Add an estimate to a day's spend if all models together stay within the budget; else change nothing."""
        async with self._writing() as connection:
            if not self._database.sqlite:  # SQLite has one writer at a time anyhow
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            if await _spent(connection, day) + micro_usd > budget:
                return False
            await self._add(connection, day, model, Spend(micro_usd=micro_usd))
            return True

    async def add(self, spends: Mapping[tuple[date, str], Spend]) -> None:
        """Add to the rows of these days and models, all or none."""
        async with self._writing() as connection:
            for (day, model), spend in sorted(
                spends.items()
            ):  # in one order, so that no two processes block each other
                await self._add(connection, day, model, spend)

    async def spent(self, day: date) -> int:
        """What a day has cost so far, all models together, in micro-USD."""
        async with self._reading() as connection:
            return await _spent(connection, day)

    async def of_day(self, day: date) -> Sequence[tuple[str, Spend]]:
        """A day's spend by model, by name."""
        columns = [model_spend.c[name] for name in _COLUMNS]
        asked = select(model_spend.c.model, *columns).where(model_spend.c.day == day).order_by(model_spend.c.model)
        async with self._reading() as connection:
            return [(row[0], Spend(*row[1:])) for row in (await connection.execute(asked)).all()]

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        async with as_storage_down(), self._database.writing() as connection:
            yield connection

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        async with as_storage_down(), self._database.reading() as connection:
            yield connection

    async def _add(self, connection: AsyncConnection, day: date, model: str, spend: Spend) -> None:
        values = dict(zip(_COLUMNS, astuple(spend), strict=True))
        insert = self._database.upsert(model_spend).values(day=day, model=model, **values)
        added = {name: model_spend.c[name] + insert.excluded[name] for name in _COLUMNS}
        await connection.execute(insert.on_conflict_do_update(index_elements=["day", "model"], set_=added))


async def _spent(connection: AsyncConnection, day: date) -> int:
    asked = select(func.coalesce(func.sum(model_spend.c.micro_usd), 0)).where(model_spend.c.day == day)
    return int((await connection.execute(asked)).scalar_one())
