"""The outbox: in order within a lane, never two at once, nothing forgotten."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import event

from bot.storage import outbox
from bot.storage.store import SqlStore
from core.ports import Job
from tests.databases import OpenStore
from tests.integration.storage.builders import chat, commit, message, opened


async def leave(store: SqlStore, *jobs: Job, number: int = 1) -> None:
    """Commit a turn that leaves jobs."""
    await store.commit_turn(commit(await opened(store, message(chat=chat(number))), jobs=jobs))


def reply(key: str, lane: str) -> Job:
    return Job("reply", key, lane, {"text": f"text of {key}"})


async def test_a_lane_is_done_in_order_and_one_at_a_time(store: SqlStore) -> None:
    await leave(store, reply("a1", "a"), reply("a2", "a"), reply("b1", "b"))
    first = await store.claim_jobs("me")
    assert [(job.key, job.kind, job.lane, job.attempts) for job in first] == [
        ("a1", "reply", "a", 1),
        ("b1", "reply", "b", 1),
    ]
    assert first[0].payload == {"text": "text of a1"}
    assert await store.claim_jobs("me") == []
    await store.job_done(first[0].job_id)
    assert [job.key for job in await store.claim_jobs("me")] == ["a2"]


async def test_a_failing_job_holds_its_lane_until_it_is_parked(store: SqlStore) -> None:
    await leave(store, reply("a1", "a"), reply("a2", "a"))
    (job,) = await store.claim_jobs("me")
    await store.job_retry(job.job_id, 0.05, "timeout")
    assert await store.claim_jobs("me") == [], "not due yet, and a2 waits behind it"
    await asyncio.sleep(0.06)
    (again,) = await store.claim_jobs("me")
    assert (again.key, again.attempts) == ("a1", 2)
    await store.job_parked(again.job_id, "blocked by the user")
    assert [job.key for job in await store.claim_jobs("me")] == ["a2"]
    assert [(job.key, job.error) for job in await store.parked_jobs()] == [("a1", "blocked by the user")]
    assert (await store.depths()).parked == 1
    assert await store.unpark(again.job_id)
    assert not await store.unpark(again.job_id)


async def test_groups_that_have_no_room_are_passed_over(store: SqlStore) -> None:
    on = [Job("reply", f"r:{name}", f"lane {name}", {"channel": name}) for name in ("whatsapp", "telegram")]
    await leave(store, *on, Job("invoice", "i", "invoice", {"order": "RS-1"}))
    busy = ("reply:whatsapp", "invoice:")
    assert [(job.key, job.group) for job in await store.claim_jobs("me", without=busy)] == [
        ("r:telegram", "reply:telegram")
    ]
    assert [(job.key, job.group) for job in await store.claim_jobs("me")] == [
        ("r:whatsapp", "reply:whatsapp"),
        ("i", "invoice:"),
    ]


async def test_the_same_key_is_one_job(store: SqlStore) -> None:
    await leave(store, Job("invoice", "invoice:RS-1:1", "invoice:RS-1"))
    await leave(store, Job("invoice", "invoice:RS-1:1", "invoice:RS-1"))
    assert len(await store.claim_jobs("me")) == 1
    assert (await store.depths()).outbox == 1


async def test_two_dispatchers_never_claim_the_same_job(open_store: OpenStore) -> None:
    stores = [open_store(), open_store()]
    for number in range(20):
        await leave(stores[0], *(reply(f"{number}-{n}", f"lane {number}") for n in range(3)), number=number)
    done: list[str] = []

    async def dispatch(store: SqlStore, owner: str) -> None:
        while jobs := await store.claim_jobs(owner, limit=5):
            for job in jobs:
                done.append(job.key)
                await store.job_done(job.job_id, owner)

    await asyncio.gather(*(dispatch(stores[n % 2], f"w{n}") for n in range(4)))
    while jobs := await stores[0].claim_jobs("rest"):
        for job in jobs:
            done.append(job.key)
            await stores[0].job_done(job.job_id)
    assert len(done) == len(set(done)) == 60
    for number in range(20):
        assert [key for key in done if key.startswith(f"{number}-")] == [f"{number}-{n}" for n in range(3)]


async def test_a_claim_that_ran_out_is_taken_over(store: SqlStore, monkeypatch: object) -> None:
    await leave(store, reply("a1", "a"))
    (job,) = await store.claim_jobs("dies")
    async with store.database.writing() as connection:
        past = store.database.moment(-outbox.CLAIM)
        await connection.execute(outbox.outbox.update().values(lease_until=past))
    (again,) = await store.claim_jobs("lives")
    assert again.job_id == job.job_id
    await store.job_done(job.job_id, "dies")
    assert (await store.depths()).outbox == 1, "the late one no longer owns it"
    await store.job_done(job.job_id, "lives")
    assert (await store.depths()).outbox == 0


@pytest.mark.parametrize("database_kind", ["sqlite"])  # PostgreSQL has a statement of its own
async def test_jobs_that_are_done_cost_a_claim_nothing(store: SqlStore) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, *_more: Any) -> None:
        asked.append((sql, values))

    event.listen(store.database.engine.sync_engine, "before_cursor_execute", note)
    await leave(store, reply("a1", "a"))
    assert len(await store.claim_jobs("me", without=("reply:web",))) == 1
    selects = [(sql, values) for sql, values in asked if sql.startswith("SELECT outbox.id")]
    assert selects
    async with store.database.reading() as connection:
        for sql, values in selects:
            plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)).all()
            steps = [row[3] for row in plan if " outbox" in row[3]]
            assert steps
            assert all("ix_outbox_waiting" in step for step in steps), steps


async def test_a_job_that_could_not_be_tried_is_not_counted_as_tried(store: SqlStore) -> None:
    await leave(store, reply("a1", "a"), reply("a2", "a"))
    for _ in range(3):
        (job,) = await store.claim_jobs("me")
        assert (job.key, job.attempts) == ("a1", 1)
        await store.job_held(job.job_id, 0.0, "a limit is reached", "me")
    (job,) = await store.claim_jobs("me")
    await store.job_held(job.job_id, 60.0, "a limit is reached", "another")
    await store.job_held(job.job_id, 60.0, "a limit is reached", "me")
    assert await store.claim_jobs("me") == [], "not due for a minute, and a2 waits behind it"
