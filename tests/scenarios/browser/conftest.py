"""A real Chromium and a real server, with the desk of the test's choice."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from bot.web_chat.hub import Hub
from bot.web_chat.ports import WebChatSettings
from bot.web_chat.routes import setup
from tests.sandbox.fake_desk import FakeDesk

CHROMIUM = os.environ.get("RESUPPLY_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these tests, and skip them with the reason where there is no Chromium."""
    here = Path(__file__).parent
    missing = not Path(CHROMIUM).exists()
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"no Chromium at {CHROMIUM} (RESUPPLY_TEST_CHROMIUM)"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        await browser.close()


@dataclass
class Server:
    """A running server: its address and the desk behind it."""

    url: str
    desk: FakeDesk
    hub: Hub
    runner: web.AppRunner

    def drop_connections(self) -> None:
        """Cut every browser off; they may connect again at once."""
        assert self.runner.server is not None
        for connection in self.runner.server.connections:
            connection.force_close()


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[Server]:
    desk, hub, app = FakeDesk(), Hub(), web.Application()
    desk.notify = hub.notify
    settings = WebChatSettings(demo=True, supplier="Merlion Packaging", poll_seconds=0.3)
    setup(app, desk, settings, log=desk, invoices=desk, hub=hub, live=desk.live)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Server(f"http://127.0.0.1:{runner.addresses[0][1]}", desk, hub, runner)
    await runner.cleanup()
    await desk.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, timezone_id="Asia/Singapore", locale="en-SG"
    )
    context.set_default_timeout(8_000)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, server: Server) -> AsyncIterator[Page]:
    """The chat, open; the test fails on any script error or breach of the content security policy."""
    page = await open_chat(context, server.url)
    problems = watch(page)
    yield page
    assert problems == []


async def open_chat(context: BrowserContext, url: str) -> Page:
    page = await context.new_page()
    await page.goto(url)
    await page.get_by_role("status").filter(has_text="online").wait_for()
    return page


def watch(page: Page) -> list[str]:
    """The page's errors, collected as they come."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: problems.append(message.text) if "Content Security" in message.text else None,
    )
    return problems
