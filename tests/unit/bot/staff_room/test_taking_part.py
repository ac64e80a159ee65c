"""Staff take part: replies reach the customer once, chats are taken over and handed back, all else is let be."""

import asyncio
from datetime import timedelta

import pytest

from bot.staff_room import wording
from core.domain.messages import ChatRef
from core.domain.sessions import Session
from core.errors import DeliveryFailed
from tests.integration.storage.builders import NOW
from tests.sandbox.telegram_server import Fault
from tests.unit.bot.staff_room.conftest import CUSTOMER, GROUP, Scene, waiting_since_ten


async def test_a_reply_reaches_the_customer_once(scene: Scene) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce("handoff", chat_id, text="agent")
    said = scene.ana.says("It is on the van <now> & *soon* there", reply_to=shown)
    await scene.serve()
    await scene.serve(again=True)
    assert await scene.sent_to_customers() == ["It is on the van <now> & *soon* there"]
    assert set(scene.stirred) == {CUSTOMER}
    assert said.reactions[scene.server.bot["id"]] == [{"type": "emoji", "emoji": "👍"}]
    assert len(scene.group.from_bot) == 1


async def test_where_no_reaction_is_allowed_words_say_it_once_and_can_be_replied_to(scene: Scene) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce("order", chat_id)
    refused = Fault.refuse(400, "Bad Request: REACTION_INVALID")
    scene.server.faults.next("setMessageReaction", refused, refused)
    said = scene.ana.says("We are out of straws", reply_to=shown)
    await scene.serve()
    await scene.serve(again=True)
    assert [scene.group.last.text, scene.group.last.reply_to] == [wording.SENT, said.message_id]
    assert len(scene.group.from_bot) == 2
    scene.ben.says("Paper ones instead?", reply_to=scene.group.last)
    await scene.serve()
    assert await scene.sent_to_customers() == ["We are out of straws", "Paper ones instead?"]


async def test_talk_among_staff_goes_nowhere(scene: Scene) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce("handoff", chat_id, text="agent")
    first = scene.ana.says("who takes this one?")
    scene.ben.says("not me", reply_to=first)
    scene.ben.says("/agent please")
    scene.group.anonymous_admin().says("I do", reply_to=shown)
    scene.group.linked_channel().says("news", reply_to=shown)
    scene.ana.sends_sticker()
    scene.group.adds_bot("administrator")
    await scene.serve()
    assert await scene.sent_to_customers() == []
    assert len(scene.group.from_bot) == 1


async def test_what_cannot_be_passed_on_is_said(scene: Scene) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce("handoff", chat_id, text="agent")
    scene.ana.sends_photo(b"x", caption="look", reply_to=shown)
    scene.ana.sends_voice(b"x", reply_to=shown)
    scene.ana.says("x" * 4_001, reply_to=shown)
    scene.ana.says("/tkae it", reply_to=shown)
    await scene.serve()
    assert await scene.sent_to_customers() == []
    assert scene.group.texts[1:] == [
        wording.TEXT_ONLY,
        wording.TEXT_ONLY,
        wording.too_long(4_000),
        wording.UNKNOWN_COMMAND,
    ]


async def test_edits_are_not_passed_on(scene: Scene) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce("handoff", chat_id, text="agent")
    said, talk = scene.ana.says("at 9", reply_to=shown), scene.ana.says("lunch?")
    scene.ana.edits(said, "at 10")
    scene.ana.edits(talk, "dinner?")
    await scene.serve()
    assert await scene.sent_to_customers() == ["at 9"]
    assert scene.group.texts[1:] == [wording.NO_EDITS]


@pytest.mark.parametrize("reach", ["blocked", "opted out"])
async def test_a_customer_who_cannot_be_reached_is_said_to_be(scene: Scene, reach: str) -> None:
    chat_id = await scene.chat()
    await scene.store.set_reach(CUSTOMER, reach, NOW + timedelta(minutes=1))
    shown = await scene.announce("message", chat_id, text="x")
    scene.ana.says("hello?", reply_to=shown)
    await scene.serve()
    assert await scene.sent_to_customers() == []
    assert scene.group.last.text == wording.unreachable(reach)


async def test_a_customer_who_unsubscribed_is_not_written_to(scene: Scene) -> None:
    chat_id = await scene.chat(opted_out=True)
    shown = await scene.announce("unsubscribed", chat_id)
    scene.ana.says("please come back", reply_to=shown)
    await scene.serve()
    assert await scene.sent_to_customers() == []
    assert "has unsubscribed" in scene.group.last.text


async def test_a_caller_of_the_api_cannot_be_written_to(scene: Scene) -> None:
    chat_id = await scene.chat(ChatRef("api", "+6591230001", "s"))
    shown = await scene.announce("handoff", chat_id, text="agent")
    assert "reply to this message" not in shown.text
    scene.ana.says("hello", reply_to=shown)
    await scene.serve()
    assert "nobody can be written to on the chat API" in scene.group.last.text
    web = await scene.chat(ChatRef("web", "web:1", "1"))
    scene.ana.says("hello", reply_to=await scene.announce("handoff", web, key="w", text="agent"))
    await scene.serve()
    assert len(await scene.store.history(ChatRef("web", "web:1", "1"))) == 3


async def test_a_message_of_ours_about_nobody_known_is_said_to_be(scene: Scene) -> None:
    shown = await scene.announce("parked", None, text="a job")
    scene.ana.says("so?", reply_to=shown)
    await scene.serve()
    assert scene.group.last.text == wording.UNKNOWN_MESSAGE


async def test_an_announcement_that_was_never_recorded_is_known_by_its_button(scene: Scene) -> None:
    chat_id = await scene.chat()
    scene.server.faults.next("sendMessage", Fault.lost())
    with pytest.raises(DeliveryFailed):
        await scene.announce("handoff", chat_id, text="agent")
    scene.ana.says("Hello from a person", reply_to=scene.group.last)
    await scene.serve()
    assert await scene.sent_to_customers() == ["Hello from a person"]


async def test_in_a_topic_what_answers_nothing_goes_nowhere(scene: Scene) -> None:
    chat_id = await scene.chat()
    await scene.announce("handoff", chat_id, text="agent")
    scene.group.topics[7] = "Orders"
    scene.ana.says("morning", topic=7)
    await scene.serve()
    assert await scene.sent_to_customers() == []
    assert len(scene.group.from_bot) == 1


# Taking over ------------------------------------------------------------------------------------------


async def test_a_tap_takes_the_chat_and_another_hands_it_back(scene: Scene) -> None:
    chat_id = await scene.chat(handoff=waiting_since_ten())
    shown = await scene.announce("handoff", chat_id, text="agent")
    tap = scene.ana.taps(shown, "Take over")
    await scene.serve()
    assert (await tap.answered())["text"] == wording.taken("Ana Lim")
    assert shown.keyboard == [["Hand back (Ana Lim)"]]
    handoff = (await scene.session(chat_id)).handoff
    assert handoff is not None
    assert (handoff.reason, handoff.since) == ("taken over by Ana Lim", NOW)
    tap = scene.ben.taps(shown, "Hand back (Ana Lim)")
    await scene.serve()
    assert (await tap.answered())["text"] == wording.released()
    assert shown.keyboard == [["Take over"]]
    assert (await scene.session(chat_id)).handoff is None
    assert await scene.sent_to_customers() == []


async def test_the_desk_is_silenced_in_a_chat_that_nobody_asked_to_be_taken(scene: Scene) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce("order", chat_id)
    scene.ana.taps(shown, "Take over")
    await scene.serve()
    assert (await scene.session(chat_id)).handoff is not None


async def test_a_double_tap_and_a_second_person_are_told_who_has_it(scene: Scene) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce("order", chat_id)
    taps = [who.taps(shown, "Take over") for who in (scene.ana, scene.ana, scene.ben)]
    await scene.serve()
    said = [(await tap.answered())["text"] for tap in taps]
    assert said == [wording.taken("Ana Lim"), wording.has_it("Ana Lim"), wording.has_it("Ana Lim")]
    back = [scene.ana.taps(shown, data=f"s:free:{chat_id}") for _ in range(2)]
    await scene.serve()
    assert [(await tap.answered())["text"] for tap in back] == [wording.released(), wording.with_desk()]


async def test_two_who_tap_at_once_get_one_holder(scene: Scene) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce("order", chat_id)
    taps = [who.taps(shown, "Take over") for who in (scene.ana, scene.ben)]
    await asyncio.gather(scene.serve(), scene.serve())
    said = {(await tap.answered())["text"] for tap in taps}
    handoff = (await scene.session(chat_id)).handoff
    assert handoff is not None
    holder = handoff.reason.removeprefix("taken over by ")
    assert said <= {wording.taken(holder), wording.has_it(holder)}


async def test_an_old_announcement_is_put_right_when_it_is_tapped(scene: Scene) -> None:
    chat_id = await scene.chat()
    old = await scene.announce("order", chat_id, key="a")
    new = await scene.announce("message", chat_id, key="b", text="x")
    scene.ana.taps(old, "Take over")
    await scene.serve()
    assert (old.keyboard, new.keyboard) == ([["Hand back (Ana Lim)"]], [["Hand back (Ana Lim)"]])
    newest = await scene.announce("message", chat_id, key="c", text="y")
    assert newest.keyboard == [["Hand back (Ana Lim)"]]


async def test_a_tap_elsewhere_is_refused(scene: Scene) -> None:
    chat_id = await scene.chat()
    await scene.announce("order", chat_id)
    elsewhere = scene.server.group(GROUP - 5, "Not staff")
    spoofed = elsewhere.says("s", by=66)
    tap = elsewhere.member(66, "Eve").taps(spoofed, data=f"s:take:{chat_id}")
    private = scene.server.chat(66)
    tap_too = private.taps(private.says("hi"), data=f"s:take:{chat_id}")
    await scene.serve()
    assert (await tap.answered())["text"] == (await tap_too.answered())["text"] == wording.NOT_HERE
    assert (await scene.session(chat_id)).handoff is None


@pytest.mark.parametrize("data", ["s:", "s:take:", "s:take:x", "s:drop:1", "s:take:999999", f"s:take:{'9' * 40}"])
async def test_a_button_that_fits_nothing_says_so(scene: Scene, data: str) -> None:
    shown = await scene.announce("order", await scene.chat())
    tap = scene.ana.taps(shown, data=data)
    await scene.serve()
    assert (await tap.answered())["text"] in (wording.STALE_BUTTON, wording.no_chat(999999))


async def test_an_answer_that_comes_too_late_is_no_error(scene: Scene) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce("order", chat_id)
    scene.ana.taps(shown, "Take over")
    scene.server.passes(60)
    scene.ana.deletes(shown)
    await scene.serve()
    assert (await scene.session(chat_id)).handoff is not None


async def test_updates_of_other_chats_are_not_the_rooms(scene: Scene) -> None:
    scene.server.chat(77).says("2 boxes")
    tap = scene.server.chat(77).taps(scene.server.chat(77).says("x"), data="1a2b3c4d:0")
    await scene.serve()
    assert tap.answer is None
    assert scene.server.sent == []


# Commands ---------------------------------------------------------------------------------------------


async def test_take_and_release_by_number_and_by_reply(scene: Scene) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce("order", chat_id)
    scene.ana.says(f"/take@resupply_test_bot {chat_id}")
    await scene.serve()
    assert "Ana Lim has this chat now" in scene.group.last.text
    assert "Canadian Pizza Pasir Ris (CPZ-PSR)" in scene.group.last.text
    assert shown.keyboard == [["Hand back (Ana Lim)"]]
    scene.ana.says("I am here", reply_to=scene.group.last)
    scene.ben.says("/release", reply_to=shown)
    await scene.serve()
    assert await scene.sent_to_customers() == ["I am here"]
    assert (await scene.session(chat_id)).handoff is None
    assert shown.keyboard == [["Take over"]]
    scene.ben.says("/take", reply_to=shown)
    await scene.serve()
    assert shown.keyboard == [["Hand back (Ben)"]]


async def test_commands_for_other_bots_are_let_be(scene: Scene) -> None:
    chat_id = await scene.chat()
    scene.ana.says(f"/take@another_bot {chat_id}")
    await scene.serve()
    assert scene.group.from_bot == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("/take", wording.WHICH_CHAT),
        ("/take the big one", wording.WHICH_CHAT),
        ("/release", wording.WHICH_CHAT),
        ("/take 4711", wording.no_chat(4711)),
        ("/release #4711", wording.no_chat(4711)),
        ("/chats", wording.NOBODY_WAITS),
    ],
)
async def test_a_command_that_fits_nothing_says_so(scene: Scene, words: str, said: str) -> None:
    await scene.chat()
    scene.ana.says(words)
    await scene.serve()
    assert scene.group.texts == [said]


async def test_help_is_understood_by_telegram(scene: Scene) -> None:
    scene.ana.says("/help")
    await scene.serve()
    assert scene.group.last.bold == ["Staff room", "Take over", "Hand back"]


async def test_the_chats_that_wait_are_listed_with_buttons(scene: Scene) -> None:
    first = await scene.chat(handoff=waiting_since_ten())
    second = await scene.chat(ChatRef("telegram", "telegram:77"), handoff=waiting_since_ten())
    await scene.chat(ChatRef("telegram", "telegram:78"))
    scene.ana.says("/chats")
    await scene.serve()
    listed = scene.group.last
    assert listed.keyboard == [[f"Take over {chat}", f"Hand back {chat}"] for chat in (first, second)]
    assert "Canadian Pizza Pasir Ris · WhatsApp · asked for a person · since Mon 10:15" in listed.text
    scene.ana.taps(listed, f"Take over {second}")
    await scene.serve()
    assert listed.keyboard == [[f"Take over {first}", f"Hand back {first}"], [f"Hand back {second} (Ana Lim)"]]


async def test_a_long_list_stays_within_limits(scene: Scene) -> None:
    for number in range(12):
        await scene.chat(ChatRef("whatsapp", f"+65912400{number:02}"), handoff=waiting_since_ten())
    scene.ana.says("/chats")
    await scene.serve()
    assert len(scene.group.last.keyboard) == 10
    assert "… and 2 more" in scene.group.last.text


async def test_a_room_that_cannot_answer_has_done_the_deed_all_the_same(scene: Scene) -> None:
    chat_id = await scene.chat()
    scene.server.faults.next("sendMessage", Fault.too_many(30))
    scene.ana.says(f"/take {chat_id}")
    await scene.serve()
    assert (await scene.session(chat_id)).handoff is not None


async def test_a_session_that_cannot_be_read_can_be_taken(scene: Scene) -> None:
    chat_id = await scene.chat()
    await scene.store.edit_session(CUSTOMER.key, lambda _: "{broken")
    scene.ana.says(f"/take {chat_id}")
    await scene.serve()
    assert Session.from_json((await scene.store.chat(chat_id)).session).handoff is not None  # type: ignore[union-attr]


async def test_a_reply_goes_out_though_it_cannot_be_acknowledged(scene: Scene) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce("order", chat_id)
    scene.server.faults.next("setMessageReaction", Fault.reset())
    scene.server.faults.next("sendMessage", Fault.reset())
    scene.ana.says("On its way", reply_to=shown)
    await scene.serve()
    assert await scene.sent_to_customers() == ["On its way"]


async def test_every_process_hears_the_group_where_it_has_moved_to(scene: Scene) -> None:
    """One process follows the group; another, or the next start, still has its old id from the settings."""
    chat_id = await scene.chat()
    await scene.announce("order", chat_id)
    there = scene.group.moves_to(GROUP - 1)
    await scene.serve()
    await scene.announce("message", chat_id, key="j2")
    scene.room = scene.build()
    ana = there.member(710_002, "Ana")
    ana.says("On its way", reply_to=there.last)
    tap = ana.taps(there.last, "Take over")
    await scene.serve()
    assert await scene.sent_to_customers() == ["On its way"]
    assert (await tap.answered())["text"].startswith("Ana Lim has this chat now")
