"""A storm: every webhook three times, shuffled, all at once, from 200 chats to two processes on PostgreSQL."""

import html
import itertools
import re
from typing import Any

import aiohttp
import pytest

from bot.storage.database import Database
from bot.storage.tables import chats, inbox, messages, outbox
from tests.sandbox.processes import Desks, health
from tests.sandbox.sample import rows_of, until
from tests.sandbox.telegram_server import SECRET_HEADER, TelegramServer
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, TwilioServer, forms, storm

PUBLIC = "https://desk.example"
SECRET = "storm-secret"
ON_WHATSAPP, ON_TELEGRAM = 140, 60
SAYS = ("hi", "2 bundles of plain 12in pizza box", "3 packets of 6mm white paper straw", "thanks")

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.timeout(300)]


def environment(twilio: TwilioServer, telegram: TelegramServer) -> dict[str, str]:
    """The settings of a desk on both sandboxes."""
    return {
        "RESUPPLY_PUBLIC_URL": PUBLIC,
        "TWILIO_API_URL": twilio.url,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_WHATSAPP_FROM": SENDER,
        "TELEGRAM_API_URL": telegram.url,
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_MODE": "webhook",
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
    }


async def test_two_hundred_chats_hear_each_answer_once_and_in_order(sample_postgres_url: str, desks: Desks) -> None:
    async with TwilioServer() as twilio, TelegramServer() as telegram, aiohttp.ClientSession() as session:
        telegram.updates.hold()
        settings = environment(twilio, telegram)
        both = [desks.serve(sample_postgres_url, **settings) for _ in range(2)]
        for desk in both:

            async def connected(desk: Any = desk) -> bool:
                said = await health(session, desk)
                return said["telegram"] == said["whatsapp"] == "connected"

            await until(connected)
        urls = [desk.url for desk in both]
        twilio.auto_statuses = ("sent", "delivered")
        twilio.connect(*urls, public_url=PUBLIC)
        on_whatsapp = [forms.text(f"+65912{n:05}", text) for n in range(ON_WHATSAPP) for text in SAYS]
        people = [telegram.chat(700_000 + n, f"Person {n}") for n in range(ON_TELEGRAM)]
        for person, text in itertools.product(people, SAYS):
            person.says(text)
        on_telegram = storm(telegram.updates.held, times=3, seed=1)
        deliveries = await twilio.send_all(storm(on_whatsapp, times=3, seed=2), concurrency=60)
        assert all(delivery.ok for delivery in deliveries)
        for number, update in enumerate(on_telegram):
            url = f"{urls[number % 2]}/webhooks/telegram"
            async with session.post(url, json=update, headers={SECRET_HEADER: SECRET}) as answer:
                assert answer.status == 200, await answer.text()

        async def settled() -> bool:
            said = await health(session, both[0])
            return said["inbox_waiting"] == 0 and said["outbox_depth"] == 0

        await until(settled, seconds=180)
        await twilio.settle()
        assert twilio.refusals == []
        await check(sample_postgres_url, twilio, telegram)


async def check(url: str, twilio: TwilioServer, telegram: TelegramServer) -> None:
    """Each message once; each turn whole and in order; each reply at the provider once, in the log's order."""
    database = Database.open(url)
    try:
        here, rows = await rows_of(database, chats), await rows_of(database, inbox)
        log, jobs = await rows_of(database, messages), await rows_of(database, outbox)
    finally:
        await database.close()
    assert len(here) == ON_WHATSAPP + ON_TELEGRAM
    assert {job.state for job in jobs} == {"done"}
    for chat in here:
        mine = sorted((row for row in rows if row.chat_id == chat.id), key=lambda row: row.seq)
        assert sorted(row.payload["text"] for row in mine) == sorted(SAYS)
        assert {row.state for row in mine} == {"answered"}
        turns = [turn for turn, _ in itertools.groupby(row.turn_id for row in mine)]
        assert len(turns) == len(set(turns)), "a turn's messages arrived one after the other"
        said = sorted((row for row in log if row.chat_id == chat.id and row.direction == "out"), key=lambda r: r.seq)
        order = [turn for turn, _ in itertools.groupby(row.turn_id for row in said)]
        assert order == [turn for turn in turns if turn in set(order)]
        assert received(chat, twilio, telegram) == [plain(row.text) for row in said]


def received(chat: Any, twilio: TwilioServer, telegram: TelegramServer) -> list[str]:
    """What the customer got, in the order in which the provider took it."""
    if chat.channel == "whatsapp":
        return [plain(message.body) for message in twilio.sent_to(chat.sender)]
    number = int(chat.sender.removeprefix("telegram:"))
    sent = [call for call in telegram.calls_of("sendMessage") if int(call.params["chat_id"]) == number]
    return [plain(text_of(call.params["text"])) for call in sent]


def text_of(marked_up: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", marked_up))


def plain(text: str) -> str:
    """Words only: how bold is written differs by channel."""
    return text.replace("*", "").strip()
