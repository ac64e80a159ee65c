"""`resupply demo --telegram`: a real process against the Telegram sandbox, with nothing given but the token."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from bot.cli import app
from bot.demo import demo_settings
from bot.telegram_account import TelegramAway, WrongToken, username
from core.errors import InvalidInput
from tests.sandbox.telegram_server import TOKEN, Fault, TelegramServer
from tests.sandbox.twilio_server import ACCOUNT_SID

RESUPPLY = str(Path(sys.executable).with_name("resupply"))
UNKNOWN = "7000000009:AAUnknownUnknownUnknownUnknownUnknown"


class Demo:
    """The command in an empty folder, with nothing in its environment but what is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def start(self, *words: str, **settings: str) -> asyncio.subprocess.Process:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        given = {"RESUPPLY_PORT": "0", "RESUPPLY_BURST_SECONDS": "0.1", "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
        return await asyncio.create_subprocess_exec(
            RESUPPLY,
            "demo",
            *words,
            cwd=self.folder,
            env={**kept, **given, **settings},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def ends(self, *words: str, **settings: str) -> tuple[int | None, str]:
        """Run it to its end; exit code and what it said on stderr."""
        process = await self.start(*words, **settings)
        async with asyncio.timeout(60):
            _, said = await process.communicate()
        return process.returncode, said.decode()

    @asynccontextmanager
    async def running(self, *words: str, **settings: str) -> AsyncIterator[str]:
        """Run it until the block ends; what it printed up to its panel's end."""
        process = await self.start(*words, **settings)
        assert process.stdout is not None
        printed = ""
        try:
            async with asyncio.timeout(60):
                while "Ctrl+C" not in printed:
                    line = await process.stdout.readline()
                    assert line, (await process.communicate())[1].decode()
                    printed += line.decode()
            yield printed
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(30):
                await process.communicate()
            assert process.returncode == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return Demo(tmp_path)


async def test_with_the_token_alone_a_stranger_orders_for_the_outlet_they_name(demo: Demo) -> None:
    async with TelegramServer() as server:
        settings = {"TELEGRAM_BOT_TOKEN": server.token, "TELEGRAM_API_URL": server.url}
        async with demo.running("--telegram", **settings) as printed:
            assert "https://t.me/resupply_test_bot" in printed
            assert TOKEN not in printed
            mei = server.chat(700_001, "Mei")
            for words in (
                "this is for Canadian Pizza Pasir Ris",
                "2 bundles pizza box 12in",
                "deliver on tuesday morning",
            ):
                await mei.answer(mei.says(words), timeout=30)
            assert "Canadian Pizza Pasir Ris" in mei.from_bot[0].text
            assert any("2 bundles Pizza Box 12in" in text for text in mei.texts)
            mei.says("confirm")
            await mei.until(lambda chat: any(re.search(r"RS-\d+", text) for text in chat.texts), timeout=30)
        assert server.refused == []


async def test_a_wrong_token_is_one_clear_line_with_exit_code_2(demo: Demo) -> None:
    async with TelegramServer() as server:
        code, said = await demo.ends("--telegram", TELEGRAM_BOT_TOKEN=UNKNOWN, TELEGRAM_API_URL=server.url)
    assert code == 2
    assert "does not know TELEGRAM_BOT_TOKEN" in said
    assert said.count("\n") == 1
    assert UNKNOWN not in said


def test_without_a_token_and_a_terminal_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN", raising=False)
    ended = CliRunner().invoke(app, ["demo", "--telegram"])
    assert isinstance(ended.exception, InvalidInput)
    assert "TELEGRAM_BOT_TOKEN is not set" in str(ended.exception)


@pytest.mark.parametrize("token", ["my token", "7000000001:short", "7000000001:AASandbox\nSandboxSandboxSandbox"])
async def test_what_is_no_token_is_told_without_asking(token: str) -> None:
    async with TelegramServer() as server:
        settings = demo_settings(telegram=True, token=SecretStr(token)).model_copy(
            update={"telegram_api_url": server.url}
        )
        with pytest.raises(WrongToken, match="not a bot's token") as refused:
            await username(settings)
        assert token not in str(refused.value)
        assert server.calls == []


@pytest.mark.parametrize("fault", [Fault.reset(), Fault.broken(502), Fault.garbage(), Fault.too_many(3)])
async def test_telegram_that_does_not_answer_is_no_wrong_token(fault: Fault) -> None:
    async with TelegramServer() as server:
        server.faults.next("getMe", fault)
        settings = demo_settings(telegram=True, token=SecretStr(TOKEN)).model_copy(
            update={"telegram_api_url": server.url}
        )
        with pytest.raises(TelegramAway, match="does not answer") as away:
            await username(settings)
        assert TOKEN not in str(away.value)
        assert await username(settings) == "resupply_test_bot"


def test_messengers_of_a_real_server_are_left_alone_and_halves_of_one_do_not_stop_the_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC1")
    monkeypatch.setenv("RESUPPLY_STAFF_CHAT", "-1001")
    served = demo_settings(telegram=True, token=SecretStr(TOKEN))
    assert served.channel_problem is None
    assert (served.twilio_account_sid, served.staff_chat, served.telegram_mode) == (None, -1001, "polling")
    assert "telegram" in served.may_name_an_outlet
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "x")
    monkeypatch.setenv("TWILIO_WHATSAPP_FROM", "+6531234567")
    monkeypatch.setenv("RESUPPLY_PUBLIC_URL", "https://desk.example")
    assert demo_settings(telegram=True, token=SecretStr(TOKEN)).twilio_account_sid == ACCOUNT_SID
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    plain = demo_settings()
    assert (plain.twilio_account_sid, plain.staff_chat, plain.telegram_bot_token) == (None, None, None)
    assert "telegram" not in plain.may_name_an_outlet
