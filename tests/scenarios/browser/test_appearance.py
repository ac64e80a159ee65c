"""The page is safe to look at, fits the screen and can be used without a mouse."""

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.sandbox.fake_desk import NASTY
from tests.scenarios.browser.conftest import Server, open_chat, watch
from tests.scenarios.browser.talking import bubbles, draft, expect_reply, say

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_markup_in_texts_and_product_names_is_shown_and_never_run(page: Page) -> None:
    await say(page, "nasty")
    await expect_reply(page, NASTY)
    await expect(page.locator("#order .name")).to_have_text(NASTY)
    await expect(page.locator(".choices button span")).to_have_text(NASTY)
    await page.locator(".choices button").click()
    await say(page, "3 < 4 <img src=x onerror=window.hacked=1> </script><script>window.hacked=1</script> ok")
    await expect(page.locator("#log .mine .text").last).to_contain_text("3 < 4")
    await page.wait_for_timeout(300)
    assert await page.evaluate("window.hacked") is None
    assert await page.locator("#log img, #order img, #log script").count() == 0


async def test_the_browser_itself_refuses_markup_written_into_the_page(page: Page, server: Server) -> None:
    response = await page.request.get(server.url)
    assert "script-src 'self'" in response.headers["content-security-policy"]
    refused = """() => { try { document.body.innerHTML = "<b>x</b>"; return "" } catch (e) { return e.name } }"""
    assert await page.evaluate(refused) == "TypeError"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* and _italic_", "<strong>bold</strong> and <em>italic</em>"),
        ("2*3 and snake_case_name 4 * 5 * 6", "2*3 and snake_case_name 4 * 5 * 6"),
        ("~no~ *_both_*", "<s>no</s> <strong><em>both</em></strong>"),
        ("`<b>`", "<code>&lt;b&gt;</code>"),
        ("a < b & c", "a &lt; b &amp; c"),
    ],
)
async def test_whatsapp_formatting_becomes_elements(page: Page, text: str, html: str) -> None:
    rendered = """async (text) => {
        const { rich } = await import("/static/js/format.js");
        const box = document.createElement("div");
        box.append(...rich(text));
        return box.innerHTML;
    }"""
    assert await page.evaluate(rendered, text) == html


async def test_shift_enter_starts_a_line_and_the_box_grows(page: Page, server: Server) -> None:
    box = page.get_by_label("Message", exact=True)
    low = await box.evaluate("box => box.offsetHeight")
    await box.press_sequentially("2 boxes")
    await page.keyboard.press("Shift+Enter")
    await box.press_sequentially("3 lids")
    assert await box.evaluate("box => box.offsetHeight") > low
    await page.keyboard.press("Enter")
    await expect_reply(page, "You said")
    assert server.desk.received[0].text == "2 boxes\n3 lids"
    assert await box.evaluate("box => box.offsetHeight") == low


@pytest.mark.parametrize("width", [360, 390, 860, 1280])
async def test_nothing_is_cut_off(context: BrowserContext, server: Server, width: int) -> None:
    page = await open_chat(context, server.url)
    problems = watch(page)
    await page.set_viewport_size({"width": width, "height": 740})
    await draft(page)
    wide = "() => document.documentElement.scrollWidth > innerWidth"
    assert not await page.evaluate(wide)
    for name in ("Send", "New chat"):
        box = await page.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert problems == []


async def test_on_a_phone_the_order_is_a_sheet_behind_its_bar(context: BrowserContext, server: Server) -> None:
    page = await open_chat(context, server.url)
    await page.set_viewport_size({"width": 390, "height": 844})
    order, bar = page.locator("#order"), page.locator("#draft-bar")
    await expect(bar).to_be_hidden()
    await draft(page)
    await expect(bar).to_have_text("Draft · 2 items · S$92.65")
    await expect(order).not_to_be_visible()
    await bar.click()
    await expect(order.get_by_role("button", name="Close the order")).to_be_focused()
    await expect(order).to_contain_text("Tuesday, 24 November 2026")
    await page.keyboard.press("Escape")
    await expect(order).not_to_be_visible()
    await expect(bar).to_be_focused()
    await bar.click()
    await order.get_by_role("button", name="Confirm order").click()
    await expect(bar).to_contain_text("Confirmed SO-1001")


async def test_a_choice_can_be_made_with_the_keyboard(page: Page, server: Server) -> None:
    await say(page, "pizza box")
    await page.get_by_role("button", name="Kraft 12in").wait_for()
    await page.get_by_role("button", name="Kraft 12in").focus()
    await page.keyboard.press("Enter")
    await expect(bubbles(page)).to_have_count(4)
    assert server.desk.received[-1].choice_id == "box-12k"


async def test_a_reader_who_wants_calm_gets_no_animation(browser: Browser, server: Server) -> None:
    context = await browser.new_context(reduced_motion="reduce", color_scheme="dark")
    page = await open_chat(context, server.url)
    server.desk.delay = 1.0
    await say(page, "hello")
    dot = page.locator("#typing i").first
    await expect(dot).to_be_visible()
    assert await dot.evaluate("dot => getComputedStyle(dot).animationIterationCount") == "1"
    await context.close()
