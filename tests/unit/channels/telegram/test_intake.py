"""How updates come in: registering, polling in order, and what happens when something is away."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from telegram import Update

from channels.telegram import MalformedUpdate, TelegramChannel, secret_matches
from channels.telegram.inbound import ALLOWED_UPDATES
from tests.sandbox.sent_log import MemorySentLog
from tests.sandbox.telegram.faults import Fault
from tests.sandbox.telegram_server import TelegramServer
from tests.unit.channels.telegram.builders import MEI
from tests.unit.channels.telegram.conftest import QUICK, until


class Handler:
    """Takes updates and keeps their texts; the next ones fail as told."""

    def __init__(self, *failures: BaseException) -> None:
        self.failures = list(failures)
        self.texts: list[str] = []
        self.asked = 0

    async def __call__(self, update: Update) -> None:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        if update.message is not None:
            self.texts.append(update.message.text or "")


@pytest.fixture
async def webhook(server: TelegramServer) -> AsyncIterator[TelegramChannel]:
    made = TelegramChannel(
        server.token,
        "webhook",
        MemorySentLog(),
        api_url=f"{server.url}/",
        public_url="http://127.0.0.1:1/desk/",
        webhook_secret="a-secret_1",
        timeout=1.0,
        pauses=QUICK,
    )
    yield made
    await made.stop()


async def started(channel: TelegramChannel, handler: Handler) -> None:
    channel.handle = handler
    await channel.start()
    await until(lambda: channel.state == "connected")


# Registering ---------------------------------------------------------------------------------------------


async def test_a_webhook_is_registered_with_its_secret_and_kinds(
    server: TelegramServer, webhook: TelegramChannel
) -> None:
    await webhook.start()
    await until(lambda: webhook.state == "connected")

    (call,) = server.calls_of("setWebhook")
    assert call.params["url"] == "http://127.0.0.1:1/desk/webhooks/telegram"
    assert call.params["secret_token"] == "a-secret_1"
    assert call.params["max_connections"] == 40
    assert set(ALLOWED_UPDATES) == set(call.params["allowed_updates"])
    assert {"message_reaction", "my_chat_member"} <= set(ALLOWED_UPDATES)
    assert server.calls_of("getUpdates") == []


async def test_the_commands_are_registered_for_private_chats_and_groups(
    server: TelegramServer, webhook: TelegramChannel
) -> None:
    await webhook.start()
    await until(lambda: webhook.state == "connected")

    calls = server.calls_of("setMyCommands")
    assert [call.params["scope"]["type"] for call in calls] == ["all_private_chats", "all_group_chats"]
    names = {command["command"] for command in calls[0].params["commands"]}
    assert names == {"order", "cart", "usual", "status", "menu", "cancel", "outlet", "agent", "help"}


async def test_the_bot_learns_its_name(server: TelegramServer, webhook: TelegramChannel) -> None:
    assert (webhook.me.id, webhook.me.username) == (server.bot["id"], "")

    await webhook.start()
    await until(lambda: webhook.state == "connected")

    assert webhook.me.username == "resupply_test_bot"


async def test_polling_takes_the_webhook_away_and_keeps_what_waits(
    server: TelegramServer, webhook: TelegramChannel, channel: TelegramChannel
) -> None:
    await webhook.start()
    await until(lambda: webhook.state == "connected")
    server.chat(MEI).says("while you were away")
    handler = Handler()

    await started(channel, handler)
    await until(lambda: handler.texts)

    assert handler.texts == ["while you were away"]
    assert not server.calls_of("deleteWebhook")[0].params.get("drop_pending_updates")


def test_a_webhook_needs_an_address() -> None:
    with pytest.raises(ValueError, match="public URL"):
        TelegramChannel("1:a", "webhook", MemorySentLog())


@pytest.mark.parametrize("method", ["getMe", "setMyCommands", "deleteWebhook"])
async def test_start_is_tried_until_telegram_is_there(
    server: TelegramServer, channel: TelegramChannel, method: str
) -> None:
    server.faults.next(method, Fault.broken(), Fault.reset(), Fault.refuse(401, "Unauthorized"))

    await started(channel, Handler())

    assert len(server.calls_of(method)) >= 4


async def test_the_desk_starts_with_telegram_away() -> None:
    channel = TelegramChannel("1:a", "polling", MemorySentLog(), api_url="http://127.0.0.1:9", pauses=QUICK)
    channel.handle = Handler()

    await channel.start()
    await until(lambda: channel.state == "degraded: Telegram cannot be reached (NetworkError)")

    await channel.stop()


async def test_a_wrong_token_is_said(server: TelegramServer) -> None:
    token = "7:" + "a" * 35
    channel = TelegramChannel(token, "polling", MemorySentLog(), api_url=server.url, pauses=QUICK)
    channel.handle = Handler()

    await channel.start()
    await until(lambda: channel.state == "degraded: Telegram does not accept the bot's token")

    await channel.stop()


async def test_polling_without_anybody_to_take_updates_does_not_start(channel: TelegramChannel) -> None:
    with pytest.raises(RuntimeError):
        await channel.start()


def test_before_the_start_the_state_says_so(channel: TelegramChannel) -> None:
    assert channel.state == "starting"


# Polling -------------------------------------------------------------------------------------------------


async def test_updates_are_handed_in_one_after_another_in_order(
    server: TelegramServer, channel: TelegramChannel
) -> None:
    chats = [server.chat(MEI + n) for n in range(5)]
    said = [f"message {n}" for n in range(25)]
    for n, text in enumerate(said):
        chats[n % 5].says(text)
    handler = Handler()

    await started(channel, handler)
    await server.settled()

    assert handler.texts == said


async def test_an_update_is_confirmed_only_after_it_is_taken(server: TelegramServer, channel: TelegramChannel) -> None:
    server.chat(MEI).says("2 boxes")
    taking = asyncio.Event()

    async def never(_update: Update) -> None:
        taking.set()
        await asyncio.Event().wait()

    channel.handle = never
    await channel.start()
    async with asyncio.timeout(10):
        await taking.wait()

    assert len(server.updates.pending) == 1
    assert len(server.calls_of("getUpdates")) == 1
    channel._intake._handling = False  # it will never end: stop without the grace that a commit gets


@pytest.mark.parametrize("outage", [ConnectionError(), TimeoutError(), RuntimeError("pool is closed")])
async def test_an_outage_loses_nothing_and_shows(
    server: TelegramServer, channel: TelegramChannel, outage: Exception
) -> None:
    chat = server.chat(MEI)
    chat.says("first")
    chat.says("second")
    handler = Handler(*[outage] * 9)

    await started(channel, handler)
    await server.settled()

    assert handler.texts == ["first", "second"]


@pytest.mark.parametrize(("fault", "tries"), [(MalformedUpdate("no"), 1), (KeyError("a bug"), 5)])
async def test_an_update_that_can_never_be_handled_does_not_block_the_others(
    server: TelegramServer, channel: TelegramChannel, fault: Exception, tries: int
) -> None:
    chat = server.chat(MEI)
    chat.says("poison")
    chat.says("fine")
    handler = Handler(*[fault] * tries)

    await started(channel, handler)
    await server.settled()

    assert handler.texts == ["fine"]


@pytest.mark.parametrize("nonsense", [{"message": 5}, {"message": {"message_id": 1}}, {"poll": "x"}, {"brand_new": {}}])
async def test_an_update_that_cannot_be_parsed_is_passed_over(
    server: TelegramServer, channel: TelegramChannel, nonsense: dict[str, Any]
) -> None:
    server.update(nonsense)
    server.chat(MEI).says("fine")
    handler = Handler()

    await started(channel, handler)
    await server.settled()

    assert handler.texts == ["fine"]


async def test_network_trouble_while_polling_is_got_over(server: TelegramServer, channel: TelegramChannel) -> None:
    faults = [Fault.broken(), Fault.reset(), Fault.garbage(), Fault.too_many(1)]
    server.faults.next("getUpdates", *faults)
    handler = Handler()
    await started(channel, handler)

    server.chat(MEI).says("2 boxes")
    await until(lambda: handler.texts)

    assert handler.texts == ["2 boxes"]
    assert channel.state == "connected"


async def test_another_poller_is_named_and_waited_for(server: TelegramServer, channel: TelegramChannel) -> None:
    conflict = Fault.refuse(409, "Conflict: terminated by other getUpdates request")
    server.faults.next("getUpdates", *[conflict] * 3)
    states: set[str] = set()
    handler = Handler()
    channel.handle = handler
    await channel.start()

    await until(lambda: states.add(channel.state) or "degraded: another process polls" in states)
    server.chat(MEI).says("2 boxes")
    await until(lambda: handler.texts)

    assert handler.texts == ["2 boxes"]


async def test_stopping_cuts_off_a_waiting_poll(server: TelegramServer, channel: TelegramChannel) -> None:
    await started(channel, Handler())
    await until(lambda: server.calls_of("getUpdates"))

    async with asyncio.timeout(5):  # the poll itself would take 10
        await channel.stop()


async def test_stopping_lets_an_update_in_hand_be_finished(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)
    chat.says("first")
    chat.says("second")
    begun, go_on, done = asyncio.Event(), asyncio.Event(), []

    async def slowly(update: Update) -> None:
        begun.set()
        await go_on.wait()
        done.append(update.update_id)

    channel.handle = slowly
    await channel.start()
    async with asyncio.timeout(10):
        await begun.wait()
        stopping = asyncio.create_task(channel.stop())
        await asyncio.sleep(0)
        go_on.set()
        await stopping

    assert done == [server.updates.made[0]["update_id"]]


async def test_stopping_does_not_wait_for_an_outage_to_end(server: TelegramServer, channel: TelegramChannel) -> None:
    server.chat(MEI).says("2 boxes")
    channel.handle = handler = Handler(*[ConnectionError()] * 10_000)
    await channel.start()
    await until(lambda: channel.state == "degraded: messages cannot be stored")

    await channel.stop()

    assert handler.texts == []
    assert len(server.updates.pending) == 1


# The webhook's secret ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "secret", "right"),
    [
        ("abc", "abc", True),
        ("abd", "abc", False),
        ("", "abc", False),
        (None, "abc", False),
        ("", "", False),
        (None, "", False),
        ("äöü", "abc", False),
        ("\ud800", "abc", False),
    ],
)
def test_only_the_secret_itself_matches(header: str | None, secret: str, right: bool) -> None:
    assert secret_matches(header, secret) is right


@pytest.mark.parametrize(("url", "secret"), [("", "abc"), ("https://desk.example", "")])
def test_a_webhook_needs_an_address_and_a_secret(url: str, secret: str) -> None:
    with pytest.raises(ValueError, match="webhook mode needs"):
        TelegramChannel("1:a", "webhook", MemorySentLog(), public_url=url, webhook_secret=secret)
