"""Claims as staff list and settle them, over the API and as typed, on both databases."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.app import Overrides
from bot.cli import app, out
from bot.handoff import Unsubscribed
from bot.settling import SettledAlready, UnknownClaim
from bot.storage.store import SqlStore
from core.domain.claims import Claim
from core.domain.messages import Attachment, ChatRef, Kind
from core.domain.reminders import ClaimKind
from core.domain.sessions import Session
from core.errors import InvalidInput
from tests.integration.storage.builders import NOW, commit, message, opened, order
from tests.integration.test_staff_commands import on_store
from tests.sandbox.sample import PASIR_RIS, StoppedClock, open_shop, sample_settings

MONDAY = "2026-11-23T09:30"
SHORT = Claim("RS-1", "CPZ-PSR", ClaimKind.SHORT, "PB-12", "only [2] came")
WRONG = Claim("RS-1", "CPZ-PSR", ClaimKind.WRONG, "ST/01")
Type = Callable[..., Result]


@pytest.fixture
def typed(sample_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Types a command for the test's database."""
    monkeypatch.chdir(tmp_path)
    for name, value in (("DATABASE_URL", sample_url), ("RESUPPLY_DATA_DIR", str(tmp_path))):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(out, "width", 200)
    return lambda *words: CliRunner().invoke(app, words)


async def leave_claims(store: SqlStore, session: Session | None = None) -> int:
    """Two claims in a WhatsApp chat, one of them with a photo; the chat's id."""
    photo = Attachment("ME1", "image/jpeg", "box [1].jpg", 12_000)
    inbound = message("see", ChatRef("whatsapp", PASIR_RIS), attachments=(photo,), kind=Kind.PHOTO)
    turn = await opened(store, inbound)
    await store.commit_turn(commit(turn, orders=(order(),), session=(session or Session()).to_json()))
    await store.keep_claim(SHORT, turn.chat_id, turn.turn_id, NOW)
    await store.keep_claim(WRONG, turn.chat_id, "another", NOW)
    return turn.chat_id


def test_claims_are_listed_shown_and_settled_once(typed: Type) -> None:
    async def fill(store: SqlStore) -> None:
        await leave_claims(store)

    on_store(fill)
    listed = typed("claims", "list").stdout
    assert SHORT.id in listed
    assert WRONG.id in listed
    shown = typed("claims", "show", SHORT.id).stdout
    for words in ("only [2] came", "short: PB-12", "message 1, file 0", "[box [1].jpg: image/jpeg, 12 kB]"):
        assert words in shown

    done = typed("claims", "settle", SHORT.id, "--note", "CN-1", "--tell", "Credit note CN-1 is on its way")
    assert "is settled." in done.stdout
    assert "told on whatsapp" in done.stdout
    assert typed("claims", "settle", WRONG.id, "--note", "driver took it back").exit_code == 0
    assert "RS-1:" not in typed("claims", "list").stdout
    assert "settled: driver took it back" in typed("claims", "list", "--all").stdout

    again = typed("claims", "settle", SHORT.id, "--note", "CN-2", "--tell", "CN-2")
    assert isinstance(again.exception, SettledAlready)
    assert "CN-1" in str(again.exception)
    assert isinstance(typed("claims", "settle", "RS-9:short:all", "--note", "x").exception, UnknownClaim)
    assert isinstance(typed("claims", "show", "RS-9:short:all").exception, InvalidInput)
    assert isinstance(typed("claims", "settle", WRONG.id, "--note", " ").exception, InvalidInput)
    untold = typed("claims", "settle", WRONG.id, "--note", "x", "--tell", " ").exception
    assert str(untold).startswith("--tell must have")

    async def look(store: SqlStore) -> None:
        (job,) = await store.claim_jobs("me")
        assert (job.payload["to"], job.payload["text"]) == (PASIR_RIS, "Credit note CN-1 is on its way")
        assert {row.note for row in await store.claim_rows()} == {"CN-1", "driver took it back"}

    on_store(look)


def test_one_who_unsubscribed_is_not_told_and_the_claim_stays_open(typed: Type) -> None:
    async def fill(store: SqlStore) -> None:
        await leave_claims(store, Session(opted_out=True))

    on_store(fill)
    refused = typed("claims", "settle", SHORT.id, "--note", "CN-1", "--tell", "CN-1")
    assert isinstance(refused.exception, Unsubscribed)
    assert SHORT.id in typed("claims", "list").stdout
    assert typed("claims", "settle", SHORT.id, "--note", "CN-1").exit_code == 0


async def test_the_api_lists_shows_and_settles_claims_behind_the_key(sample_url: str, tmp_path: Path) -> None:
    settings = sample_settings(sample_url, tmp_path, api_key="sesame")
    async with open_shop(settings, Overrides(clock=StoppedClock(MONDAY))) as shop:
        chat_id = await leave_claims(shop.store)
        key = {"Authorization": "Bearer sesame"}

        async def call(method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
            url = f"{shop.url}/api/claims{path}"
            async with shop.session.request(method, url, json=body, headers=headers or key) as response:
                return response.status, await response.json()

        for method, path in (("GET", ""), ("GET", f"/{SHORT.id}"), ("POST", f"/{SHORT.id}/settle")):
            assert (await call(method, path, {"note": "x"}, Authorization="Bearer guess"))[0] == 401

        status, body = await call("GET", "?state=open")
        assert (status, [row["id"] for row in body["claims"]]) == (200, [SHORT.id, WRONG.id])
        assert len((await call("GET", "?limit=1"))[1]["claims"]) == 1
        for query in ("?state=shut", "?limit=0"):
            assert (await call("GET", query))[0] == 400
        _, one = await call("GET", f"/{SHORT.id}")
        assert one["files"] == [
            {"chat_id": chat_id, "seq": 1, "index": 0, "name": "box [1].jpg", "content_type": "image/jpeg"}
            | {"size": 12_000}
        ]

        settle = f"/{WRONG.id.replace('/', '%2F')}/settle"
        wrong: tuple[Any, ...] = ({}, {"note": " "}, {"note": "CN-1", "tell": ""}, {"note": "CN-1", "tell": 7}, [])
        for given in wrong:
            assert (await call("POST", settle, given))[0] == 400
        status, body = await call("POST", settle, {"note": "CN-1"})
        assert (status, body) == (200, {"id": WRONG.id, "state": "settled", "told": False, "queued": False})
        status, body = await call("POST", settle, {"note": "CN-2"})
        assert (status, body["error"]["code"]) == (409, "settled")
        status, body = await call("POST", "/RS-9:short:all/settle", {"note": "x"})
        assert (status, body["error"]["code"]) == (404, "not_found")
        assert (await call("GET", "/RS-9:short:all"))[0] == 404
        (row,) = (await call("GET", "?state=settled"))[1]["claims"]
        assert (row["sku"], row["note"]) == ("ST/01", "CN-1")
        assert not [line for line in await shop.store.transcript(chat_id) if line.by == "staff"]
        status, body = await call("POST", f"/{SHORT.id}/settle", {"note": "CN-2", "tell": "CN-2 is on its way"})
        assert (status, body["told"], body["queued"]) == (200, True, True)
        assert [line.text for line in await shop.store.transcript(chat_id) if line.by == "staff"] == [
            "CN-2 is on its way"
        ]
