"""Conversations on Telegram, by long polling: what a person does in, what their screen shows out."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest_asyncio

from bot.app import Overrides
from bot.storage.tables import chats, orders
from tests.sandbox.sample import Shop, StoppedClock, open_shop, sample_settings, until
from tests.sandbox.telegram_server import PrivateChat, Shown, TelegramServer

MEI, GROUP = 700001, -1001000000007


@dataclass
class Scene:
    """A desk on Telegram, and Mei who orders for Pasir Ris."""

    telegram: TelegramServer
    shop: Shop
    mei: PrivateChat

    async def quiet(self) -> None:
        """Wait until everything is taken, answered and sent."""

        async def settled() -> bool:
            return not self.telegram.updates.pending and await self.shop.idle()

        await until(settled)

    async def after(self, act: Callable[..., Any], *words: Any, **more: Any) -> list[Shown]:
        """Have somebody do something; the bot's messages on Mei's screen when all is done."""
        act(*words, **more)
        await self.telegram.settled()
        await self.quiet()
        return self.on_screen

    @property
    def on_screen(self) -> list[Shown]:
        return [message for message in self.mei.from_bot if not message.deleted]

    @property
    def cards(self) -> list[Shown]:
        """The messages that show a draft."""
        return [m for m in self.on_screen if "Your order:" in m.text or "Your order so far:" in m.text]


@pytest_asyncio.fixture
async def scene(sample_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    async with TelegramServer() as telegram:
        settings = sample_settings(
            sample_url,
            tmp_path,
            burst_seconds=0.05,
            telegram_api_url=telegram.url,
            telegram_bot_token=telegram.token,
        )
        async with open_shop(settings, Overrides(clock=StoppedClock("2026-11-23T09:30"))) as shop:
            await shop.store.link(f"telegram:{MEI}", "CPZ-PSR")
            yield Scene(telegram, shop, telegram.chat(MEI, "Mei"))


async def test_the_draft_is_one_message_that_taps_edit_in_place(scene: Scene) -> None:
    [first] = await scene.after(scene.mei.says, "2 bundles plain 12in pizza box")
    await scene.after(scene.mei.taps, first, "Tue 24 Nov")
    assert [m.message_id for m in scene.on_screen] == [first.message_id]
    assert "S$69.76" in first.text
    await scene.after(scene.mei.says, "and 3 pkt white paper straw 6mm")
    [card] = scene.cards
    assert card.message_id != first.message_id
    assert card.message_id == scene.mei.last.message_id
    await scene.after(scene.mei.taps, card, "Confirm")
    assert scene.cards == []
    assert "is confirmed. Thank you!" in card.text
    assert [m.titles for m in scene.on_screen if m.titles] == []
    assert len(await scene.shop.rows(orders)) == 1


async def test_a_double_tap_orders_once_and_says_so_once(scene: Scene) -> None:
    [card] = await scene.after(scene.mei.says, "2 bundles plain 12in pizza box, tmr")
    confirm = (
        card.buttons[0][0]["callback_data"] if isinstance(card.buttons[0], list) else card.buttons[0]["callback_data"]
    )
    scene.mei.taps(card, "Confirm")
    scene.mei.taps(card, data=confirm)
    await scene.telegram.settled()
    await scene.quiet()
    assert len(await scene.shop.rows(orders)) == 1
    assert ["confirmed" in m.text for m in scene.on_screen] == [True]


async def test_the_draft_follows_an_edited_message_until_it_is_confirmed(scene: Scene) -> None:
    said = scene.mei.says("2 bundles plain 12in pizza box, tmr")
    await scene.telegram.settled()
    await scene.quiet()
    await scene.after(scene.mei.edits, said, "3 bundles plain 12in pizza box, tmr")
    [card] = scene.cards
    assert "3 bundles Pizza Box 12in (150 pcs)" in card.text
    await scene.after(scene.mei.taps, card, "Confirm")
    await scene.after(scene.mei.edits, said, "4 bundles plain 12in pizza box, tmr")
    [order] = await scene.shop.rows(orders)
    assert (order.status, order.version) == ("confirmed", 1)
    assert "already confirmed" in scene.mei.last.text


async def test_an_invite_link_brings_a_stranger_in_at_once(scene: Scene) -> None:
    code = await scene.shop.store.add_invite("CPZ-TMP")
    stranger = scene.telegram.chat(700009, "Ravi")
    stranger.starts(code)
    await scene.telegram.settled()
    await scene.quiet()
    assert "Canadian Pizza Tampines" in stranger.last.text
    stranger.says("2 bundles plain 12in pizza box tmr")
    await scene.telegram.settled()
    await scene.quiet()
    assert "Canadian Pizza Tampines" in stranger.last.text
    assert stranger.last.titles == ["Confirm"]


async def test_a_group_is_answered_only_when_the_bot_is_addressed(scene: Scene) -> None:
    group = scene.telegram.group(GROUP, "Kitchen")
    await scene.shop.store.link(f"telegram:{GROUP}", "CPZ-PSR")
    ana = group.member(710002, "Ana")
    ana.says("2 bundles plain 12in pizza box, tmr")
    ana.says("who is on shift?")
    await scene.telegram.settled()
    await scene.quiet()
    assert group.from_bot == []
    ana.says("2 bundles plain 12in pizza box, tmr", mention=True)
    await scene.telegram.settled()
    await scene.quiet()
    assert "2 bundles Pizza Box 12in (100 pcs)" in group.last.text
    assert "Canadian Pizza Pasir Ris" in group.last.text


async def test_who_blocks_the_bot_is_marked_and_heard_again_when_back(scene: Scene) -> None:
    await scene.after(scene.mei.says, "hi")
    scene.mei.blocks()
    await scene.telegram.settled()
    [chat] = await scene.shop.rows(chats)
    assert chat.reach == "blocked"
    scene.mei.unblocks()
    await scene.after(scene.mei.says, "2 bundles plain 12in pizza box")
    assert "Pizza Box 12in" in scene.mei.last.text
    [chat] = await scene.shop.rows(chats)
    assert chat.reach is None
