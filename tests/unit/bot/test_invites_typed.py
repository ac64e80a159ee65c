"""Invites and who is linked, as commands are typed and over HTTP."""

import shutil
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.cli_output import err, out
from bot.http.access import KeyCheck
from bot.http.invites import InviteApi
from bot.http.limits import RateLimits
from bot.http.middleware import around
from bot.metrics import Metrics
from bot.storage.database import Database
from bot.storage.store import SqlStore
from core.errors import InvalidInput
from tests.sandbox.sample import SINGAPORE, StoppedClock, sample_settings

Type = Callable[..., Result]
CLOCK = StoppedClock("2026-11-23T10:15:00")
KEY = {"Authorization": "Bearer k3y"}


@pytest.fixture
def sample(sample_file: Path, tmp_path: Path) -> str:
    shutil.copy(sample_file, tmp_path / "sample.db")
    return f"sqlite:///{tmp_path / 'sample.db'}"


@pytest.fixture
def typed(sample: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Types a command for the sample's database, with no messenger configured."""
    monkeypatch.chdir(tmp_path)
    for name in ("TELEGRAM_BOT_TOKEN", "TWILIO_WHATSAPP_FROM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (("DATABASE_URL", sample), ("RESUPPLY_DATA_DIR", str(tmp_path))):
        monkeypatch.setenv(name, value)
    for console in (out, err):
        monkeypatch.setattr(console, "width", 200)
    return lambda *words: CliRunner().invoke(app, words)


def refusal(result: Result) -> str:
    assert isinstance(result.exception, InvalidInput), result.output
    return str(result.exception)


def test_an_invite_is_made_listed_and_revoked(typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_WHATSAPP_FROM", "+65 3123 4567")
    made = typed("invite", "cpz-psr", "--uses", "3", "--days", "7")
    assert made.exit_code == 0, made.output
    code = made.stdout.split()[0]
    assert f"https://wa.me/6531234567?text=Hi%21%20My%20invite%20code%20is%20{code}" in made.stdout
    assert "No Telegram bot is set" in made.output
    assert (tmp_path / "invite-CPZ-PSR.png").exists()
    assert (tmp_path / "invite-CPZ-PSR.pdf").exists()
    row = next(line for line in typed("invites", "list").stdout.splitlines() if code in line)
    assert "0 of 3" in row
    assert "open" in row
    assert f"{code} is revoked" in typed("invites", "revoke", code.lower()).stdout
    row = next(line for line in typed("invites", "list").stdout.splitlines() if code in line)
    assert "revoked" in row


def test_without_a_messenger_nothing_is_made_up(typed: Type, tmp_path: Path) -> None:
    made = typed("invite", "CPZ-PSR", "--qr", "door.png")
    assert "http" not in made.output
    assert "No WhatsApp number is set" in made.output
    assert [path.name for path in tmp_path.glob("door*")] == ["door.pdf"]


def test_people_are_listed_and_unlinked(typed: Type) -> None:
    listed = typed("outlets", "people", "cpz-psr").stdout
    assert "+6591230001" in listed
    assert "import file" in listed
    assert "+6591230001 does not order for CPZ-PSR" in typed("outlets", "unlink", "cpz-psr", "+65 9123 0001").stdout
    assert "+6591230001" not in typed("outlets", "people", "CPZ-PSR").stdout


def test_what_is_not_there_is_said(typed: Type) -> None:
    assert "no outlet" in refusal(typed("invite", "NOPE"))
    assert "no invite code" in refusal(typed("invites", "revoke", "NOPE"))
    assert "no outlet" in refusal(typed("outlets", "people", "NOPE"))
    assert "not linked" in refusal(typed("outlets", "unlink", "CPZ-PSR", "+6500000000"))
    assert typed("invite", "CPZ-PSR", "--days", "0").exit_code == 2


# Over HTTP --------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def client(sample: str, tmp_path: Path) -> AsyncIterator[TestClient[Any, Any]]:
    store = SqlStore(Database.open(sample), zone=SINGAPORE)
    settings = sample_settings(sample, tmp_path, api_key="k3y", telegram_bot_token=SecretStr("1:x"))
    served = web.Application(middlewares=[around(Metrics())])
    limits = RateLimits(settings)
    InviteApi(store, CLOCK, settings, lambda: "SupplyBot").add_to(served, KeyCheck(settings.api_key, limits))
    async with TestClient(TestServer(served)) as client:
        yield client
    await limits.close()
    await store.close()


async def test_invites_over_http(client: TestClient[Any, Any]) -> None:
    answer = await client.post("/api/invites", json={"outlet": "cpz-psr", "uses": 2, "days": 3}, headers=KEY)
    assert answer.status == 201
    made = await answer.json()
    code = made["code"]
    assert made == {
        "code": code,
        "outlet": "CPZ-PSR",
        "uses": 0,
        "max_uses": 2,
        "expires_at": (CLOCK.now() + timedelta(days=3)).isoformat(),
        "state": "open",
        "links": {"whatsapp": None, "telegram": f"https://t.me/SupplyBot?start={code}"},
    }
    assert (await (await client.get("/api/invites", headers=KEY)).json())["invites"] == [made]
    for _ in range(2):
        gone = await client.delete(f"/api/invites/{code.lower()}", headers=KEY)
        assert (gone.status, await gone.json()) == (200, {"code": code, "state": "revoked"})
    (listed,) = (await (await client.get("/api/invites", headers=KEY)).json())["invites"]
    assert listed["state"] == "revoked"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "outlet is missing"),
        ({"outlet": 5}, "outlet is missing"),
        ({"outlet": "NOPE"}, "There is no outlet 'NOPE'."),
        ({"outlet": "CPZ-PSR", "uses": 0}, "Uses must be between"),
        ({"outlet": "CPZ-PSR", "uses": True}, "whole numbers"),
        ({"outlet": "CPZ-PSR", "days": 10**30}, "whole numbers"),
        ({"outlet": "CPZ-PSR", "days": 99_999}, "Days must be between"),
        (["CPZ-PSR"], "JSON object"),
    ],
)
async def test_a_bad_request_is_told(client: TestClient[Any, Any], body: Any, words: str) -> None:
    answer = await client.post("/api/invites", json=body, headers=KEY)
    assert answer.status == 400
    assert words in (await answer.json())["error"]["message"]


async def test_without_the_key_or_the_code_nothing_happens(client: TestClient[Any, Any]) -> None:
    assert (await client.get("/api/invites")).status == 401
    assert (await client.post("/api/invites", json={"outlet": "CPZ-PSR"})).status == 401
    assert (await client.delete("/api/invites/X")).status == 401
    for code in ("NOPE", "%00", "x" * 500, "%F0%9F%8D%95"):
        assert (await client.delete(f"/api/invites/{code}", headers=KEY)).status == 404
    assert (await client.post("/api/invites", data=b"{", headers=KEY)).status == 415
