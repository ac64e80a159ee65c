"""No message is lost and none is doubled, whatever the network does."""

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.scenarios.browser.conftest import Server
from tests.scenarios.browser.talking import bubbles, expect_reply, say

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_ticks_tell_how_far_a_message_has_come(page: Page, server: Server) -> None:
    server.desk.delay = 0.8
    await say(page, "hello")
    await expect(bubbles(page)).to_have_text(["hello"])
    await expect(page.get_by_role("img", name="Received by the desk")).to_be_visible()
    await expect(page.locator("#typing")).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text="typing")).to_be_visible()
    await expect_reply(page, "You said: hello")
    await expect(page.get_by_role("img", name="Answered")).to_be_visible()
    await expect(page.locator("#typing")).to_be_hidden()


async def test_messages_written_offline_are_sent_in_order_once_back(
    page: Page, context: BrowserContext, server: Server
) -> None:
    await context.set_offline(True)
    await say(page, "one")
    await say(page, "two")
    await expect(page.get_by_role("button", name="Tap to retry").first).to_be_visible()
    assert server.desk.posts == []
    await context.set_offline(False)
    await expect_reply(page, "You said: two")
    assert [inbound.text for inbound in server.desk.posts] == ["one", "two"]
    await expect(bubbles(page)).to_have_count(4)
    await expect(page.locator(".retry")).to_have_count(0)


async def test_a_message_whose_answer_got_lost_is_sent_again_but_ordered_once(page: Page, server: Server) -> None:
    lost: list[int] = []

    async def deliver_but_lose_the_response(route: Route) -> None:
        if not lost:
            lost.append((await route.fetch()).status)
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route("**/web/messages", deliver_but_lose_the_response)
    await say(page, "2 boxes")
    await expect(page.get_by_role("img", name="Answered")).to_be_visible()
    await expect(page.locator(".retry")).to_have_count(0)
    await page.wait_for_timeout(2_000)
    assert lost == [200]
    assert len(server.desk.posts) == 2
    assert len(server.desk.received) == 1
    await expect(bubbles(page)).to_have_text(["2 boxes", "You said: 2 boxes"])


async def test_a_tap_on_retry_sends_a_failed_message(page: Page, server: Server) -> None:
    await page.route("**/web/messages", lambda route: route.abort())
    await say(page, "hello")
    retry = page.get_by_role("button", name="Tap to retry")
    await retry.wait_for()
    await page.unroute("**/web/messages")
    await retry.click()
    await expect_reply(page, "You said: hello")
    assert len(server.desk.received) == 1


async def test_a_reload_does_not_lose_what_was_not_sent_yet(page: Page, server: Server) -> None:
    await page.route("**/web/messages", lambda route: route.abort())
    await say(page, "remember me")
    await page.get_by_role("button", name="Tap to retry").wait_for()
    await page.unroute("**/web/messages")
    await page.reload()
    await expect_reply(page, "You said: remember me")
    await expect(bubbles(page)).to_have_count(2)
    assert len(server.desk.received) == 1


async def test_a_refused_message_says_why_and_does_not_block_the_next(page: Page) -> None:
    await say(page, "<img src=x>")
    await expect(page.get_by_role("button", name="text is empty")).to_be_visible()
    await say(page, "hello")
    await expect_reply(page, "You said: hello")


async def test_a_turn_that_another_process_took_shows_too(page: Page, server: Server) -> None:
    server.desk.notify = lambda key: None
    await say(page, "hello")
    await expect_reply(page, "You said: hello")


async def test_the_stream_resumes_after_the_connection_was_away(
    page: Page, context: BrowserContext, server: Server
) -> None:
    server.desk.delay = 0.5
    await say(page, "hello")
    await expect(page.get_by_role("img", name="Received by the desk")).to_be_visible()
    await context.set_offline(True)
    await page.wait_for_timeout(900)
    await context.set_offline(False)
    await expect_reply(page, "You said: hello")
    await expect(bubbles(page)).to_have_count(2)
