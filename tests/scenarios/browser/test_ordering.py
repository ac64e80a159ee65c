"""An outlet manager orders in the browser."""

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.scenarios.browser.conftest import Server, open_chat
from tests.scenarios.browser.talking import bubbles, draft, expect_reply, say, tap

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_order_is_drafted_edited_confirmed_and_invoiced(page: Page, server: Server) -> None:
    await draft(page)
    order = page.get_by_label("Your order")
    await expect(order).to_contain_text("Draft")
    await expect(order.locator("[data-sku='Pizza-Box-12in']")).to_contain_text("2 bundles")
    await expect(order).to_contain_text("Tuesday, 24 November 2026")
    await expect(order).to_contain_text("Back door")
    await say(page, "make it 4 please")
    row = order.locator("[data-sku='Pizza-Box-12in']")
    await expect(row).to_contain_text("4 bundles")
    await expect(row).to_contain_text("200 pieces")
    await expect(row).to_contain_text("S$128.00")
    await expect(order.get_by_role("row", name="GST 9%")).to_contain_text("S$13.41")
    await expect(order.get_by_role("row", name="Total", exact=False).last).to_contain_text("S$162.41")
    await order.get_by_role("button", name="Confirm order").click()
    await expect_reply(page, "SO-1001 is confirmed")
    await expect(order).to_contain_text("Confirmed")
    await expect(order).to_contain_text("Invoice INV-1001")
    link = order.get_by_role("link", name="Open PDF")
    pdf = await page.request.get(server.url + str(await link.get_attribute("href")))
    assert (pdf.status, pdf.headers["content-type"]) == (200, "application/pdf")
    assert [inbound.text for inbound in server.desk.received][-1] == "confirm"


async def test_a_double_tap_sends_once(page: Page, server: Server) -> None:
    await say(page, "pizza box")
    choice = page.locator(".choices button").filter(has_text="Plain 12in")
    await choice.wait_for()
    await choice.evaluate("button => { button.click(); button.click(); }")
    await expect_reply(page, "When shall we deliver?")
    assert [inbound.choice_id for inbound in server.desk.posts] == [None, "box-12"]


async def test_a_used_choice_and_an_outdated_one_cannot_be_tapped(page: Page) -> None:
    await say(page, "pizza box")
    await tap(page, "Plain 12in")
    await expect(page.get_by_role("button", name="Plain 12in")).to_be_disabled()
    await expect(page.get_by_role("button", name="Plain 12in")).to_have_class("chosen")
    await expect(page.get_by_role("button", name="Kraft 12in")).to_be_disabled()
    await expect(page.get_by_role("button", name="Tue 24 Nov")).to_be_enabled()
    await say(page, "wait ah")
    await expect(page.get_by_role("button", name="Tue 24 Nov")).to_be_disabled()


async def test_a_reload_keeps_the_chat_and_the_draft(page: Page) -> None:
    await draft(page)
    before = await bubbles(page).all_inner_texts()
    await page.reload()
    await expect(bubbles(page)).to_have_count(len(before))
    assert await bubbles(page).all_inner_texts() == before
    await expect(page.get_by_label("Your order")).to_contain_text("S$92.65")
    await expect(page.locator(".mark.answered")).to_have_count(3)
    await expect(page.get_by_role("button", name="Confirm", exact=True)).to_be_enabled()


async def test_a_new_chat_starts_empty_and_a_sender_sees_only_their_own(page: Page) -> None:
    await say(page, "hello from pasir ris")
    await expect_reply(page, "You said")
    await page.get_by_role("button", name="Writing as").click()
    await page.get_by_role("searchbox").fill("toa pa")
    await page.get_by_role("button", name="Kopi & Kaya Bar Toa Payoh").click()
    await expect(bubbles(page)).to_have_count(0)
    await expect(page.locator("#welcome")).to_be_visible()
    await page.get_by_role("button", name="Writing as").click()
    await page.get_by_role("button", name="Canadian Pizza Pasir Ris").click()
    await expect(bubbles(page)).to_have_count(2)
    await page.get_by_role("button", name="New chat").click()
    await expect(bubbles(page)).to_have_count(0)


async def test_two_tabs_show_each_message_once_and_the_same_draft(
    page: Page, context: BrowserContext, server: Server
) -> None:
    other = await open_chat(context, server.url)
    await draft(page)
    await expect(bubbles(other)).to_have_count(6)
    await say(other, "make it 4")
    await expect_reply(page, "Changed to 4 bundles")
    for tab in (page, other):
        await expect(bubbles(tab)).to_have_count(8)
        await expect(tab.locator("[data-sku='Pizza-Box-12in']")).to_contain_text("4 bundles")
    assert await bubbles(page).all_inner_texts() == await bubbles(other).all_inner_texts()


async def test_an_earlier_message_can_be_quoted(page: Page, server: Server) -> None:
    await say(page, "pizza box")
    await expect_reply(page, "Which box do you mean?")
    question = page.locator("#log .theirs").last
    await question.hover()
    await question.get_by_role("button", name="Reply to this message").click()
    await expect(page.locator("#quote-text")).to_have_text("Which box do you mean?")
    await say(page, "this one, the plain")
    await expect(page.locator("#log .mine blockquote")).to_have_text("Which box do you mean?")
    await expect(page.locator("#quote")).to_be_hidden()
    assert server.desk.received[-1].quoted == "Which box do you mean?"
