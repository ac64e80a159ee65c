"""An answer is seen while it is written, on the whole desk: over the API, in the browser, on Telegram.

On WhatsApp, which has nothing of the kind, the customer sees that the desk is typing.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import StreamReader

from bot.app import Overrides
from core.domain.messages import Source
from core.ports import Finding, Inquiry, Live, ModelTurn
from tests.sandbox.sample import PASIR_RIS, Shop, StoppedClock, open_shop, sample_settings, until
from tests.sandbox.telegram_server import PrivateChat, TelegramServer
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, TwilioServer, forms

MEI, GROUP = 700001, -1001000000007
QUESTION = "do you give refunds for damaged goods?"
PIECES = ("Yes. ", "Tell us within *24 hours*, ", "with a photo.")
ANSWER = "".join(PIECES)


@dataclass
class Writer:
    """Knowledge that writes one answer, a piece whenever it is let. `watched` counts the answers that somebody saw."""

    go: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    watched: int = 0

    async def answer(self, inquiry: Inquiry, model: ModelTurn | None = None, live: Live | None = None) -> Finding:
        self.watched += live is not None
        for piece in PIECES:
            await self.go.get()
            if live is not None:
                live(piece)
        await self.go.get()
        return Finding(ANSWER, (Source("refund-policy.md", "Damaged goods", 0.9),))

    def write(self, pieces: int = 1) -> None:
        for _ in range(pieces):
            self.go.put_nowait(None)

    def finish(self) -> None:
        self.write(len(PIECES) + 1)


@dataclass
class Scene:
    """A desk on Telegram and in the browser, whose documents hold one answer."""

    writer: Writer
    telegram: TelegramServer
    shop: Shop
    mei: PrivateChat


@pytest.fixture
async def scene(sample_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    writer = Writer()
    async with TelegramServer() as telegram:
        settings = sample_settings(
            sample_url,
            tmp_path,
            demo=True,
            burst_seconds=0.05,
            telegram_api_url=telegram.url,
            telegram_bot_token=telegram.token,
        )
        overrides = Overrides(clock=StoppedClock("2026-11-23T09:30"), knowledge=writer)
        async with open_shop(settings, overrides) as shop:
            await shop.store.link(f"telegram:{MEI}", "CPZ-PSR")
            yield Scene(writer, telegram, shop, telegram.chat(MEI, "Mei"))
            writer.finish()


async def event(content: StreamReader) -> tuple[str, Any]:
    """The next server-sent event."""
    fields: dict[str, str] = {}
    async with asyncio.timeout(20):
        while "data" not in fields:
            name, _, value = (await content.readline()).decode().rstrip("\n").partition(": ")
            fields[name] = value
    return fields["event"], json.loads(fields["data"])


def asked(question: str = QUESTION) -> dict[str, Any]:
    """A request of the chat API's."""
    body = {"message": question, "user_id": PASIR_RIS, "session_id": "s"}
    return {"json": body, "headers": {"Accept": "text/event-stream"}}


async def test_over_the_api_an_answer_is_read_while_it_is_written(scene: Scene) -> None:
    scene.writer.write()
    async with scene.shop.session.post(f"{scene.shop.url}/api/chatbot", **asked()) as response:
        assert await event(response.content) == ("delta", {"text": PIECES[0]})
        scene.writer.write()
        assert await event(response.content) == ("delta", {"text": PIECES[1]})
        scene.writer.finish()
        said, name, data = ANSWER[: -len(PIECES[2])], "", {}
        while name != "turn":
            name, data = await event(response.content)
            said += data.get("text", "")
    assert said == data["reply"]
    assert said.startswith(f"{ANSWER}\n(")
    assert data["sources"][0]["document"] == "refund-policy.md"


async def test_a_question_beside_an_order_is_answered_with_it_and_not_before(scene: Scene) -> None:
    scene.writer.finish()
    message = f"2 bundles plain 12in pizza box, tmr. {QUESTION}"
    async with scene.shop.session.post(f"{scene.shop.url}/api/chatbot", **asked(message)) as response:
        name, data = await event(response.content)
        said = data["text"]
        while name != "turn":
            name, data = await event(response.content)
            said += data.get("text", "")
    assert scene.writer.watched == 0
    assert said == data["reply"]
    assert ANSWER in said
    assert data["order"]["lines"][0]["quantity"] == 2


async def test_who_asks_for_json_has_nobody_to_write_to(scene: Scene) -> None:
    scene.writer.finish()
    body = await scene.shop.customer(PASIR_RIS).say(QUESTION)
    assert body["reply"].startswith(ANSWER)
    assert scene.writer.watched == 0


async def test_the_browser_s_stream_has_the_words_and_then_the_message(scene: Scene) -> None:
    chat = {"as": PASIR_RIS, "session": str(uuid4())}
    message = {**chat, "id": str(uuid4()), "text": QUESTION}
    async with scene.shop.session.get(f"{scene.shop.url}/web/events", params=chat) as stream:
        while (await event(stream.content))[0] != "over":
            pass
        async with scene.shop.session.post(f"{scene.shop.url}/web/messages", json=message) as response:
            assert response.status == 200
        scene.writer.write()
        name, data = "", {}
        while name != "delta":
            name, data = await event(stream.content)
        assert (data["text"], data["start"]) == (PIECES[0], True)
        turn = data["turn"]
        scene.writer.finish()
        while data.get("direction") != "out":
            name, data = await event(stream.content)
        assert data["turn"] == turn
        assert data["text"].startswith(ANSWER)
        while name != "over":
            name, data = await event(stream.content)


async def test_on_telegram_a_draft_grows_until_the_message_is_there(scene: Scene) -> None:
    scene.mei.says(QUESTION)
    for n, piece in enumerate(PIECES[:2], 1):
        scene.writer.write()
        await scene.mei.until(lambda chat, n=n: len(chat.draft_log) == n)
        assert scene.mei.draft_log[-1][1].endswith(piece.strip().replace("*", ""))
    assert len(scene.mei.drafts) == 1
    assert scene.mei.texts == []
    scene.writer.finish()
    await scene.mei.until(lambda chat: chat.from_bot)
    assert scene.mei.last.text.startswith("Yes. Tell us within 24 hours, with a photo.")
    assert scene.mei.last.bold == ["24 hours"]
    assert scene.mei.drafts == {}


async def test_a_group_waits_for_the_message(scene: Scene) -> None:
    await scene.shop.store.link(f"telegram:{GROUP}", "CPZ-PSR")
    group = scene.telegram.group(GROUP, "Kitchen")
    ana = group.member(710002, "Ana")
    scene.writer.finish()
    ana.says(QUESTION, mention=True)
    await group.until(lambda chat: chat.from_bot)
    assert scene.writer.watched == 0
    assert group.draft_log == []


async def test_on_whatsapp_the_desk_types_while_it_reads(sample_url: str, tmp_path: Path) -> None:
    writer, public = Writer(), "https://desk.example"
    async with TwilioServer() as twilio:
        settings = sample_settings(
            sample_url,
            tmp_path,
            burst_seconds=0.05,
            public_url=public,
            twilio_api_url=twilio.url,
            twilio_account_sid=ACCOUNT_SID,
            twilio_auth_token=AUTH_TOKEN,
            twilio_whatsapp_from=SENDER,
        )
        overrides = Overrides(clock=StoppedClock("2026-11-23T09:30"), knowledge=writer)
        async with open_shop(settings, overrides) as shop:
            twilio.connect(shop.url, public_url=public)
            form = forms.text(PASIR_RIS, QUESTION)
            assert (await twilio.send(form)).ok

            async def typing() -> bool:
                return twilio.typing == [form["MessageSid"]]

            await until(typing)
            assert twilio.sent_to(PASIR_RIS) == []
            assert writer.watched == 0
            writer.finish()

            async def answered() -> bool:
                return bool(twilio.sent_to(PASIR_RIS))

            await until(answered)
            assert twilio.sent_to(PASIR_RIS)[0].body.startswith(ANSWER)
            assert twilio.count("typing") == 1
