"""Takes the pictures of the browser chat: `python -m tests.scenarios.browser.screenshot URL [FOLDER]`.

URL is a running demo (`make demo`). The README's picture is `docs/images/web-chat.png`. The page carries no
font: in a bare container install one (fonts-inter) and name it for `system-ui` in a FONTCONFIG_FILE first.
"""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Page, async_playwright

from tests.scenarios.browser.conftest import CHROMIUM, FLAGS
from tests.scenarios.browser.talking import say

ORDER = "Morning boss 😊 4 bundles 12in plain pizza box n 3 pkt 6mm paper straw pls, tuesday morning"
QUESTION = "btw can refund if the boxes come damaged?"
SIZES = {"web-chat": (1280, 940), "web-chat-phone": (390, 844)}


async def talk(page: Page) -> None:
    """A short conversation that leaves a draft ready to confirm: which straw is a tap."""
    await page.get_by_role("button", name="New chat").click()
    await say(page, ORDER)
    await answered(page)
    await page.locator(".choices button:enabled").first.click()
    await answered(page)
    await say(page, QUESTION)
    await answered(page)
    await page.mouse.move(0, 0)
    await page.wait_for_timeout(2_500)


async def answered(page: Page) -> None:
    """Wait until the desk has answered everything."""
    await page.wait_for_timeout(300)
    await page.locator(".mark:not(.answered)").first.wait_for(state="detached", timeout=15_000)
    await page.wait_for_timeout(300)


async def take(url: str, folder: Path) -> None:
    """Every size, light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        for name, (width, height) in SIZES.items():
            for scheme, suffix in (("light", ""), ("dark", "-dark")):
                page = await browser.new_page(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if scheme == "dark" else "light",
                    device_scale_factor=1.5,
                    timezone_id="Asia/Singapore",
                    locale="en-SG",
                )
                await page.goto(url)
                await page.get_by_role("status").filter(has_text="online").wait_for()
                await talk(page)
                await page.screenshot(path=folder / f"{name}{suffix}.png")
                await page.close()
        await browser.close()


if __name__ == "__main__":
    asyncio.run(take(sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else "docs/images")))
