"""The Telegram sandbox: ordered failures, long polling, webhooks, and what the bot is told of."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from telegram.error import BadRequest, Conflict, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.ext import ExtBot

from tests.sandbox.telegram.real_bot import real_bot
from tests.sandbox.telegram_server import SECRET_HEADER, Fault, PrivateChat, TelegramServer, Webhook

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")

MEI = 700001
KITCHEN = -1001000000001


@dataclass
class Receiver:
    """A bot's webhook: keeps what was posted; answers with `statuses` in turn, then 200."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: int = 0
    most_at_once: int = 0

    async def take(self, request: web.Request) -> web.Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.bodies.append(await request.json())
        self.secrets.append(request.headers.get(SECRET_HEADER))
        status = self.statuses.pop(0) if self.statuses else 200
        await self.gate.wait()
        self.at_once -= 1
        return web.Response(status=status)

    @property
    def ids(self) -> list[int]:
        return [body["update_id"] for body in self.bodies]


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as running:
        running.updates.retry_seconds = 0.01
        yield running


@pytest.fixture
async def bot(server: TelegramServer) -> AsyncIterator[ExtBot[None]]:
    async with real_bot(server) as running:
        yield running


@pytest.fixture
def mei(server: TelegramServer) -> PrivateChat:
    return server.chat(MEI, "Mei")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    taker = Receiver()
    taker.gate.set()
    app = web.Application()
    app.router.add_post("/hook", taker.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    taker.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield taker
    taker.gate.set()
    await runner.cleanup()


# -- failures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error", "shown"),
    [
        pytest.param(Fault.too_many(7), RetryAfter, [], id="429"),
        pytest.param(Fault.broken(502), NetworkError, [], id="502"),
        pytest.param(Fault.refuse(500, "Internal Server Error"), NetworkError, [], id="500"),
        pytest.param(Fault.reset(), NetworkError, [], id="reset"),
        pytest.param(Fault.lost(), NetworkError, ["hello"], id="lost"),
        pytest.param(Fault.garbage(), TelegramError, ["hello"], id="garbage"),
    ],
)
async def test_a_failure_is_had_once_and_only_some_leave_the_message_on_the_screen(
    bot: ExtBot[None], server: TelegramServer, mei: PrivateChat, fault: Fault, error: type[Exception], shown: list[str]
) -> None:
    server.faults.next("sendMessage", fault)
    with pytest.raises(error):
        await bot.send_message(MEI, "hello")
    assert mei.texts == shown
    assert [call.accepted for call in server.calls_of("sendMessage")] == [bool(shown)]
    await bot.send_message(MEI, "hello again")
    assert mei.texts == [*shown, "hello again"]


async def test_a_slow_answer_outlasts_the_timeout_but_the_message_is_there(
    bot: ExtBot[None], server: TelegramServer, mei: PrivateChat
) -> None:
    server.faults.next("sendMessage", Fault.slow(30))
    with pytest.raises(TimedOut):
        await bot.send_message(MEI, "hello", read_timeout=0.05)
    assert mei.texts == ["hello"]


async def test_failures_of_a_method_leave_other_methods_alone(
    bot: ExtBot[None], server: TelegramServer, mei: PrivateChat
) -> None:
    server.faults.next("sendMessage", None, Fault.reset())
    await bot.send_message(MEI, "one")
    await bot.send_chat_action(MEI, "typing")
    with pytest.raises(NetworkError):
        await bot.send_message(MEI, "two")


async def test_a_share_fails_alike_for_the_same_seed(server: TelegramServer) -> None:
    runs = []
    for _ in range(2):
        server.faults.clear()
        server.faults.share("*", 0.3, Fault.reset(), Fault.too_many(), seed=11)
        runs.append([fault.kind if fault else "" for fault in (server.faults.take("sendMessage") for _ in range(100))])
        assert server.faults.take("getUpdates") is None
    assert runs[0] == runs[1]
    assert 15 < sum(map(bool, runs[0])) < 45
    assert {"reset", "refuse", ""} == set(runs[0])


async def test_a_download_fails_and_then_works(bot: ExtBot[None], server: TelegramServer, mei: PrivateChat) -> None:
    mei.sends_photo(b"\xff\xd8\xffshelf", caption="this one")
    message = (await bot.get_updates())[0].message
    assert message
    assert [size.width for size in message.photo] == [90, 320, 1280]
    file = await message.photo[-1].get_file()
    server.faults.next("file", Fault.broken(502))
    with pytest.raises(NetworkError):
        await file.download_as_bytearray()
    assert bytes(await file.download_as_bytearray()) == b"\xff\xd8\xffshelf"


async def test_a_file_over_20_mb_cannot_be_fetched(bot: ExtBot[None], server: TelegramServer) -> None:
    big = server.keep_file(b"", "documents", "zip", size=21 * 1024 * 1024)
    with pytest.raises(BadRequest, match="File is too big"):
        await bot.get_file(big["file_id"])


async def test_after_an_outage_it_is_back_at_the_same_address(
    bot: ExtBot[None], server: TelegramServer, mei: PrivateChat, receiver: Receiver
) -> None:
    await bot.set_webhook(receiver.url)
    await server.stop()
    mei.says("is it down?")
    with pytest.raises(NetworkError):
        await bot.send_message(MEI, "hello")
    await server.start()
    await bot.send_message(MEI, "hello again")
    await server.settled()
    assert mei.texts == ["hello again"]
    assert [body["message"]["text"] for body in receiver.bodies] == ["is it down?"]


# -- polling -------------------------------------------------------------------------------------------------------


async def test_an_offset_confirms_all_before_it(bot: ExtBot[None], server: TelegramServer, mei: PrivateChat) -> None:
    for text in ("one", "two", "three"):
        mei.says(text)
    first, second = await bot.get_updates(limit=2)
    assert [update.update_id for update in await bot.get_updates(limit=2)] == [first.update_id, second.update_id]
    (third,) = await bot.get_updates(offset=second.update_id + 1)
    assert third.message
    assert third.message.text == "three"
    with pytest.raises(TimeoutError, match=str(third.update_id)):
        await server.settled(0.01)
    assert await bot.get_updates(offset=third.update_id + 1) == ()
    await server.settled()


async def test_a_negative_offset_keeps_the_last_ones(bot: ExtBot[None], mei: PrivateChat) -> None:
    for text in ("one", "two", "three"):
        mei.says(text)
    (last,) = await bot.get_updates(offset=-1)
    assert last.message
    assert last.message.text == "three"


async def test_a_long_poll_waits_for_the_next_update(
    bot: ExtBot[None], server: TelegramServer, mei: PrivateChat
) -> None:
    waiting = asyncio.create_task(bot.get_updates(timeout=30))
    await polled(server)
    mei.says("hello")
    (update,) = await waiting
    assert update.message
    assert update.message.text == "hello"


async def polled(server: TelegramServer) -> None:
    """Returns when a getUpdates is waiting."""
    while server.updates._poll is None:
        await asyncio.sleep(0.001)


async def test_a_second_poll_ends_the_first(bot: ExtBot[None], server: TelegramServer, mei: PrivateChat) -> None:
    waiting = asyncio.create_task(bot.get_updates(timeout=30))
    await polled(server)
    async with real_bot(server) as other:
        assert await other.get_updates() == ()
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await waiting


async def test_polling_and_a_webhook_exclude_each_other(bot: ExtBot[None], server: TelegramServer) -> None:
    waiting = asyncio.create_task(bot.get_updates(timeout=30))
    await polled(server)
    await bot.set_webhook("http://127.0.0.1:9/hook")
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await waiting
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_reactions_come_only_when_asked_for(bot: ExtBot[None], server: TelegramServer, mei: PrivateChat) -> None:
    hello = mei.says("hello")
    mei.reacts(hello, "👍")
    assert len(await bot.get_updates(allowed_updates=["message", "message_reaction"])) == 1
    assert len(server.updates.withheld) == 1
    mei.reacts(hello)
    mei.edits(hello, "hello there")  # a kind that was not asked for
    _, reaction = await bot.get_updates()  # without the parameter, what was asked for before still holds
    assert reaction.message_reaction
    assert (len(reaction.message_reaction.old_reaction), reaction.message_reaction.new_reaction) == (1, ())
    with pytest.raises(BadRequest, match="unknown update type"):
        await bot.get_updates(allowed_updates=["messages"])


# -- webhooks ------------------------------------------------------------------------------------------------------


async def test_updates_are_posted_with_the_secret(
    bot: ExtBot[None], server: TelegramServer, mei: PrivateChat, receiver: Receiver
) -> None:
    mei.says("before the webhook")
    await bot.set_webhook(receiver.url, secret_token="s3cret_-", max_connections=3)
    mei.says("after it")
    await server.settled()
    assert [body["message"]["text"] for body in receiver.bodies] == ["before the webhook", "after it"]
    assert set(receiver.secrets) == {"s3cret_-"}
    info = await bot.get_webhook_info()
    assert (info.url, info.max_connections, info.pending_update_count) == (receiver.url, 3, 0)


async def test_pending_updates_can_be_dropped(
    bot: ExtBot[None], server: TelegramServer, mei: PrivateChat, receiver: Receiver
) -> None:
    mei.says("old news")
    await bot.set_webhook(receiver.url, drop_pending_updates=True)
    mei.says("news")
    await server.settled()
    assert [body["message"]["text"] for body in receiver.bodies] == ["news"]


async def test_an_update_is_posted_again_until_it_is_taken_and_later_ones_of_the_chat_wait(
    bot: ExtBot[None], server: TelegramServer, mei: PrivateChat, receiver: Receiver
) -> None:
    receiver.statuses = [503, 302, 500]
    await bot.set_webhook(receiver.url)
    first = server.updates.next_id
    mei.says("one")
    mei.says("two")
    await server.settled()
    assert receiver.ids == [first] * 4 + [first + 1]
    info = await bot.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 500"


async def test_chats_are_posted_side_by_side_up_to_the_connections_allowed(
    bot: ExtBot[None], server: TelegramServer, receiver: Receiver
) -> None:
    receiver.gate.clear()
    await bot.set_webhook(receiver.url, max_connections=2)
    for user_id in (700001, 700001, 700002, 700003):
        server.chat(user_id).says("hello")
    while receiver.at_once < 2:
        await asyncio.sleep(0.001)
    assert [body["message"]["chat"]["id"] for body in receiver.bodies] == [700001, 700002]
    receiver.gate.set()
    await server.settled()
    assert (len(receiver.bodies), receiver.most_at_once) == (4, 2)


async def test_held_updates_come_shuffled_twice_and_together(
    server: TelegramServer, mei: PrivateChat, receiver: Receiver
) -> None:
    server.updates.hold()
    for number in range(6):
        mei.says(str(number))
    held = server.updates.held or []
    ids = [update["update_id"] for update in held]
    results = await server.updates.post(held, to=receiver.url, secret="x", copies=2, shuffle=5, together=True)
    assert {result.status for result in results} == {200}
    assert sorted(receiver.ids) == sorted(ids * 2)
    assert [result.update_id for result in results] != ids * 2
    assert set(receiver.secrets) == {"x"}
    receiver.bodies.clear()
    server.updates.set_webhook(Webhook(receiver.url))
    server.updates.release(order=[held[1], held[0], held[1]])
    await server.settled()
    assert receiver.ids == [ids[1], ids[0], ids[1]]


async def test_a_dead_webhook_keeps_its_updates(bot: ExtBot[None], server: TelegramServer, mei: PrivateChat) -> None:
    assert [d.status for d in await server.updates.post([{"update_id": 1}], to="http://127.0.0.1:9/hook")] == [0]
    await bot.set_webhook("http://127.0.0.1:9/hook")
    mei.says("hello")
    with pytest.raises(TimeoutError):
        await server.settled(0.05)
    await bot.delete_webhook()
    assert len(await bot.get_updates()) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"url": "http://example.com/hook"}, "An HTTPS URL must be provided", id="http"),
        pytest.param({"url": "https://example.com:8080/hook"}, "only on ports 80, 88, 443 or 8443", id="port"),
        pytest.param({"secret_token": "no spaces"}, "unallowed characters", id="secret"),
        pytest.param({"secret_token": "x" * 257}, "too long", id="long secret"),
        pytest.param({"max_connections": 101}, "max_connections", id="connections"),
        pytest.param({"allowed_updates": ["everything"]}, "unknown update type", id="kinds"),
    ],
)
async def test_a_wrong_webhook_is_refused(
    bot: ExtBot[None], server: TelegramServer, fields: dict[str, Any], words: str
) -> None:
    server.allow_http_webhooks = False
    with pytest.raises(BadRequest) as refusal:
        await bot.set_webhook(**{"url": "https://example.com:8443/hook", **fields})
    assert words.lower() in str(refusal.value).lower()
    assert server.updates.webhook is None


# -- groups and channels -------------------------------------------------------------------------------------------


async def test_what_a_bot_in_privacy_mode_is_told() -> None:
    async with TelegramServer(privacy=True) as server, real_bot(server) as bot:
        group = server.group(KITCHEN)
        await bot.send_message(KITCHEN, "Confirm?")
        group.says("is the milk in yet?")
        group.member(710002).sends_photo()
        group.says("2 boxes", mention=True)
        group.says("/cart")
        group.says("yes", reply_to=group.last)
        server.chat(MEI).says("anything")
        told = [update.message.text for update in await bot.get_updates() if update.message]
    assert told == ["@resupply_test_bot 2 boxes", "/cart", "yes", "anything"]


async def test_topics_replies_and_senders_as_telegram_sends_them(bot: ExtBot[None], server: TelegramServer) -> None:
    forum = server.group(-1001000000002, topics={7: "PSR"})
    plain = server.group(KITCHEN)
    forum.says("in a topic", topic=7)
    forum.says("in general")
    said = plain.says("milk?")
    plain.says("yes", reply_to=said)
    plain.anonymous_admin().says("as the group")
    plain.linked_channel().says("news", is_automatic_forward=True)
    server.channel(-1001000000009).posts("news")
    updates = await bot.get_updates()
    topic, general, _, reply, anonymous, forwarded = [update.message for update in updates[:6]]
    assert topic
    assert topic.reply_to_message
    assert (topic.message_thread_id, topic.is_topic_message) == (7, True)
    assert topic.reply_to_message.forum_topic_created
    assert general
    assert (general.message_thread_id, general.is_topic_message) == (None, None)
    assert reply
    assert (reply.message_thread_id, reply.is_topic_message) == (said.message_id, None)
    assert anonymous
    assert anonymous.from_user
    assert anonymous.sender_chat
    assert (anonymous.from_user.id, anonymous.sender_chat.id) == (1087968824, KITCHEN)
    assert forwarded
    assert forwarded.is_automatic_forward
    assert updates[6].channel_post
    assert updates[6].channel_post.text == "news"


async def test_everything_else_a_person_sends(bot: ExtBot[None], server: TelegramServer, mei: PrivateChat) -> None:
    mei.sends_voice(duration=3)
    mei.sends_sticker("🔥")
    mei.sends_location()
    mei.sends_contact()
    mei.edits(mei.says("2 boxes"), "3 boxes")
    mei.starts("PSR-7K2M9QXW")
    server.update(
        {
            "poll": {"id": "1", "question": "?", "options": []}
            | dict.fromkeys(
                ("is_closed", "is_anonymous", "allows_multiple_answers", "allows_revoting", "members_only"), False
            )
            | {"total_voter_count": 0, "type": "regular"}
        }
    )
    updates = await bot.get_updates()
    voice, sticker, location, contact, _, edited, start, poll = updates
    assert [update.update_id - voice.update_id for update in updates] == list(range(8))
    kinds = [(update.message and update.message.effective_attachment) for update in (voice, sticker, location, contact)]
    assert [type(kind).__name__ for kind in kinds] == ["Voice", "Sticker", "Location", "Contact"]
    assert edited.edited_message
    assert edited.edited_message.text == "3 boxes"
    assert start.message
    assert start.message.parse_entities(["bot_command"]) == {start.message.entities[0]: "/start"}
    assert poll.poll
