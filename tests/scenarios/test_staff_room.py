"""The staff room on the whole desk: a customer on Telegram, the supplier's staff in their group, one bot."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.app import Overrides
from tests.sandbox.sample import Shop, StoppedClock, open_shop, sample_settings
from tests.sandbox.telegram_server import TelegramServer

GROUP = -1001000000001
OUTLET = "CPZ-PSR"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as running:
        yield running


@pytest_asyncio.fixture
async def shop(server: TelegramServer, sample_file: Path, tmp_path: Path) -> AsyncIterator[Shop]:
    shutil.copy(sample_file, tmp_path / "sample.db")
    settings = sample_settings(
        f"sqlite:///{tmp_path / 'sample.db'}",
        tmp_path,
        telegram_bot_token=SecretStr(server.token),
        telegram_api_url=server.url,
        staff_chat=GROUP,
        burst_seconds=0.05,
    )
    server.group(GROUP, "Staff")
    async with open_shop(settings, Overrides(clock=StoppedClock("2026-11-23T10:15:00"))) as running:
        yield running


@pytest.mark.usefixtures("shop")
async def test_an_order_a_handoff_an_answer_and_back(server: TelegramServer, shop: Shop) -> None:
    group = server.group(GROUP)
    ana = group.member(710_002, "Ana")
    mei = server.chat(700_001, "Mei")
    code = await shop.store.add_invite(OUTLET)
    assert "Canadian Pizza Pasir Ris" in (await mei.answer(mei.starts(code))).text

    for words in ("2 bundles pizza box 12in", "deliver on tuesday morning"):
        await mei.answer(mei.says(words))
    await mei.answer(mei.says("confirm"))
    await group.until(lambda chat: any("New order RS-" in text for text in chat.texts))
    order = group.last
    assert "2 bundles Pizza Box 12in" in order.text
    assert "Mei" in order.text

    mei.says("agent please")
    await mei.until(lambda chat: "A person will reply" in chat.texts[-1])
    await group.until(lambda chat: any("A person is wanted" in text for text in chat.texts))
    asked = group.last
    assert asked.reply_to == order.message_id
    assert (await ana.taps(asked, "Take over").answered())["text"].startswith("Ana has this chat now")

    silent = len(mei.texts)
    mei.says("is the box food safe?")
    await group.until(lambda chat: any("is the box food safe?" in text for text in chat.texts))
    ana.says("Yes, it is. Certificate follows by mail.", reply_to=group.last)
    await mei.until(lambda chat: len(chat.texts) > silent)
    assert mei.texts[silent:] == ["Yes, it is. Certificate follows by mail."]

    assert (await ana.taps(asked, "Hand back (Ana)").answered())["text"] == "The desk answers this chat again."
    answer = await mei.answer(mei.says("3 pkt straw"))
    assert answer.text != ""
    assert mei.texts[silent] == "Yes, it is. Certificate follows by mail."
    assert server.refused == []
