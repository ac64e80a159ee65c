"""Migrations: up from nothing, equal to the models, safe when two processes start at once."""

import asyncio
import subprocess
import sys

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select

from bot.storage.database import Database
from bot.storage.migrate import config, migrate
from bot.storage.store import SqlStore
from bot.storage.tables import inbox, metadata
from core.errors import InvalidInput
from core.ports import Job
from tests.integration.storage.builders import commit, opened


def differences(connection: Connection) -> list[object]:
    """What autogenerate would still change."""
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


async def test_the_migrations_make_exactly_the_models(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    database = Database.open(empty_database_url)
    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []
    store = SqlStore(database)
    assert await opened(store)
    await store.close()


async def test_migrating_again_changes_nothing_and_down_leaves_nothing(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    await migrate(empty_database_url)
    database = Database.open(empty_database_url)
    async with database.writing() as connection:
        await connection.run_sync(lambda it: command.downgrade(config(it), "base"))
        assert await connection.run_sync(lambda it: inspect(it).get_table_names()) == ["alembic_version"]
    await database.close()


async def test_what_was_parked_before_the_upgrade_stays_and_may_be_dropped_after(empty_database_url: str) -> None:
    database = Database.open(empty_database_url)
    async with database.writing() as connection:
        await connection.run_sync(lambda it: command.upgrade(config(it), "0001"))
    store = SqlStore(database)
    turn = await opened(store)
    await store.commit_turn(commit(turn, parked="trace", jobs=(Job("staff", "k", "staff"),)))
    await migrate(empty_database_url)
    (parked,) = await store.parked_messages()
    assert await store.drop_message(parked.inbox_id)
    assert [job.key for job in await store.claim_jobs("me")] == ["k"]
    async with database.writing() as connection:
        await connection.run_sync(lambda it: command.downgrade(config(it), "0001"))
        states = select(inbox.c.state, inbox.c.trace)
        assert (await connection.execute(states)).all() == [("answered", "trace")]
    await store.close()


async def test_processes_that_migrate_at_once_wait_for_each_other(empty_database_url: str) -> None:
    code = "import asyncio, sys; from bot.storage.migrate import migrate; asyncio.run(migrate(sys.argv[1]))"

    async def run() -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, empty_database_url, stderr=subprocess.PIPE
        )
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        return process.returncode

    assert await asyncio.gather(run(), run(), run()) == [0, 0, 0]


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:"])
def test_another_database_is_refused_without_showing_the_url(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Database.open(url)
    assert "secret" not in str(refused.value)
