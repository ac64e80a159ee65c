"""The Telegram sandbox, asked by the real python-telegram-bot: what it accepts, shows and refuses."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter
from telegram.ext import ExtBot

from tests.sandbox.telegram.real_bot import real_bot
from tests.sandbox.telegram_server import Fault, Group, PrivateChat, TelegramServer, obey

# The library warns whenever it makes a RetryAfter, unless PTB_TIMEDELTA is set.
pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")

MEI = 700001
KITCHEN = -1001000000001
FORUM = -1001000000002
Asking = Callable[[ExtBot[None]], Awaitable[Any]]


def keyboard(*rows: list[tuple[str, str]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(t, callback_data=d) for t, d in row] for row in rows])


CONFIRM = keyboard([("Confirm", "1a2b3c4d:0"), ("Change", "1a2b3c4d:1")], [("Cancel", "1a2b3c4d:2")])


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as running:
        yield running


@pytest.fixture
async def bot(server: TelegramServer) -> AsyncIterator[ExtBot[None]]:
    async with real_bot(server) as running:
        yield running


@pytest.fixture
def mei(server: TelegramServer) -> PrivateChat:
    return server.chat(MEI, "Mei")


@pytest.fixture
def forum(server: TelegramServer) -> Group:
    return server.group(FORUM, "Outlets", topics={7: "PSR"})


# -- what people see -----------------------------------------------------------------------------------------------


async def test_a_message_shows_its_text_without_tags_and_its_keyboard(bot: ExtBot[None], mei: PrivateChat) -> None:
    sent = await bot.send_message(MEI, "<b>Oat &amp; soy</b> 🙂 <i>ok</i>", parse_mode="HTML", reply_markup=CONFIRM)
    assert (mei.last.text, mei.last.bold, mei.last.marked("italic")) == ("Oat & soy 🙂 ok", ["Oat & soy"], ["ok"])
    assert mei.last.keyboard == [["Confirm", "Change"], ["Cancel"]]
    assert sent.message_id == mei.last.message_id
    assert sent.parse_entities()[sent.entities[1]] == "ok"


async def test_links_code_and_quotes_are_marked(bot: ExtBot[None], mei: PrivateChat) -> None:
    html = '<a href="https://example.com/?a=1&amp;b=2">list</a> <pre><code class="language-csv">a,b</code></pre> '
    html += "<blockquote expandable>said &#x2713; &nbsp;</blockquote>"
    sent = await bot.send_message(MEI, html, parse_mode="HTML")
    assert mei.last.text == "list a,b said ✓ &nbsp;"
    assert sent.entities[0].url == "https://example.com/?a=1&b=2"
    assert mei.last.marked("expandable_blockquote") == ["said ✓ &nbsp;"]


async def test_a_draft_edited_in_place_stays_one_message(bot: ExtBot[None], mei: PrivateChat) -> None:
    sent = await bot.send_message(MEI, "2 boxes", reply_markup=CONFIRM)
    await bot.edit_message_text("3 boxes", MEI, sent.message_id, reply_markup=CONFIRM)
    await bot.edit_message_reply_markup(MEI, sent.message_id, reply_markup=None)
    assert mei.texts == ["3 boxes"]
    assert (mei.last.keyboard, mei.last.versions) == ([], ["2 boxes", "3 boxes"])


async def test_an_edit_without_a_keyboard_takes_the_keyboard_away(bot: ExtBot[None], mei: PrivateChat) -> None:
    sent = await bot.send_message(MEI, "2 boxes", reply_markup=CONFIRM)
    await bot.edit_message_text("Confirmed", MEI, sent.message_id)
    assert mei.last.keyboard == []


async def test_a_deleted_message_is_gone_from_the_screen(bot: ExtBot[None], mei: PrivateChat) -> None:
    sent = await bot.send_message(MEI, "oops")
    await sent.delete()
    assert mei.messages == []


async def test_files_go_both_ways(bot: ExtBot[None], mei: PrivateChat) -> None:
    await bot.send_document(MEI, b"sku,qty\n", filename="order.csv", caption="<b>Sheet</b>", parse_mode="HTML")
    assert (mei.last.file, mei.last.text, mei.last.marked("bold")) == (b"sku,qty\n", "Sheet", ["Sheet"])
    await bot.send_photo(MEI, b"\xff\xd8\xff", caption="shelf")
    await bot.send_voice(MEI, b"OggS")
    await bot.send_media_group(MEI, [InputMediaPhoto(b"one"), InputMediaPhoto(b"two", caption="both")])
    assert [message.file for message in mei.from_bot[1:]] == [b"\xff\xd8\xff", b"OggS", b"one", b"two"]
    mei.sends_document("订单.xlsx", b"PK\x03\x04", mime_type="application/zip")
    update = (await bot.get_updates())[0]
    assert update.message
    assert update.message.document
    file = await update.message.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"PK\x03\x04"


async def test_a_file_is_sent_on_by_its_id_as_what_it_was(bot: ExtBot[None], mei: PrivateChat) -> None:
    photo = mei.sends_photo(b"\xff\xd8\xffshelf").wire["photo"][-1]["file_id"]
    sheet = mei.sends_document("order.csv", b"sku,qty").wire["document"]["file_id"]
    await bot.send_photo(MEI, photo)
    await bot.send_document(MEI, sheet, caption="from Mei")
    assert [message.file for message in mei.from_bot] == [b"\xff\xd8\xffshelf", b"sku,qty"]
    with pytest.raises(BadRequest, match="use file of type photo as document"):
        await bot.send_document(MEI, photo)


async def test_typing_drafts_and_reactions_are_visible(bot: ExtBot[None], mei: PrivateChat, forum: Group) -> None:
    said = mei.says("hello")
    await bot.send_chat_action(MEI, "typing")
    await bot.send_chat_action(FORUM, "typing", message_thread_id=7)
    await bot.send_message_draft(MEI, 5, "")
    await bot.send_message_draft(MEI, 5, "<b>Hel</b>", parse_mode="HTML")
    await bot.set_message_reaction(MEI, said.message_id, "👍")
    assert (mei.actions, forum.actions) == ([("typing", None)], [("typing", 7)])
    assert mei.draft_log == [(5, ""), (5, "Hel")]
    assert said.reactions[bot.id][0]["emoji"] == "👍"
    assert mei.from_bot == []


async def test_a_draft_shows_for_thirty_seconds_or_until_the_next_message(
    bot: ExtBot[None], server: TelegramServer, mei: PrivateChat
) -> None:
    await bot.send_message_draft(MEI, 5, "Hel")
    await bot.send_message_draft(MEI, 5, "Hello")
    assert mei.drafts == {5: "Hello"}
    server.passes(30)
    assert mei.drafts == {}
    await bot.send_message_draft(MEI, 6, "Hello")
    await bot.send_message(MEI, "Hello Mei")
    assert (mei.drafts, mei.texts) == ({}, ["Hello Mei"])


async def test_commands_and_chats_can_be_read_back(bot: ExtBot[None], mei: PrivateChat, forum: Group) -> None:
    await bot.set_my_commands([("order", "Start an order"), ("help", "What I can do")])
    assert [command.command for command in await bot.get_my_commands()] == ["order", "help"]
    forum.member(710002, "Ana", status="administrator")
    assert (await bot.get_chat(MEI)).first_name == "Mei"
    assert (await bot.get_chat(FORUM)).is_forum
    assert (await bot.get_chat_member(FORUM, bot.id)).status == "member"


async def test_supergroups_count_their_messages_for_themselves(bot: ExtBot[None], server: TelegramServer) -> None:
    for chat_id in (KITCHEN, FORUM):
        server.group(chat_id)
    numbers = [(await bot.send_message(chat_id, "hi")).message_id for chat_id in (KITCHEN, FORUM)]
    assert numbers[0] == numbers[1]


async def test_answer_finds_the_reply_to_what_was_said(bot: ExtBot[None], mei: PrivateChat) -> None:
    await bot.send_message(MEI, "earlier")
    said = mei.says("hello")
    await bot.send_message(MEI, "Hello Mei", reply_parameters=ReplyParameters(said.message_id))
    answer = await mei.answer(said)
    assert (answer.text, answer.reply_to) == ("Hello Mei", said.message_id)
    with pytest.raises(TimeoutError, match="Hello Mei"):
        await mei.until(lambda chat: len(chat.texts) == 3, timeout=0.02)


# -- taps ----------------------------------------------------------------------------------------------------------


async def test_a_tap_is_answered_once_and_in_time(bot: ExtBot[None], mei: PrivateChat, server: TelegramServer) -> None:
    await bot.send_message(MEI, "Confirm?", reply_markup=CONFIRM)
    tap = mei.taps(mei.last, "Change")
    late = mei.taps(mei.last, "Cancel")
    first, second = await bot.get_updates()
    assert first.callback_query
    assert second.callback_query
    assert first.callback_query.data == tap.data == "1a2b3c4d:1"
    assert isinstance(first.callback_query.message, Message)
    assert first.callback_query.message.text == "Confirm?"
    await first.callback_query.answer("One moment")
    assert await tap.answered() == {"text": "One moment"}
    server.passes(server.callback_seconds + 1)
    for query in (first.callback_query, second.callback_query):
        with pytest.raises(BadRequest, match="Query is too old"):
            await query.answer()
    assert late.answer is None


async def test_only_a_button_that_is_shown_can_be_tapped_by_its_title(bot: ExtBot[None], mei: PrivateChat) -> None:
    sent = await bot.send_message(MEI, "Confirm?", reply_markup=CONFIRM)
    await sent.edit_text("Confirmed")
    with pytest.raises(LookupError, match="no button 'Confirm'"):
        mei.taps(mei.last, "Confirm")
    assert mei.taps(mei.last, data="1a2b3c4d:0").data == "1a2b3c4d:0"


async def test_a_tap_on_a_deleted_message_has_an_inaccessible_message(bot: ExtBot[None], mei: PrivateChat) -> None:
    sent = await bot.send_message(MEI, "Confirm?", reply_markup=CONFIRM)
    shown = mei.last
    await sent.delete()
    mei.taps(shown, "Confirm")
    query = (await bot.get_updates())[0].callback_query
    assert query
    assert query.message
    assert not query.message.is_accessible


# -- refusals ------------------------------------------------------------------------------------------------------


def say(text: str, **more: Any) -> Asking:
    return lambda bot: bot.send_message(MEI, text, **more)


def button(**fields: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Yes", "callback_data": "1:0"} | fields]]}


REFUSED: dict[str, tuple[Asking, str]] = {
    "no text": (say(" \n "), "message text is empty"),
    "only tags": (say("<b> </b>", parse_mode="HTML"), "message text is empty"),
    "too long": (say("x" * 4097), "message is too long"),
    "too long in UTF-16": (say("🙂" * 2049), "message is too long"),
    "bare less-than": (say("2 < 3", parse_mode="HTML"), "can't parse entities"),
    "unknown tag": (say("a<br>b", parse_mode="HTML"), 'Unsupported start tag "br" at byte offset 1'),
    "unclosed tag": (say("<b>a", parse_mode="HTML"), 'find end tag corresponding to start tag "b"'),
    "crossed tags": (say("<b><i>a</b></i>", parse_mode="HTML"), 'byte offset 7, expected "</i>", found "</b>"'),
    "stray end tag": (say("é</b>", parse_mode="HTML"), "Unexpected end tag at byte offset 2"),
    "unknown mode": (say("a", parse_mode="BBCode"), "unsupported parse_mode"),
    "long data": (say("a", reply_markup=button(callback_data="é" * 33)), "BUTTON_DATA_INVALID"),
    "empty data": (say("a", reply_markup=button(callback_data="")), "BUTTON_DATA_INVALID"),
    "no title": (say("a", reply_markup=button(text=" ")), "button has no text"),
    "button does nothing": (
        say("a", reply_markup={"inline_keyboard": [[{"text": "Yes"}]]}),
        "Text buttons are unallowed",
    ),
    "button does two things": (say("a", reply_markup=button(url="https://example.com")), "does several things"),
    "unknown button field": (say("a", reply_markup=button(colour="red")), 'unknown field "colour"'),
    "empty keyboard": (say("a", reply_markup={"inline_keyboard": []}), "empty inline keyboard"),
    "empty row": (say("a", reply_markup={"inline_keyboard": [[]]}), "empty row"),
    "too many buttons": (say("a", reply_markup=keyboard(*[[("x", "1")]] * 101)), "REPLY_MARKUP_TOO_LONG"),
    "unknown reply": (say("a", reply_parameters=ReplyParameters(9)), "message to be replied not found"),
    "reply across chats": (
        say("a", reply_parameters=ReplyParameters(9, chat_id=FORUM)),
        "replies across chats are not modelled",
    ),
    "unknown parameter": (say("a", api_kwargs={"colour": "red"}), 'unknown parameter "colour" of sendMessage'),
    "unknown preview field": (
        say("a", link_preview_options=LinkPreviewOptions(is_disabled=True, api_kwargs={"size": 3})),
        'unknown field "size"',
    ),
    "topic of a private chat": (say("a", message_thread_id=7), "message thread not found"),
    "unknown chat": (lambda bot: bot.send_message(999, "a"), "chat not found"),
    "username": (lambda bot: bot.send_message("@nobody_here", "a"), "chat not found"),
    "unknown topic": (lambda bot: bot.send_message(FORUM, "a", message_thread_id=8), "message thread not found"),
    "general topic": (lambda bot: bot.send_message(FORUM, "a", message_thread_id=1), "message thread not found"),
    "long caption": (lambda bot: bot.send_document(MEI, b"a", caption="x" * 1025), "caption is too long"),
    "unknown file": (lambda bot: bot.send_photo(MEI, "AgACAgUnknown"), "wrong remote file identifier"),
    "unknown file id": (lambda bot: bot.get_file("AgACAgUnknown"), "wrong file_id"),
    "small album": (lambda bot: bot.send_media_group(MEI, [InputMediaPhoto(b"a")]), "2 to 10 media"),
    "edit of nothing": (lambda bot: bot.edit_message_text("a", MEI, 4), "message to edit not found"),
    "edit of a person's": (lambda bot: bot.edit_message_text("a", MEI, 101), "message can't be edited"),
    "edit without id": (lambda bot: bot.edit_message_text("a", MEI), "message identifier is not specified"),
    "delete of nothing": (lambda bot: bot.delete_message(MEI, 4), "message to delete not found"),
    "unknown query": (lambda bot: bot.answer_callback_query("5"), "query is too old"),
    "long answer": (lambda bot: bot.answer_callback_query("5", "x" * 201), "MESSAGE_TOO_LONG"),
    "wrong action": (lambda bot: bot.send_chat_action(MEI, "dancing"), "wrong parameter action"),
    "unknown reaction": (lambda bot: bot.set_message_reaction(MEI, 101, "🥔"), "REACTION_INVALID"),
    "reaction to nothing": (lambda bot: bot.set_message_reaction(MEI, 4, "👍"), "message to react not found"),
    "capital command": (lambda bot: bot.set_my_commands([("Order", "Order")]), "BOT_COMMAND_INVALID"),
    "long command": (lambda bot: bot.set_my_commands([("o" * 33, "Order")]), "BOT_COMMAND_INVALID"),
    "no description": (lambda bot: bot.set_my_commands([("order", "")]), "BOT_COMMAND_DESCRIPTION_INVALID"),
    "draft in a group": (lambda bot: bot.send_message_draft(FORUM, 1, "a"), "only to private chats"),
    "long draft": (lambda bot: bot.send_message_draft(MEI, 1, "x" * 4097), "message is too long"),
    "draft of a broken tag": (lambda bot: bot.send_message_draft(MEI, 1, "<b>a", parse_mode="HTML"), "can't parse"),
    "draft for a stranger": (lambda bot: bot.send_message_draft(9, 1, "a"), "chat not found"),
    "draft in no topic": (lambda bot: bot.send_message_draft(MEI, 1, "a", 7), "message thread not found"),
    "draft zero": (lambda bot: bot.send_message_draft(MEI, 0, "a"), "draft_id must be non-zero"),
    "stranger": (lambda bot: bot.get_chat_member(FORUM, 12), "member not found"),
}


@pytest.mark.parametrize("asking", REFUSED)
async def test_what_telegram_refuses_is_refused(
    bot: ExtBot[None], server: TelegramServer, mei: PrivateChat, forum: Group, asking: str
) -> None:
    mei.says("hello")
    ask, words = REFUSED[asking]
    with pytest.raises(BadRequest) as refusal:
        await ask(bot)
    assert words.lower() in str(refusal.value).lower()  # the library capitalizes
    assert len(server.refused) == 1
    assert mei.from_bot == forum.from_bot == []


@pytest.mark.parametrize("text", ["x" * 4096, "<b>" + "x" * 4096 + "</b>", "&lt;" * 4096, "🙂" * 2048])
async def test_4096_units_after_parsing_are_accepted(bot: ExtBot[None], mei: PrivateChat, text: str) -> None:
    await bot.send_message(MEI, text, parse_mode="HTML")
    assert len(mei.last.text.encode("utf-16-le")) == 2 * 4096


async def test_an_edit_to_the_same_is_refused(bot: ExtBot[None], mei: PrivateChat) -> None:
    sent = await bot.send_message(MEI, "<b>2</b> boxes", parse_mode="HTML", reply_markup=CONFIRM)
    with pytest.raises(BadRequest, match="Message is not modified"):
        await sent.edit_text("<strong>2</strong> boxes ", parse_mode="HTML", reply_markup=CONFIRM)
    with pytest.raises(BadRequest, match="Message is not modified"):
        await sent.edit_reply_markup(CONFIRM)
    await sent.edit_text("2 boxes", reply_markup=CONFIRM)
    assert mei.last.edits == 1


async def test_a_person_who_blocked_the_bot_or_never_started_it_cannot_be_written_to(
    bot: ExtBot[None], server: TelegramServer, mei: PrivateChat
) -> None:
    mei.blocks()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(MEI, "hello?")
    mei.unblocks()
    await bot.send_message(MEI, "welcome back")
    changes = [update.my_chat_member for update in await bot.get_updates()]
    statuses = [(c.old_chat_member.status, c.new_chat_member.status) for c in changes if c]
    assert statuses == [("member", "kicked"), ("kicked", "member")]
    newcomer = server.chat(700002, "Ana", started=False)
    with pytest.raises(Forbidden, match="can't initiate conversation"):
        await bot.send_message(700002, "hello?")
    newcomer.starts("PSR-7K2M9QXW")
    await bot.send_message(700002, "hello")
    assert newcomer.texts == ["hello"]


async def test_a_group_that_the_bot_is_not_in_or_may_not_write_in(bot: ExtBot[None], server: TelegramServer) -> None:
    group = server.group(KITCHEN)
    group.removes_bot()
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await bot.send_message(KITCHEN, "hello?")
    group.adds_bot()
    await bot.send_message(KITCHEN, "back")
    group.bot = "restricted"
    with pytest.raises(BadRequest, match="Not enough rights"):
        await bot.send_message(KITCHEN, "hello?")
    updates = await bot.get_updates()
    assert [bool(update.my_chat_member) for update in updates] == [True, True, False]
    assert updates[2].message
    assert updates[2].message.new_chat_members[0].id == bot.id


async def test_a_group_that_moved_says_where_to(bot: ExtBot[None], server: TelegramServer) -> None:
    old = server.group(-4100000001)
    old.moves_to(-1001000000003)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(-4100000001, "hello?")
    assert moved.value.new_chat_id == -1001000000003
    there, here = [update.message for update in await bot.get_updates()]
    assert there
    assert there.migrate_to_chat_id == -1001000000003
    assert here
    assert here.migrate_from_chat_id == -4100000001


async def test_a_wrong_token_and_an_unknown_method(server: TelegramServer) -> None:
    other = real_bot(server, "7000000001:" + "x" * 35)
    with pytest.raises(InvalidToken):
        await other.initialize()
    await other.shutdown()
    async with httpx.AsyncClient(base_url=server.url) as client:
        codes = [
            (await client.get(f"/bot{token}/{method}")).json()
            for token, method in [
                ("7000000001:" + "x" * 35, "getMe"),
                ("nonsense", "getMe"),
                (server.token, "sendMoney"),
            ]
        ]
    assert [code["error_code"] for code in codes] == [401, 404, 404]


async def test_parameters_come_in_every_documented_form(server: TelegramServer, mei: PrivateChat) -> None:
    path = f"/bot{server.token}/sendMessage"
    async with httpx.AsyncClient(base_url=server.url) as client:
        answers = [
            await client.get(path, params={"chat_id": MEI, "text": "query"}),
            await client.post(path, data={"chat_id": MEI, "text": "form"}),
            await client.post(path, json={"chat_id": MEI, "text": "json"}),
            await client.post(path, data={"chat_id": MEI}, files={"text": (None, "multipart")}),
        ]
        broken = await client.post(path, content=b"{", headers={"Content-Type": "application/json"})
    assert [answer.status_code for answer in answers] == [200] * 4
    assert mei.texts == ["query", "form", "json", "multipart"]
    assert broken.status_code == 400


# -- floods --------------------------------------------------------------------------------------------------------


def waits(server: TelegramServer) -> int:
    """The seconds to wait of the call that was refused last."""
    refusal = server.calls[-1].refusal
    assert refusal
    return refusal.parameters["retry_after"]


async def test_flood_limits_hold_when_switched_on(bot: ExtBot[None], server: TelegramServer, mei: PrivateChat) -> None:
    group = server.group(KITCHEN)
    server.flood.on = True
    server.now = lambda: 1_795_410_000.0 + server._ahead  # type: ignore[method-assign]
    for number in range(3):
        await bot.send_message(MEI, f"burst {number}")
    with pytest.raises(RetryAfter):
        await bot.send_message(MEI, "one too many")
    assert waits(server) == 3
    server.passes(3)
    await bot.send_message(MEI, "after a pause")
    for number in range(20):
        await bot.send_message(KITCHEN, f"news {number}")
    with pytest.raises(RetryAfter):
        await bot.send_message(KITCHEN, "one too many")
    assert waits(server) == 60
    assert (len(mei.texts), len(group.texts), server.flood.refused) == (4, 20, 2)


async def test_30_messages_a_second_over_all_chats(bot: ExtBot[None], server: TelegramServer) -> None:
    server.flood.on = True
    server.now = lambda: 1_795_410_000.0  # type: ignore[method-assign]
    for user_id in range(800_001, 800_032):
        server.chat(user_id)
    for user_id in range(800_001, 800_031):
        await bot.send_message(user_id, "news")
    with pytest.raises(RetryAfter):
        await bot.send_message(800_031, "news")


async def test_by_hand(server: TelegramServer, bot: ExtBot[None]) -> None:
    assert "'2 boxes'" in obey(server, "says 700001 2 boxes")
    await bot.send_message(MEI, "Confirm?", reply_markup=CONFIRM)
    assert "no button 'Maybe'" in obey(server, "taps 700001 Maybe")
    obey(server, "taps 700001 Confirm")
    assert [bool(update.callback_query) for update in await bot.get_updates()] == [False, True]
    assert obey(server, "dance").startswith("says <user id>")
    server.faults.next("getMe", Fault.too_many())
    with pytest.raises(RetryAfter):
        await bot.get_me()
