"""What a person does with the page."""

from playwright.async_api import Locator, Page, expect


async def say(page: Page, text: str) -> None:
    """Write a message and send it with Enter."""
    await page.get_by_label("Message", exact=True).fill(text)
    await page.keyboard.press("Enter")


async def tap(page: Page, choice: str) -> None:
    """Tap a choice that can still be tapped."""
    await page.locator(".choices button:enabled").filter(has_text=choice).click()


def bubbles(page: Page) -> Locator:
    """All messages, oldest first."""
    return page.locator("#log .message .text")


async def expect_reply(page: Page, text: str) -> None:
    """The desk's last message has this text."""
    await expect(page.locator("#log .theirs .text").last).to_contain_text(text)


async def draft(page: Page) -> None:
    """Bring the fake desk to a draft that can be confirmed."""
    await say(page, "2 bundles 12in pizza box n 5 pkt straw")
    await tap(page, "Plain 12in")
    await tap(page, "Tue 24 Nov")
    await expect_reply(page, "Shall I confirm?")
