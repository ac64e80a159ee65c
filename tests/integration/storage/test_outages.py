"""When the database goes away and comes back."""

import asyncio
import sqlite3
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from bot.storage.database import Database
from bot.storage.errors import StorageDown
from bot.storage.store import SqlStore
from tests.integration.storage.builders import CHAT, chat, commit, message

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'resupply hot'"


async def dialogue(store: SqlStore, number: int) -> None:
    """As an edge does it: the same message until it is accepted, the same commit until it stands."""
    for n in range(15):
        inbound = message(str(n), chat=chat(number), provider_id=f"{number}-{n}")
        turn = None
        while turn is None:
            with suppress(StorageDown):
                # A lease whose answer was lost on the way is waited out.
                turn = (await store.accept(inbound, open_as="me")).turn
            await asyncio.sleep(0.005)
        committed = False
        while not committed:
            with suppress(StorageDown):
                await store.commit_turn(commit(turn, f"re {n}"))
                committed = True


@pytest.mark.postgres
async def test_connections_cut_in_the_middle_lose_and_double_nothing(
    postgres_url: str,
) -> None:
    store = SqlStore(Database.open(postgres_url), lease=timedelta(seconds=0.3))
    admin = await asyncpg.connect(postgres_url)

    async def cut() -> None:
        while True:
            await admin.fetch(CUT)
            await asyncio.sleep(0.02)

    cutting = asyncio.create_task(cut())
    await asyncio.gather(*(dialogue(store, number) for number in range(6)))
    cutting.cancel()
    await asyncio.gather(cutting, return_exceptions=True)
    await admin.close()
    for number in range(6):
        texts = [row.text for row in await store.history(chat(number))]
        assert texts == [text for n in range(15) for text in (str(n), f"re {n}")]
    await store.close()


async def test_a_database_that_is_away_says_so() -> None:
    store = SqlStore(Database.open("postgresql://postgres@/nowhere?host=/nonexistent"))
    with pytest.raises(StorageDown):
        await store.accept(message())
    await store.close()


async def test_a_file_locked_by_another_process_is_waited_for(tmp_path: Path, migrated_file: Path) -> None:
    path = tmp_path / "resupply.db"
    path.write_bytes(migrated_file.read_bytes())
    store = SqlStore(Database.open(f"sqlite:///{path}"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    accepting = asyncio.create_task(store.accept(message("waited")))
    await asyncio.sleep(0.1)
    assert not accepting.done()
    other.execute("COMMIT")
    other.close()
    await accepting
    assert [row.text for row in await store.history(CHAT)] == ["waited"]
    await store.close()
