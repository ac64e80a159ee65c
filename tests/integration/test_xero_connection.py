"""The connection to Xero against its stand-in: rotation, one refresh at a time, and nothing lost. On both databases."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
import structlog

from bot.storage.errors import StorageDown
from bot.xero.connection import XeroConnection
from bot.xero.limits import CallCounter, Limits
from bot.xero.ports import Access, NotConnected
from core.errors import NotNow
from core.ports import Job
from tests.databases import OpenStore, PostgresServer
from tests.sandbox.xero_desk import SECRET_KEY, XeroDesk


@pytest_asyncio.fixture
async def desk(database_url: str) -> AsyncIterator[XeroDesk]:
    async with XeroDesk(database_url) as made:
        yield made


async def stale(desk: XeroDesk) -> XeroConnection:
    """A connection whose access token is over."""
    connection = await desk.connected()
    desk.later(minutes=31)
    return connection


async def good(desk: XeroDesk, access: Access) -> bool:
    """Whether Xero takes an access token."""
    return any(each.expires > desk.xero.now() for value, each in desk.xero._access.items() if value == access.token)


async def test_without_a_connection_a_person_is_wanted(desk: XeroDesk) -> None:
    connection = desk.open()
    with pytest.raises(NotConnected, match="resupply xero connect"):
        await connection.access()
    await connection.keep_alive()
    assert (await connection.state()).startswith("degraded: not connected; `resupply xero connect`")
    assert desk.xero.requests == []


async def test_a_token_is_used_until_five_minutes_before_its_end_and_then_refreshed(desk: XeroDesk) -> None:
    connection = await desk.connected()
    first = await connection.access()
    desk.later(minutes=24)
    assert await connection.access() == first
    assert desk.xero.count("token") == 0
    desk.later(minutes=2)
    second = await connection.access()
    assert second.token != first.token
    assert (second.tenant_id, second.generation) == (desk.xero.organisation.tenant_id, first.generation + 1)
    desk.later(minutes=26)
    third = await connection.access()
    assert desk.xero.count("token") == 2
    assert await good(desk, third)
    assert desk.xero.refusals == []


async def test_fifty_callers_cost_one_refresh(desk: XeroDesk) -> None:
    connection = await stale(desk)
    given = await asyncio.gather(*(connection.access() for _ in range(50)))
    assert len(set(given)) == 1
    assert desk.xero.count("token") == 1


async def test_processes_refresh_one_at_a_time_and_the_others_take_what_it_got(desk: XeroDesk) -> None:
    connections = [await stale(desk), *(desk.open() for _ in range(4))]
    desk.xero.faults.next("token", hold_after=True)
    asked = [asyncio.create_task(each.access()) for each in connections for _ in range(3)]
    await desk.xero.faults.held()
    await desk.xero.faults.release()
    given = await asyncio.gather(*asked)
    assert {each.token for each in given} == {given[0].token}
    assert desk.xero.count("token") == 1
    assert (await desk.row()).owner is None


async def test_while_another_refreshes_the_present_token_is_given(desk: XeroDesk) -> None:
    connection, other = await desk.connected(), desk.open()
    first = await connection.access()
    desk.later(minutes=27)
    desk.xero.faults.next("token", hold_before=True)
    refreshing = asyncio.create_task(other.access())
    await desk.xero.faults.held()
    assert await connection.access() == first
    assert await other.access() == first
    await desk.xero.faults.release()
    assert (await refreshing).generation == first.generation + 1


@pytest.mark.parametrize("fault", ["reset_after", "garbage", "500", "503", "reset_before"])
async def test_a_lost_answer_is_asked_for_again_with_the_same_token(desk: XeroDesk, fault: str) -> None:
    connection = await stale(desk)
    desk.xero.faults.next("token", fault)
    access = await connection.access()
    assert await good(desk, access)
    assert desk.xero.count("token") == 2
    assert len([token for token in desk.xero._refresh.values() if token.used]) == 1
    assert (await desk.row()).generation == access.generation
    assert desk.xero.refusals == []


async def test_a_process_killed_between_answer_and_commit_loses_nothing(desk: XeroDesk) -> None:
    connection = await stale(desk)
    before = await desk.row()
    desk.xero.faults.next("token", hold_after=True)
    words = (desk.url, desk.xero.url, f"{desk.clock.at:%Y-%m-%dT%H:%M:%S}", SECRET_KEY)
    killed = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.sandbox.xero_refreshing", *words)
    await desk.xero.faults.held()  # Xero has rotated, and the process does not know yet
    killed.kill()
    assert await killed.wait() == -signal.SIGKILL
    assert [bool(token.used) for token in desk.xero._refresh.values()] == [True, False]
    held = await desk.row()
    assert held.owner
    assert (held.tokens, held.generation) == (before.tokens, before.generation)
    waiting = asyncio.create_task(connection.access())
    await asyncio.sleep(0)
    await desk.let_lease_run_out()
    access = await waiting
    assert await good(desk, access)
    assert access.generation == before.generation + 1
    desk.later(minutes=40)
    assert await good(desk, await desk.open().access())
    assert desk.xero.refusals == []


async def test_what_a_killed_process_began_is_done_within_the_grace_period_though_nobody_asks(desk: XeroDesk) -> None:
    connection = await desk.connected()
    await connection.keep_alive()
    assert desk.xero.count("token") == 0
    await desk.change_row(owner="killed")
    await desk.let_lease_run_out()
    await connection.keep_alive()
    assert desk.xero.count("token") == 1
    row = await desk.row()
    assert (row.owner, row.generation) == (None, 2)


async def test_the_late_answer_of_a_process_that_lost_its_lease_changes_nothing(desk: XeroDesk) -> None:
    connection, other = await stale(desk), desk.open()
    desk.xero.faults.next("token", hold_after=True)
    late = asyncio.create_task(connection.access())
    await desk.xero.faults.held()
    await desk.let_lease_run_out()
    access = await other.access()
    await desk.xero.faults.release()
    assert await late == access
    assert (await desk.row()).generation == access.generation == 2


async def test_a_caller_that_is_cancelled_does_not_end_the_refresh(desk: XeroDesk) -> None:
    connection = await stale(desk)
    desk.xero.faults.next("token", hold_after=True)
    asked = asyncio.create_task(connection.access())
    await desk.xero.faults.held()
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    await desk.xero.faults.release()
    assert (await connection.access()).generation == 2
    assert desk.xero.count("token") == 1


@pytest.mark.parametrize("fault", ["429", "500", "reset_before", "reset_after", "garbage"])
async def test_while_xero_is_away_the_present_token_serves_and_then_it_is_not_now(desk: XeroDesk, fault: str) -> None:
    connection = await desk.connected()
    first = await connection.access()
    desk.later(minutes=27)
    desk.xero.faults.always("token", fault)
    assert await connection.access() == first
    assert await connection.state() == "connected"
    desk.later(minutes=4)
    await desk.let_lease_run_out()
    with pytest.raises(NotNow) as told:
        await connection.access()
    assert not isinstance(told.value, NotConnected)
    assert told.value.retry_after is not None
    assert told.value.retry_after > 0
    assert (await connection.state()).startswith("degraded: Xero")
    desk.xero.faults.clear()
    await desk.let_lease_run_out()
    assert await good(desk, await desk.open().access())
    assert await connection.state() == "connected"
    assert desk.xero.refusals == []


async def test_all_processes_rest_as_long_as_xero_asks_for(desk: XeroDesk) -> None:
    connection = await stale(desk)
    desk.xero.faults.next("token", status=429, retry_after=300)
    for each in (connection, desk.open(), connection):
        with pytest.raises(NotNow) as told:
            await each.access()
        assert told.value.retry_after is not None
        assert 200 < told.value.retry_after <= 300
    assert desk.xero.count("token") == 1


async def test_a_wrong_secret_does_not_lose_the_connection(desk: XeroDesk) -> None:
    await stale(desk)
    wrong = desk.open(xero_client_secret="wr0ng")
    with pytest.raises(NotNow, match="XERO_CLIENT_SECRET") as told:
        await wrong.access()
    assert "wr0ng" not in str(told.value)
    assert "XERO_CLIENT_SECRET" in await wrong.state()
    await desk.let_lease_run_out()
    assert await good(desk, await desk.open().access())


async def test_a_process_with_another_key_says_so_and_leaves_the_connection_alone(desk: XeroDesk) -> None:
    connection = await stale(desk)
    foreign = desk.open(secret_key="MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
    with pytest.raises(NotConnected, match="RESUPPLY_SECRET_KEY"):
        await foreign.access()
    assert "RESUPPLY_SECRET_KEY" in await foreign.state()
    await desk.let_lease_run_out()
    assert await good(desk, await connection.access())


async def test_a_lost_grant_is_told_once_and_calls_nobody_again(desk: XeroDesk) -> None:
    connection, other = await stale(desk), desk.open()
    desk.xero.revoke()
    with structlog.testing.capture_logs() as logs:
        for each in (connection, other, connection):
            with pytest.raises(NotConnected, match="resupply xero connect"):
                await each.access()
            await each.keep_alive()
    assert desk.xero.count("token") == 1
    assert [entry["event"] for entry in logs].count("xero_connection_lost") == 1
    (job,) = await desk.jobs("staff")
    assert job.payload["about"] == "xero"
    assert job.payload["reason"]
    row = await desk.row()
    assert (row.state, row.tokens) == ("lost", None)
    assert (await other.state()).startswith("degraded: connection lost (Xero does not accept")


async def test_a_refused_grant_is_no_loss_where_another_has_refreshed_meanwhile(desk: XeroDesk) -> None:
    connection, other = await stale(desk), desk.open()
    desk.xero.faults.next("token", hold_before=True)
    late = asyncio.create_task(connection.access())
    await desk.xero.faults.held()
    await desk.let_lease_run_out()
    access = await other.access()
    desk.later(minutes=31)  # what `late` is about to send is out of its grace
    await desk.xero.faults.release()
    assert (await late).generation == access.generation + 1
    assert (await desk.row()).state == "connected"
    assert await desk.jobs("staff") == []


async def test_an_idle_connection_lives_for_a_year(desk: XeroDesk) -> None:
    connection = await desk.connected()
    for _ in range(365):
        desk.later(days=1)
        await connection.keep_alive()
    assert desk.xero.count("token") == 365
    assert await good(desk, await connection.access())
    assert desk.xero.refusals == []


async def test_a_token_that_xero_refuses_is_replaced_at_once_and_only_once(desk: XeroDesk) -> None:
    connection, other = await desk.connected(), desk.open()
    first = await connection.access()
    desk.xero.expire_access()
    await asyncio.gather(connection.refused(first), other.refused(first))
    assert desk.xero.count("token") == 1
    assert (await other.access()).token != first.token
    await connection.refused(first)
    assert desk.xero.count("token") == 1


async def test_an_organisation_that_was_disconnected_at_xero_is_a_loss(desk: XeroDesk) -> None:
    connection = await desk.connected()
    access = await connection.access()
    desk.xero.disconnect(desk.xero.organisation)
    with pytest.raises(NotConnected, match="disconnected at Xero"):
        await connection.refused(access)
    assert len(await desk.jobs("staff")) == 1
    assert "disconnected at Xero" in await connection.state()


async def test_reconnecting_is_told_and_wakes_the_invoices_that_wait(desk: XeroDesk, open_store: OpenStore) -> None:
    connection, store = await stale(desk), open_store()
    desk.xero.revoke()
    with pytest.raises(NotConnected):
        await connection.access()
    await store.add_job(Job("invoice", "invoice:RS-1", "RS-1", {"order": "RS-1"}), delay=3_600)
    await store.add_job(Job("reply", "reply:1", "chat", {"channel": "api"}), delay=3_600)
    assert await desk.reconnect(connection) is False
    claimed = await store.claim_jobs("dispatcher")
    assert [job.kind for job in claimed if job.kind != "staff"] == ["invoice"]
    assert await connection.state() == "connected"
    assert await good(desk, await connection.access())
    told = await desk.jobs("staff")
    assert [bool(job.payload.get("reason")) for job in told] == [True, False]
    desk.xero.revoke()
    desk.later(minutes=31)
    with pytest.raises(NotConnected):
        await connection.access()
    assert len(await desk.jobs("staff")) == 3


async def test_disconnecting_takes_the_connection_away_at_xero_too(desk: XeroDesk) -> None:
    connection = await desk.connected()
    await connection.disconnect()
    assert desk.xero.connections == {}
    with pytest.raises(NotConnected):
        await connection.access()
    assert (await desk.row()).tokens is None


async def test_disconnecting_forgets_the_tokens_though_xero_is_away(desk: XeroDesk) -> None:
    connection = await stale(desk)
    desk.xero.faults.always("*", "503")
    with pytest.raises(NotNow):
        await connection.disconnect()
    assert (await desk.row()).tokens is None


@pytest.mark.postgres
async def test_a_database_that_goes_away_after_the_rotation_costs_nothing(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    async with XeroDesk(postgres_url) as desk:
        connection = await stale(desk)
        name = desk.url.partition("@/")[2].partition("?")[0]
        desk.xero.faults.next("token", hold_after=True)
        asked = asyncio.create_task(connection.access())
        await desk.xero.faults.held()
        await asyncio.to_thread(postgres_server.execute, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await asyncio.to_thread(
            postgres_server.execute, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        await desk.xero.faults.release()
        access = await asked
        assert await good(desk, access)
        with pytest.raises(StorageDown):
            await connection.access()
        await asyncio.to_thread(postgres_server.execute, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        desk.later(minutes=45)  # the used token is out of its grace: only what was kept in memory counts
        await connection.keep_alive()
        assert await good(desk, await connection.access())
        assert desk.xero.refusals == []


async def test_no_token_is_in_the_database_or_in_a_log_in_plain_text(
    desk: XeroDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = await desk.connected()
    given = [await connection.access()]
    for fault in (None, "500", "garbage", "reset_after", "429"):
        desk.later(minutes=31)
        if fault:
            desk.xero.faults.next("token", fault, times=1)
        try:
            given.append(await connection.access())
        except NotNow:
            await desk.let_lease_run_out()
    row = str(tuple(await desk.row()))
    shown = capsys.readouterr()
    said = row + shown.out + shown.err + repr(given) + repr(await connection.row())
    secrets = {each.token for each in given} | set(desk.xero._refresh) | set(desk.xero._access)
    assert len(secrets) > 8
    assert not [secret for secret in secrets if secret in said]
    if desk.database.sqlite:
        folder = desk.database.path.parent
        raw = b"".join(file.read_bytes() for file in folder.glob("resupply.db*"))
        assert not [secret for secret in secrets if secret.encode() in raw]


@pytest.mark.parametrize("whose", ["ours", "Xero's"])
async def test_a_day_that_is_used_up_is_told_with_when_it_goes_on(desk: XeroDesk, whose: str) -> None:
    connection = await desk.connected(xero_daily_limit=3)
    tenant = desk.xero.organisation.tenant_id
    counter = CallCounter(desk.database, desk.clock, Limits(per_day=3), timedelta(seconds=35))
    for _ in range(2):
        async with counter.counted(tenant):
            assert await connection.state() == "connected"
    if whose == "ours":
        async with counter.counted(tenant):
            pass
    else:
        await counter.rest("day", 24 * 3_600)
    at = desk.clock.now().strftime("%H:%M")
    assert await connection.state() == f"degraded: the daily limit of calls is reached; goes on at {at}"
    assert await desk.open(xero_daily_limit=3).state() == await connection.state()
    desk.later(hours=24)
    await connection.access()
    assert await connection.state() == "connected"
