"""Connecting to Xero by the command line and on a server, against its stand-in."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
import structlog
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.app import PROGRAM, Overrides, build_app
from bot.doctor import examine
from bot.settings import Settings
from bot.xero.authorizing import Authorizing, ForeignState, NotAuthorized, Wish
from bot.xero.keeping import keep_alive
from bot.xero.ports import NotConnected
from core.errors import DeskError
from tests.databases import OpenStore
from tests.sandbox.processes import RESUPPLY
from tests.sandbox.xero_desk import SCOPES, SECRET_KEY, XeroDesk, xero_settings
from tests.sandbox.xero_server import CLIENT_ID, CLIENT_SECRET, XeroServer

KEY = {"Authorization": "Bearer k"}


@pytest_asyncio.fixture
async def desk(database_url: str) -> AsyncIterator[XeroDesk]:
    async with XeroDesk(database_url) as made:
        yield made


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(follow_redirects=True) as made:
        yield made


# By the command line ---------------------------------------------------------------------------------


class Terminal:
    """`resupply xero ...` in a process of its own, on the system's clock."""

    def __init__(self, xero: XeroServer, database_url: str, folder: Path) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
        self.folder = folder
        self.environment = {
            **kept,
            **{"DATABASE_URL": database_url, "COLUMNS": "200", "PYTHONUNBUFFERED": "1"},
            **{"XERO_CLIENT_ID": CLIENT_ID, "XERO_CLIENT_SECRET": CLIENT_SECRET, "RESUPPLY_SECRET_KEY": SECRET_KEY},
            **{"XERO_API_URL": xero.api_url, "XERO_TOKEN_URL": xero.token_url},
            **{"XERO_AUTHORIZE_URL": xero.authorize_url, "RESUPPLY_XERO_REDIRECT_PORT": "0"},
        }

    async def run(self, *words: str, stdin: str = "", **settings: str) -> tuple[int, str]:
        """Run a command to its end; exit code, and all that it said."""
        process = await self._start(*words, **settings)
        out, _ = await process.communicate(stdin.encode())
        assert process.returncode is not None
        return process.returncode, out.decode()

    async def connect(
        self, at_xero: Callable[[str], Awaitable[Any]], *words: str, stdin: str = "", **settings: str
    ) -> tuple[int, str]:
        """`resupply xero connect`, with somebody who opens the address that it prints."""
        process = await self._start("xero", "connect", "--no-browser", *words, **settings)
        assert process.stdout is not None
        said = ""
        while line := (await process.stdout.readline()).decode():
            said += line
            if line.startswith("http"):
                await at_xero(line.strip())
                break
        rest, _ = await process.communicate(stdin.encode())
        assert process.returncode is not None
        return process.returncode, said + rest.decode()

    async def _start(self, *words: str, **settings: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(RESUPPLY, *words),
            cwd=self.folder,
            env={**self.environment, **settings},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )


@pytest_asyncio.fixture
async def xero() -> AsyncIterator[XeroServer]:
    async with XeroServer() as made:
        yield made


@pytest.fixture
def terminal(xero: XeroServer, database_url: str, tmp_path: Path) -> Terminal:
    return Terminal(xero, database_url, tmp_path)


async def test_connecting_status_and_disconnecting_as_typed(
    terminal: Terminal, xero: XeroServer, browser: httpx.AsyncClient
) -> None:
    code, said = await terminal.run("xero", "status")
    assert (code, "not connected" in said) == (1, True)
    code, said = await terminal.connect(browser.get)
    assert code == 0, said
    assert f"Connected to {xero.organisation.name}." in said
    assert re.search(r"redirect URI has to be http://localhost:\d+/callback", said)
    code, said = await terminal.run("xero", "status")
    assert code == 0, said
    for word in (xero.organisation.name, xero.organisation.tenant_id, *SCOPES.split(), "refresh ends"):
        assert word in said
    code, said = await terminal.run("doctor")
    assert f"xero: connected to {xero.organisation.name}" in said
    code, said = await terminal.run("xero", "disconnect")
    assert code == 0, said
    assert xero.connections == {}
    code, said = await terminal.run("xero", "status")
    assert (code, "disconnected here" in said) == (1, True)
    assert xero.refusals == []


async def test_of_several_organisations_one_is_chosen_and_changing_it_is_asked_for(
    terminal: Terminal, xero: XeroServer, browser: httpx.AsyncClient
) -> None:
    second = xero.add_organisation("Zebra Foods")
    xero.consents = [xero.organisation, second]
    code, said = await terminal.connect(browser.get)
    assert code == 1
    assert "--tenant" in said
    assert second.tenant_id in said
    code, said = await terminal.connect(browser.get, "--tenant", "00000000-0000-0000-0000-000000000000")
    assert code == 1
    assert "is not among" in said
    code, said = await terminal.connect(browser.get, stdin="7\n1\n")
    assert code == 0, said
    assert f"Connected to {xero.organisation.name}." in said
    code, said = await terminal.connect(browser.get)  # the one of before
    assert f"Connected to {xero.organisation.name}." in said
    code, said = await terminal.connect(browser.get, XERO_TENANT_ID=second.tenant_id)
    assert code == 1
    assert "--switch" in said
    code, said = await terminal.run("xero", "status")
    assert xero.organisation.name in said
    code, said = await terminal.connect(browser.get, "--switch", XERO_TENANT_ID=second.tenant_id)
    assert code == 0, said
    assert "Connected to Zebra Foods." in said


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_what_goes_wrong_is_one_clear_sentence(
    terminal: Terminal, xero: XeroServer, browser: httpx.AsyncClient
) -> None:
    xero.denies = True
    assert await terminal.connect(browser.get) == _fails("access was denied at Xero")
    xero.denies = False
    xero.consents = []
    assert await terminal.connect(browser.get) == _fails("no organisation was chosen at Xero")
    xero.consents = [xero.organisation]
    wrong = await terminal.connect(browser.get, XERO_CLIENT_SECRET="wr0ng")
    assert wrong == _fails("Xero refuses XERO_CLIENT_ID or XERO_CLIENT_SECRET")
    assert "wr0ng" not in wrong[1]
    xero.faults.next("token", "503")
    assert await terminal.connect(browser.get) == _fails("nothing was connected: Xero answered 503")
    assert await terminal.connect(_refuse_scope(browser)) == _fails("does not give this app the scopes")
    assert await terminal.run("xero", "connect", "--no-browser", "--timeout", "1") == _fails("within 1 seconds")
    assert await terminal.run("xero", "connect", RESUPPLY_SECRET_KEY="") == _fails("RESUPPLY_SECRET_KEY", code=2)
    assert await terminal.run("xero", "connect", XERO_CLIENT_ID="", XERO_CLIENT_SECRET="") == _fails(
        "XERO_CLIENT_ID is not set", code=2
    )
    assert await terminal.run("xero", "disconnect") == _fails("not connected")
    assert (await terminal.run("xero", "status"))[0] == 1


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_foreign_answer_is_told_and_does_not_end_the_waiting(
    terminal: Terminal, browser: httpx.AsyncClient
) -> None:
    async def at_xero(address: str) -> None:
        callback = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        foreign = await browser.get(callback, params={"code": "x", "state": "not-ours"})
        assert foreign.status_code == 400
        assert "belongs to no connection" in foreign.text
        assert (await browser.head(callback, params={"code": "x", "state": "not-ours"})).status_code == 405
        assert "go back to the terminal" in (await browser.get(address)).text

    code, said = await terminal.connect(at_xero)
    assert code == 0, said
    assert "not taken:" in said


class _Fails:
    """Equals an exit code and output that has one error, with these words and no trace."""

    def __init__(self, words: str, code: int) -> None:
        self.words, self.code = words, code

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, tuple)
        code, said = other
        clear = said.count("error:") == 1 and "Traceback" not in said
        return code == self.code and self.words in said and clear

    def __repr__(self) -> str:
        return f"exit code {self.code} and one error: ...{self.words}..."

    __hash__ = None  # type: ignore[assignment]


def _fails(words: str, code: int = 1) -> _Fails:
    return _Fails(words, code)


def _refuse_scope(browser: httpx.AsyncClient) -> Callable[[str], Awaitable[Any]]:
    """Somebody whose app has not the scopes: Xero sends them back with that error."""

    async def at_xero(address: str) -> None:
        asked = parse_qs(urlsplit(address).query)
        query = {"error": "invalid_scope", "state": asked["state"][0]}
        assert "XERO_SCOPES" in (await browser.get(asked["redirect_uri"][0], params=query)).text

    return at_xero


# On a server -----------------------------------------------------------------------------------------


class Server:
    """A desk that listens, with the API key "k"."""

    def __init__(self, desk: XeroDesk, url: str, settings: Settings, browser: httpx.AsyncClient) -> None:
        self.desk, self.url, self.settings, self.browser = desk, url, settings, browser

    async def begin(self, **query: str) -> str:
        """The address that a person is to open."""
        answer = await self.browser.get(f"{self.url}/xero/connect", headers=KEY, params=query)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["authorize_url"])

    async def health(self) -> str:
        """What /health says of Xero."""
        return str((await self.browser.get(f"{self.url}/health")).json()["xero"])


@pytest_asyncio.fixture
async def server(
    desk: XeroDesk, browser: httpx.AsyncClient, open_store: OpenStore, unused_tcp_port: int, tmp_path: Path
) -> AsyncIterator[Server]:
    url = f"http://127.0.0.1:{unused_tcp_port}"
    settings = xero_settings(desk.xero, api_key=SecretStr("k"), public_url=url, data_dir=tmp_path)
    app = build_app(settings, Overrides(store=open_store(), clock=desk.clock))
    async with TestServer(app, port=unused_tcp_port):
        yield Server(desk, url, settings, browser)


async def test_a_person_with_the_key_connects_a_server(server: Server) -> None:
    assert (await server.browser.get(f"{server.url}/xero/connect")).status_code == 401
    assert (await server.health()).startswith("degraded: not connected")
    page = await server.browser.get(await server.begin())
    assert page.status_code == 200
    assert "Connected to Xero" in page.text
    assert server.desk.xero.organisation.name in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert await server.health() == "connected"
    sent = await server.browser.get(
        f"{server.url}/xero/connect", headers={**KEY, "Accept": "text/html"}, follow_redirects=False
    )
    assert sent.status_code == 302
    assert sent.headers["Location"].startswith(server.desk.xero.authorize_url)
    assert server.desk.xero.refusals == []


async def test_replayed_foreign_old_and_denied_answers_change_nothing(server: Server) -> None:
    desk, browser = server.desk, server.browser
    callback = f"{server.url}/xero/callback"
    back = await browser.get(await server.begin(), follow_redirects=False)
    assert (await browser.get(back.headers["Location"])).status_code == 200
    before = await desk.row()
    old = await browser.get(await server.begin(), follow_redirects=False)
    desk.later(minutes=11)
    for address in (back.headers["Location"], f"{callback}?code=x&state=<b>", callback, old.headers["Location"]):
        page = await browser.get(address)
        assert page.status_code == 400
        assert "Nothing was changed" in page.text
        assert "<b>" not in page.text
    desk.xero.denies = True
    assert "Access was denied at Xero. Nothing was changed." in (await browser.get(await server.begin())).text
    assert await desk.row() == before
    assert desk.xero.count("token") == 1


async def test_of_several_organisations_the_page_says_how_to_choose(server: Server) -> None:
    xero = server.desk.xero
    second = xero.add_organisation("Zebra <Foods>")
    xero.consents = [xero.organisation, second]
    page = await server.browser.get(await server.begin())
    assert page.status_code == 409
    assert f"Zebra &lt;Foods&gt;: {second.tenant_id}" in page.text
    assert (await server.health()).startswith("degraded: not connected")
    page = await server.browser.get(await server.begin(tenant=second.tenant_id))
    assert "Zebra &lt;Foods&gt;" in page.text
    assert await server.health() == "connected"
    page = await server.browser.get(await server.begin(tenant=xero.organisation.tenant_id))
    assert page.status_code == 400
    assert "switch" in page.text
    page = await server.browser.get(await server.begin(tenant=xero.organisation.tenant_id, switch="yes"))
    assert page.status_code == 200
    assert (await server.desk.row()).tenant_id == xero.organisation.tenant_id


async def test_a_lost_connection_is_in_health_and_doctor_and_reconnecting_heals_it(server: Server) -> None:
    desk = server.desk
    await server.browser.get(await server.begin())
    desk.xero.revoke()
    desk.later(minutes=31)
    with pytest.raises(NotConnected):
        await desk.open().access()
    assert (await server.health()).startswith("degraded: connection lost")
    (finding,) = [each async for each in examine(_on(desk, server.settings)) if each.name == "xero"]
    assert not finding.well
    assert "resupply xero connect" in finding.advice
    await server.browser.get(await server.begin())
    assert await server.health() == "connected"
    (finding,) = [each async for each in examine(_on(desk, server.settings)) if each.name == "xero"]
    assert finding.well


def _on(desk: XeroDesk, settings: Settings) -> Settings:
    return settings.model_copy(update={"database_url": SecretStr(desk.url)})


async def test_without_an_app_of_xero_nothing_of_it_is_there(
    open_store: OpenStore, browser: httpx.AsyncClient, tmp_path: Path, desk: XeroDesk
) -> None:
    settings = xero_settings(desk.xero, data_dir=tmp_path, xero_client_id=None, xero_client_secret=None)
    app = build_app(settings, Overrides(store=open_store()))
    assert app[PROGRAM].xero is None
    async with TestServer(app) as server:
        assert (await browser.get(str(server.make_url("/xero/callback")))).status_code == 404
        assert (await browser.get(str(server.make_url("/health")))).json()["xero"] == "not configured"


# The flow itself -------------------------------------------------------------------------------------


async def test_of_two_answers_at_once_one_counts(desk: XeroDesk, browser: httpx.AsyncClient) -> None:
    settings = xero_settings(desk.xero)
    authorizing = [Authorizing(settings, desk.database, desk.clock, desk.open()) for _ in range(4)]
    address = await authorizing[0].begin("http://localhost/callback", Wish())
    back = (await browser.get(address, follow_redirects=False)).headers["Location"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    outcomes = await asyncio.gather(*(each.finish(query) for each in authorizing), return_exceptions=True)
    assert len([each for each in outcomes if isinstance(each, ForeignState)]) == 3
    assert desk.xero.count("token") == 1


@pytest.mark.parametrize("fault", ["500", "garbage", "reset_after", "429"])
@pytest.mark.parametrize("route", ["token", "connections"])
async def test_an_exchange_that_fails_connects_nothing(
    desk: XeroDesk, browser: httpx.AsyncClient, route: str, fault: str
) -> None:
    authorizing = Authorizing(xero_settings(desk.xero), desk.database, desk.clock, desk.open())
    address = await authorizing.begin("http://localhost/callback", Wish())
    back = (await browser.get(address, follow_redirects=False)).headers["Location"]
    desk.xero.faults.next(route, fault)
    with pytest.raises(NotAuthorized, match="nothing was connected: Xero"):
        await authorizing.finish({name: values[0] for name, values in parse_qs(urlsplit(back).query).items()})
    assert await desk.open().row() is None


async def test_scopes_that_were_not_granted_are_named(desk: XeroDesk, browser: httpx.AsyncClient) -> None:
    given = xero_settings(desk.xero)
    asked = xero_settings(desk.xero, xero_scopes=f"{SCOPES} accounting.payments")
    begun = Authorizing(given, desk.database, desk.clock, desk.open())
    address = await begun.begin("http://localhost/callback", Wish())
    back = (await browser.get(address, follow_redirects=False)).headers["Location"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    with pytest.raises(NotAuthorized, match=r"did not grant accounting\.payments: see XERO_SCOPES"):
        await Authorizing(asked, desk.database, desk.clock, desk.open()).finish(query)


async def test_the_keeping_tells_of_a_return_and_refreshes_what_nobody_uses(desk: XeroDesk) -> None:
    told = asyncio.Event()
    with structlog.testing.capture_logs() as logs:
        keeping = asyncio.create_task(keep_alive(desk.open(), told.set, every=0.01))
        while not logs:  # of its first look
            await asyncio.sleep(0)
    assert logs[0]["state"].startswith("degraded: not connected")
    await desk.reconnect(desk.open())
    await told.wait()
    desk.xero.faults.next("token", hold_before=True)
    desk.later(days=2)
    await desk.xero.faults.held()
    await desk.xero.faults.release()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


def test_half_of_the_settings_is_a_problem(desk: XeroDesk) -> None:
    for missing, name in (
        ("xero_client_id", "XERO_CLIENT_ID"),
        ("xero_client_secret", "XERO_CLIENT_SECRET"),
        ("secret_key", "RESUPPLY_SECRET_KEY"),
    ):
        problem = xero_settings(desk.xero, **{missing: None}).xero_problem
        assert problem == f"Xero needs {name} as well"
    assert "offline_access" in str(xero_settings(desk.xero, xero_scopes="accounting.contacts").xero_problem)
    broken = xero_settings(desk.xero, secret_key="s3cret")
    assert "RESUPPLY_SECRET_KEY" in str(broken.xero_problem)
    with pytest.raises(DeskError):
        build_app(broken)
