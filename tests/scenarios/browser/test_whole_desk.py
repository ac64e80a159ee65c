"""The browser chat on the real desk: storage, engine, ledger and sample data, through `build_app`."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import BrowserContext, Page, expect

import bot.sample
from bot.app import PROGRAM, Overrides, build_app
from bot.importing.files import ImportKind, import_file
from bot.settings import Settings
from bot.storage.migrate import migrate
from bot.storage.store import SqlStore
from tests.scenarios.browser.conftest import open_chat, watch
from tests.scenarios.browser.talking import bubbles, say

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAMPLE = Path(next(iter(bot.sample.__path__)))
SINGAPORE = ZoneInfo("Asia/Singapore")
FRIDAY = datetime(2026, 11, 20, 9, 30, tzinfo=SINGAPORE)


class WalkingClock:
    """Starts on a Friday morning, before every cut-off, and walks with the real one."""

    def __init__(self) -> None:
        self._started = datetime.now(SINGAPORE)

    def now(self) -> datetime:
        return FRIDAY + (datetime.now(SINGAPORE) - self._started)


@pytest_asyncio.fixture(loop_scope="session")
async def url(tmp_path: Path) -> AsyncIterator[str]:
    settings = Settings(data_dir=tmp_path, demo=True, supplier_name="Merlion Packaging", burst_seconds=0.1)
    await migrate(settings.database)
    app = build_app(settings, Overrides(clock=WalkingClock()))
    store = app[PROGRAM].store
    assert isinstance(store, SqlStore)
    for kind in (ImportKind.ZONES, ImportKind.CATALOGUE, ImportKind.OUTLETS, ImportKind.PRICES):
        await import_file(kind, SAMPLE / f"{kind}.csv", store)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="session")
async def chat(context: BrowserContext, url: str) -> AsyncIterator[Page]:
    page = await open_chat(context, url)
    problems = watch(page)
    yield page
    assert problems == []


async def ask(page: Page, text: str) -> None:
    """Write a message and wait until it has been answered."""
    await say(page, text)
    await expect(page.locator("#log .mine").last.locator(".mark.answered")).to_be_visible()


async def test_the_dialogue_that_must_work_ends_in_one_order_and_one_invoice(chat: Page, url: str) -> None:
    order = chat.get_by_label("Your order")
    await ask(chat, "I want to order 100 12-inch pizza boxes")
    if await chat.locator(".choices button:enabled").count():
        await chat.locator(".choices button:enabled").first.click()
    await expect(order).to_contain_text("2 bundles")
    await ask(chat, "Deliver on Tuesday morning")
    await expect(order).to_contain_text("Tuesday, 24 November 2026")
    await expect(order).to_contain_text("S$69.76")
    await ask(chat, "confirm")
    await expect(order).to_contain_text("Confirmed")
    await expect(order).to_contain_text("Invoice INV-")
    await expect(order.get_by_role("heading", name="Invoice")).to_have_count(1)
    pdf = await chat.request.get(url + str(await order.get_by_role("link").get_attribute("href")))
    assert (pdf.status, (await pdf.body())[:5]) == (200, b"%PDF-")


async def test_the_invoice_that_was_asked_for_is_a_file_in_the_chat(chat: Page, url: str) -> None:
    await ask(chat, "2 bundles 12in plain pizza box, deliver on tuesday")
    await ask(chat, "confirm")
    await expect(chat.get_by_label("Your order")).to_contain_text("Invoice INV-")
    await ask(chat, "can i have the invoice pls")
    file = chat.locator("#log .theirs a.file")
    await expect(file).to_have_count(1)
    await expect(file).to_contain_text(re.compile(r"INV-\d+\.pdf"))
    pdf = await chat.request.get(url + str(await file.get_attribute("href")))
    assert (pdf.status, (await pdf.body())[:5]) == (200, b"%PDF-")


async def test_a_confirmed_order_can_be_opened_again_and_changed(chat: Page) -> None:
    order = chat.get_by_label("Your order")
    await ask(chat, "2 bundles 12in plain pizza box, deliver on tuesday")
    await order.get_by_role("button", name="Confirm order").click()
    await expect(order).to_contain_text("Confirmed")
    await ask(chat, "make the pizza box 4")
    await expect(order).to_contain_text("Being changed")
    await order.get_by_role("button", name="Confirm the change").click()
    await expect(order).to_contain_text("Confirmed")
    await expect(order.locator(".invoice-total")).to_have_text("S$139.52")


async def test_an_unknown_sender_is_asked_for_the_outlet(chat: Page) -> None:
    await chat.get_by_role("button", name="Writing as").click()
    await chat.get_by_role("button", name="Unknown sender").click()
    await ask(chat, "2 bundles 12in plain pizza box")
    await ask(chat, "My outlet is Canadian Pizza Pasir Ris")
    await expect(chat.get_by_label("Your order")).to_contain_text("Canadian Pizza Pasir Ris")


async def test_a_reload_and_a_second_tab_show_the_same_chat_once(chat: Page, context: BrowserContext, url: str) -> None:
    await ask(chat, "3 bundles 10in plain pizza box")
    await ask(chat, "make the pizza box 4")
    await expect(chat.get_by_label("Your order")).to_contain_text("4 bundles")
    texts = await bubbles(chat).all_inner_texts()
    other = await open_chat(context, url)
    await expect(bubbles(other)).to_have_count(len(texts))
    await chat.reload()
    await expect(bubbles(chat)).to_have_count(len(texts))
    await ask(other, "clear the order")
    for tab in (chat, other):
        await expect(tab.get_by_label("Your order")).to_contain_text("Nothing in the order yet")
    assert await bubbles(chat).all_inner_texts() == await bubbles(other).all_inner_texts()


async def test_a_burst_is_answered_together_and_every_message_is_ticked(chat: Page) -> None:
    for text in ("hi", "2 bundles 12in plain pizza box", "and 1 carton"):
        await say(chat, text)
    await expect(chat.locator(".mark.answered")).to_have_count(3)
    await expect(chat.locator("#typing")).to_be_hidden()


async def test_a_person_taking_over_shows(chat: Page) -> None:
    await ask(chat, "I want to talk to a person please")
    await expect(chat.get_by_text("taken over this chat")).to_be_visible()
