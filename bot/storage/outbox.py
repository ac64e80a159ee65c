"""The outbox: jobs that a commit left behind, claimed by a dispatcher, in order within a lane."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, exists, func, literal, or_, select, true, update

from bot.ports import ClaimedJob
from bot.storage.hot import Settle
from bot.storage.jobs import add_job
from bot.storage.part import Part
from bot.storage.tables import outbox
from core.ports import Job

CLAIM = timedelta(seconds=60)
"""How long a claim holds. A job that takes longer may be done twice; its key makes that harmless."""

_ERROR_CHARS = 4_000


class Outbox(Part):
    """Claims and settles jobs. A lane has at most one job in flight, and a failing one holds the lane."""

    async def claim_jobs(self, owner: str, limit: int = 20, without: Sequence[str] = ()) -> Sequence[ClaimedJob]:
        """Claim due jobs, at most the first of each lane, oldest first. Two owners never get the same.

        None of the groups `without`, which are those of `ClaimedJob.group`.
        """
        if self._quick is not None:
            return await self._quick.claim_jobs(owner, limit, CLAIM, without)
        earlier = outbox.alias()
        first_of_its_lane = ~exists().where(
            earlier.c.lane == outbox.c.lane, earlier.c.state == "waiting", earlier.c.id < outbox.c.id
        )
        now = self.database.moment()
        free = or_(outbox.c.lease_owner.is_(None), outbox.c.lease_until < now)
        heads = (
            select(outbox.c.id)
            .where(outbox.c.state == "waiting", outbox.c.due_at <= now, free, first_of_its_lane)
            .where(_group().not_in(without) if without else true())
            .order_by(outbox.c.id + 0)  # in the order of the plain id, SQLite would read every job ever done
            .limit(limit)
        )
        async with self.database.reading() as connection:
            if (await connection.execute(heads.with_only_columns(outbox.c.id).limit(1))).first() is None:
                return []
        async with self.database.writing() as connection:
            claimed = (await connection.execute(heads)).scalars().all()
            take = (
                update(outbox)
                .where(outbox.c.id.in_(claimed))
                .values(
                    lease_owner=owner,
                    lease_until=self.database.moment(CLAIM),
                    attempts=outbox.c.attempts + 1,
                )
                .returning(outbox)
            )
            rows = (await connection.execute(take)).all()
        return [
            ClaimedJob(row.id, row.kind, row.key, row.lane, row.payload, row.attempts)
            for row in sorted(rows, key=lambda row: int(row.id))
        ]

    async def job_done(self, job_id: int, owner: str | None = None) -> None:
        """Record that a job is done. With `owner` only while that owner's claim stands."""
        await self._hot.settle(Settle(job_id, owner, "done"))

    async def job_retry(self, job_id: int, delay: float, error: str, owner: str | None = None) -> None:
        """Give a job back, due again after `delay` seconds; its lane waits with it."""
        await self._hot.settle(Settle(job_id, owner, "waiting", delay, error[:_ERROR_CHARS]))

    async def job_held(self, job_id: int, delay: float, reason: str, owner: str | None = None) -> None:
        """Give a job back that could not be tried, due again after `delay` seconds; this time does not count."""
        await self._hot.settle(Settle(job_id, owner, "waiting", delay, reason[:_ERROR_CHARS], held=True))

    async def job_parked(self, job_id: int, error: str, owner: str | None = None) -> None:
        """Set a job aside for a person; its lane goes on."""
        await self._hot.settle(Settle(job_id, owner, "parked", error=error[:_ERROR_CHARS]))

    async def job_dropped(self, job_id: int, error: str, owner: str | None = None) -> None:
        """Give a job up for good, with the reason; its lane goes on."""
        await self._hot.settle(Settle(job_id, owner, "dropped", error=error[:_ERROR_CHARS]))

    async def add_job(self, job: Job, delay: float = 0.0) -> bool:
        """Add a job outside a turn, due after `delay` seconds. False, and no change, where there is one of its key."""
        async with self.database.writing() as connection:
            return await add_job(self.database, connection, job, delay)

    async def job_of(self, key: str) -> Job | None:
        """The job of a key, whatever became of it; None where there never was one."""
        asked = select(outbox).where(outbox.c.key == key)
        async with self.database.reading() as connection:
            row = (await connection.execute(asked)).one_or_none()
        return Job(row.kind, row.key, row.lane, row.payload) if row else None


def _group() -> ColumnElement[str]:
    """`ClaimedJob.group` in SQL."""
    return outbox.c.kind + literal(":") + func.coalesce(outbox.c.payload["channel"].as_string(), "")
