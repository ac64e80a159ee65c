"""A reply shows while it is written, and gives way to its message without a trace."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from core.errors import LeaseLost
from core.ports import Live
from tests.sandbox.fake_desk import NASTY
from tests.scenarios.browser.conftest import Server, open_chat
from tests.scenarios.browser.talking import bubbles, expect_reply, say

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTION = "when do you close? On weekdays. And at noon on Saturday. Not on Sunday."
BEGINNING = "You said: when do you close? "
# Counts, after every change of the page, how many bubbles show the reply: as it is written and as a message.
COUNT_BUBBLES = """() => {
  window.seen = [];
  const shows = (node) => node.checkVisibility() && node.textContent.startsWith("You said");
  const count = () => [...document.querySelectorAll("#live-text, #log .theirs .text")].filter(shows).length;
  const everything = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(() => window.seen.push(count())).observe(document.body, everything);
}"""


@dataclass
class Script:
    """What the desk says before its reply is whole: each piece when the test lets it. None loses the turn."""

    pieces: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)

    async def speak(self, live: Live) -> None:
        while piece := await self.pieces.get():
            live(piece)
        if piece is None:
            raise LeaseLost("another process has the chat")

    def say(self, piece: str) -> None:
        self.pieces.put_nowait(piece)

    def lose(self) -> None:
        self.pieces.put_nowait(None)

    def finish(self) -> None:
        """Let the turn be committed."""
        self.pieces.put_nowait("")


@pytest.fixture
def script(server: Server) -> Iterator[Script]:
    made = Script()
    server.desk.speak = made.speak
    yield made
    made.finish()


def written(page: Page) -> Locator:
    """The reply that is being written."""
    return page.locator("#live-text")


async def test_a_reply_grows_and_gives_way_to_its_message(page: Page, script: Script) -> None:
    await say(page, QUESTION)
    await expect(page.locator("#typing")).to_be_visible()
    await expect(written(page)).to_be_hidden()
    script.say(BEGINNING)
    await expect(written(page)).to_have_text(BEGINNING.strip())
    await expect(page.locator("#typing")).to_be_hidden()
    await expect(page.get_by_role("status").filter(has_text="typing")).to_be_visible()
    script.say("*On weekdays*. ")
    await expect(written(page)).to_have_text(f"{BEGINNING}On weekdays.")
    await expect(written(page).locator("strong")).to_have_text("On weekdays")
    script.finish()
    await expect_reply(page, f"You said: {QUESTION}")
    await expect(written(page)).to_be_hidden()
    await expect(page.get_by_role("status").filter(has_text="online")).to_be_visible()
    await expect(bubbles(page)).to_have_text([QUESTION, f"You said: {QUESTION}"])


async def test_the_reply_never_flickers_and_never_stands_there_twice(page: Page, script: Script) -> None:
    await page.evaluate(COUNT_BUBBLES)
    await say(page, QUESTION)
    for piece in (BEGINNING, "On weekdays. ", "And at noon on Saturday. ", "Not on Sunday."):
        script.say(piece)
        await expect(written(page)).to_contain_text(piece.strip())
    script.finish()
    await expect_reply(page, f"You said: {QUESTION}")
    await page.wait_for_timeout(500)
    seen = await page.evaluate("window.seen")
    assert set(seen[seen.index(1) :]) == {1}


async def test_the_message_stands_where_its_words_were_written(page: Page, script: Script) -> None:
    await say(page, QUESTION)
    script.say(f"You said: {QUESTION}\n\n")
    await expect(written(page)).to_have_text(f"You said: {QUESTION}")
    before = await page.locator("#live .bubble").bounding_box()
    script.finish()
    await expect_reply(page, f"You said: {QUESTION}")
    assert await page.locator("#log .theirs .bubble").last.bounding_box() == before


async def test_what_is_written_is_text_and_never_markup(page: Page, script: Script) -> None:
    await say(page, "nasty")
    script.say(NASTY[:20])
    script.say(NASTY[20:])
    await expect(written(page)).to_have_text(NASTY)
    assert await page.evaluate("window.hacked") is None
    assert await page.locator("#live img").count() == 0
    script.finish()
    await expect_reply(page, NASTY)


async def test_a_screen_reader_is_told_the_whole_message_once(page: Page, script: Script) -> None:
    await say(page, QUESTION)
    script.say(BEGINNING)
    await expect(written(page)).to_be_visible()
    live = "(node) => node.closest('[aria-live], [role=log], [role=status], [role=alert]') === null"
    assert await written(page).evaluate(live)
    await expect(page.get_by_role("log")).not_to_contain_text("You said")
    await expect(page.locator("#live .sr")).to_have_text("The desk is writing: ")
    script.finish()
    await expect(page.get_by_role("log")).to_contain_text(f"You said: {QUESTION}")


async def test_the_words_of_a_lost_turn_are_taken_away(page: Page, script: Script) -> None:
    await say(page, QUESTION)
    script.say("Never. ")
    await expect(written(page)).to_have_text("Never.")
    script.lose()
    await expect(written(page)).to_be_hidden()
    await expect(page.locator("#typing")).to_be_visible()
    script.say(BEGINNING)
    await expect(written(page)).to_have_text(BEGINNING.strip())
    script.finish()
    await expect_reply(page, f"You said: {QUESTION}")
    await expect(bubbles(page)).to_have_count(2)


async def test_after_a_reconnect_the_reply_goes_on_from_its_beginning(
    page: Page, server: Server, script: Script
) -> None:
    await say(page, QUESTION)
    script.say(BEGINNING)
    await expect(written(page)).to_have_text(BEGINNING.strip())
    server.drop_connections()
    await expect(page.get_by_role("status").filter(has_text="connecting")).to_be_visible()
    script.say("On weekdays. ")
    await expect(written(page)).to_have_text(f"{BEGINNING}On weekdays.")
    script.say("And at noon")
    await expect(written(page)).to_have_text(f"{BEGINNING}On weekdays. And at noon")
    script.finish()
    await expect_reply(page, f"You said: {QUESTION}")
    await expect(written(page)).to_be_hidden()
    await expect(bubbles(page)).to_have_count(2)


async def test_a_reply_that_was_sent_while_the_line_was_down_stands_there_once(
    page: Page, server: Server, script: Script
) -> None:
    await say(page, QUESTION)
    script.say(BEGINNING)
    await expect(written(page)).to_be_visible()
    server.drop_connections()
    await expect(page.get_by_role("status").filter(has_text="connecting")).to_be_visible()
    script.finish()
    await expect_reply(page, f"You said: {QUESTION}")
    await expect(written(page)).to_be_hidden()
    await expect(bubbles(page)).to_have_count(2)


async def test_another_tab_of_the_chat_sees_the_reply_grow_too(
    page: Page, context: BrowserContext, server: Server, script: Script
) -> None:
    other = await open_chat(context, server.url)
    await say(page, QUESTION)
    script.say(BEGINNING)
    for tab in (page, other):
        await expect(written(tab)).to_have_text(BEGINNING.strip())
    script.finish()
    for tab in (page, other):
        await expect_reply(tab, f"You said: {QUESTION}")
        await expect(written(tab)).to_be_hidden()


async def test_a_new_chat_does_not_show_the_old_one_s_reply(page: Page, script: Script) -> None:
    await say(page, QUESTION)
    script.say(BEGINNING)
    await expect(written(page)).to_be_visible()
    await page.get_by_role("button", name="New chat").click()
    await expect(written(page)).to_be_hidden()
    script.say("On weekdays.")
    await page.wait_for_timeout(300)
    await expect(written(page)).to_be_hidden()
    await expect(bubbles(page)).to_have_count(0)


async def test_the_chat_stays_at_its_end_while_a_long_reply_grows(page: Page, script: Script) -> None:
    await say(page, QUESTION)
    for n in range(30):
        script.say(f"Sentence number {n} of a long answer.\n")
    await expect(written(page)).to_contain_text("number 29")
    gap = "(box) => box.scrollHeight - box.scrollTop - box.clientHeight"
    assert await page.locator("#scroller").evaluate(gap) < 5
    script.finish()
