"""500 orders to Xero while 30% of the calls go wrong and workers are killed: 500 right invoices, and not one more.

The table is printed with `-s`.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from bot.storage.database import Database
from bot.storage.store import SqlStore
from bot.storage.tables import outbox, xero_invoices
from core.domain.orders import Order
from core.domain.outlets import Outlet
from core.ports import Job
from tests.databases import OpenStore
from tests.integration.xero_builders import BOX, STRAW, cancelled, keep_connected, keep_order, keep_outlets, order
from tests.sandbox.processes import REPOSITORY
from tests.sandbox.sample import release_claims, rows_of
from tests.sandbox.xero_server import CLIENT_ID, CLIENT_SECRET, Fault, Limits, XeroServer

pytestmark = [pytest.mark.slow, pytest.mark.heavy, pytest.mark.timeout(300)]

ORDERS, OUTLETS, WAVE, KILLS = 500, 60, 50, 5
KINDS = (
    *(Fault(status=429, retry_after=0.2), Fault(status=500), Fault(status=503, retry_after=0.2)),
    *(Fault(reset_before=True), Fault(reset_after=True), Fault(slow=1.2)),
)


@dataclass
class Workers:
    """Processes that do invoice jobs; a killed one is started again."""

    environment: dict[str, str]
    log: Path
    running: list["subprocess.Popen[str]"] = field(default_factory=list)

    def start(self) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "tests.sandbox.xero_worker"]
            self.running.append(
                subprocess.Popen(
                    command, cwd=REPOSITORY, env=self.environment, stdout=subprocess.DEVNULL, stderr=log, text=True
                )
            )

    def kill(self) -> None:
        """kill -9 of the one that has worked longest."""
        victim = self.running.pop(0)
        victim.kill()
        victim.wait()

    def close(self) -> None:
        while self.running:
            self.kill()


@contextmanager
def workers(url: str, xero: XeroServer, folder: Path) -> Iterator[Workers]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    made = Workers(
        {
            **kept,
            "DATABASE_URL": url,
            "RESUPPLY_DATA_DIR": str(folder),
            "RESUPPLY_LOG_LEVEL": "warning",
            "XERO_CLIENT_ID": CLIENT_ID,
            "XERO_CLIENT_SECRET": CLIENT_SECRET,
            "XERO_API_URL": xero.api_url,
            "XERO_TOKEN_URL": xero.token_url,
            "XERO_TENANT_ID": xero.organisation.tenant_id,
            "XERO_TEST_TOKENS": json.dumps(dict(xero.connect())),
            "RESUPPLY_XERO_ACCOUNT_CODE": "200",
            "RESUPPLY_XERO_TIMEOUT_SECONDS": "1",
            "RESUPPLY_XERO_CONCURRENCY": "10",
            "RESUPPLY_XERO_MINUTE_LIMIT": "100000",
            "RESUPPLY_XERO_DAILY_LIMIT": "100000",
        },
        folder / "workers.log",
    )
    try:
        yield made
    finally:
        made.close()


async def hand_over(store: SqlStore, of: Order) -> Order:
    """The order, and its job, as a turn leaves them."""
    await keep_order(store, of)
    key = f"invoice:{of.number}:{of.version}"
    await store.add_job(Job("invoice", key, f"invoice:{of.number}", {"order": of.number, "version": of.version}))
    return of


async def waiting(database: Database) -> int:
    return sum(job.state == "waiting" for job in await rows_of(database, outbox))


async def test_500_orders_are_500_right_invoices(database_url: str, open_store: OpenStore, tmp_path: Path) -> None:
    store = open_store()
    outlets = [Outlet(f"O-{place:02}", f"Outlet {place:02}", payment_terms_days=30) for place in range(OUTLETS)]
    await keep_outlets(store, *outlets)
    wide = Limits(per_minute=10**6, concurrent=10**3, per_day=10**7, app_minute=10**7)
    async with XeroServer(limits=wide) as xero:
        await keep_connected(store.database, xero.organisation.tenant_id)
        xero.faults.always("*", share=0.3, seed=7, kinds=KINDS)
        with workers(database_url, xero, tmp_path) as hands:
            hands.start()
            hands.start()
            orders, dropped, kills = await storm(store, database_url, xero, hands)
        show(database_url, xero, kills)
    log = (tmp_path / "workers.log").read_text()
    assert "Traceback" not in log, log[-4_000:]
    await check(store, xero, orders, dropped)


async def storm(store: SqlStore, url: str, xero: XeroServer, hands: Workers) -> tuple[list[Order], list[Order], int]:
    """Hand the orders over in waves, change some and drop others under way, and kill a worker now and then."""
    orders: list[Order] = []
    dropped: list[Order] = []
    kills = 0
    while len(orders) < ORDERS:
        for _ in range(WAVE):
            place = len(orders)
            lines = (replace(BOX, quantity=1 + place % 9), replace(STRAW, quantity=1 + place % 7), STRAW)
            made = order(f"RS-{10001 + place}", outlet=f"O-{place % OUTLETS:02}", lines=lines)
            orders.append(await hand_over(store, made))
        lost = order(f"RS-{90001 + len(dropped)}", outlet="O-00")
        dropped.append(await hand_over(store, lost))
        await progress(store.database, at_most=WAVE)
        for back in range(1, 3):  # changed, some of them before they were ever invoiced
            place = len(orders) - 1 - WAVE // 4 * back
            orders[place] = await hand_over(store, more_of(orders[place]))
        dropped[-1] = await hand_over(store, cancelled(dropped[-1]))
        if kills < KILLS and len(orders) % (2 * WAVE) == 0:
            kills += 1
            await in_the_middle(xero)
            hands.kill()
            hands.start()
            await release_claims(url)
    while await waiting(store.database):
        await asyncio.sleep(0.05)
    return orders, dropped, kills


def more_of(of: Order) -> Order:
    first = replace(of.lines[0], quantity=of.lines[0].quantity + 10)
    return replace(of, version=of.version + 1, lines=(first, *of.lines[1:]))


async def progress(database: Database, at_most: int) -> None:
    while await waiting(database) > at_most:
        await asyncio.sleep(0.02)


async def in_the_middle(xero: XeroServer) -> None:
    """Until a call that writes has just come, or none has for a while."""
    before = xero.count("invoices") + xero.count("invoice")
    for _ in range(400):
        if xero.count("invoices") + xero.count("invoice") > before:
            return
        await asyncio.sleep(0.005)


async def check(store: SqlStore, xero: XeroServer, orders: Sequence[Order], dropped: Sequence[Order]) -> None:
    jobs = await rows_of(store.database, outbox)
    assert Counter(job.state for job in jobs) == {"done": len(jobs)}, [job.last_error for job in jobs if job.last_error]
    assert xero.refusals == xero.contract_errors == []
    assert (len(xero.contacts), xero.contacts_by_name) == (OUTLETS, 0)
    owed = {it.reference: it for it in xero.invoices if it.status == "AUTHORISED"}
    assert len(owed) == ORDERS
    assert sorted(owed) == sorted(str(each.number) for each in orders)
    gone = [it for it in xero.invoices if it.status != "AUTHORISED"]
    assert len(xero.invoices) == ORDERS + len(gone)
    assert {it.status for it in gone} <= {"VOIDED"}
    assert {it.reference for it in gone} <= {each.number for each in dropped}
    for each in orders:
        made = owed[str(each.number)]
        assert (made.total, made.total_tax, made.contact.number) == (each.total, each.tax, each.outlet)
        assert [(line.quantity, line.amount) for line in made.lines] == [
            (it.quantity, it.line_total) for it in each.lines
        ]
    billed = sum((it.total for it in owed.values()), Decimal(0))
    assert billed == sum((each.total for each in orders), Decimal(0))
    rows = {row.order_number: row for row in await rows_of(store.database, xero_invoices)}
    assert {row.state for row in rows.values()} == {"synced"}
    assert all(rows[str(each.number)].version == each.version for each in orders)


def show(title: str, xero: XeroServer, kills: int) -> None:
    names = ("429", "500", "503", "reset before", "reset after", "slow")
    table = Table("call", "sent", *names, title=f"{title.partition(':')[0]}: {kills} kills")
    faults = Counter((route, KINDS.index(fault)) for route, fault in xero.faults.happened)
    calls = Counter(request.route for request in xero.requests)
    for route, sent in calls.most_common():
        table.add_row(route, str(sent), *(str(faults[route, kind] or "") for kind in range(len(KINDS))))
    table.add_row("all", str(calls.total()), *(str(sum(faults[r, kind] for r in calls)) for kind in range(len(KINDS))))
    statuses = ", ".join(f"{count} {status}" for status, count in Counter(it.status for it in xero.invoices).items())
    taken = sum("must be unique" in each.refused for each in xero.conflicts)
    table.caption = (
        f"{len(xero.invoices)} invoices ({statuses}), {len(xero.contacts)} contacts; {taken} numbers were taken"
    )
    Console(width=110).print(table)
