"""A private chat sees a reply while it is written, and whatever fails is let be."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from channels.telegram import TelegramChannel
from channels.telegram.drafts import MOST_AT_ONCE, Draft, Drafts, Rhythm
from core.domain.messages import ChatRef
from core.errors import DeliveryFailed
from tests.sandbox.telegram.faults import Fault
from tests.sandbox.telegram_server import PrivateChat, TelegramServer
from tests.unit.channels.telegram.builders import MEI, PRIVATE, says
from tests.unit.channels.telegram.conftest import Clock, until

AT_ONCE = Rhythm(grace=0.0, gap=1.0, typing=60.0, draft=60.0)
ANSWER = "Yes. *We deliver to Sentosa.* Order by noon."


@pytest.fixture
def mei(server: TelegramServer) -> PrivateChat:
    return server.chat(MEI)


@pytest.fixture
async def open_drafts(channel: TelegramChannel, clock: Clock) -> AsyncIterator[Callable[..., Drafts]]:
    made: list[Drafts] = []

    def make(rhythm: Rhythm = AT_ONCE) -> Drafts:
        made.append(Drafts(channel.bot, rhythm, clock.time, clock.sleep))
        return made[-1]

    yield make
    for drafts in made:
        drafts.stop()


@pytest.fixture
def drafts(open_drafts: Callable[..., Drafts]) -> Drafts:
    return open_drafts()


def begun(drafts: Drafts, chat: ChatRef = PRIVATE) -> Draft:
    draft = drafts.begin(chat)
    assert draft is not None
    return draft


async def test_a_reply_grows_under_one_id(drafts: Drafts, mei: PrivateChat) -> None:
    draft = begun(drafts)
    for n, piece in enumerate(("Yes. ", "*We deliver to Sentosa.* ", "Order by noon."), 1):
        draft(piece)
        await until(lambda n=n: len(mei.draft_log) == n)
    assert [text for _, text in mei.draft_log] == [
        "Yes.",
        "Yes. We deliver to Sentosa.",
        "Yes. We deliver to Sentosa. Order by noon.",
    ]
    assert len({number for number, _ in mei.draft_log}) == 1
    assert mei.draft_log[0][0] != 0
    assert mei.from_bot == []


async def test_each_reply_has_an_id_of_its_own(drafts: Drafts, mei: PrivateChat) -> None:
    for n in (1, 2):
        draft = begun(drafts)
        draft("Yes.")
        await until(lambda n=n: len(mei.draft_log) == n)
        draft.close()
    assert len({number for number, _ in mei.draft_log}) == 2


async def test_typing_shows_until_the_first_words(drafts: Drafts, mei: PrivateChat) -> None:
    draft = begun(drafts)
    await until(lambda: mei.actions)
    draft("Yes.")
    await until(lambda: mei.draft_log)
    assert mei.actions == [("typing", None)]


async def test_typing_is_shown_again_before_it_fades(open_drafts: Callable[..., Drafts], mei: PrivateChat) -> None:
    begun(open_drafts(Rhythm(grace=0.0, typing=0.01, draft=60.0)))
    await until(lambda: len(mei.actions) >= 3)


async def test_a_draft_is_shown_again_before_it_fades(open_drafts: Callable[..., Drafts], mei: PrivateChat) -> None:
    begun(open_drafts(Rhythm(grace=0.0, typing=60.0, draft=0.01)))("Yes.")
    await until(lambda: len(mei.draft_log) >= 3)
    assert {text for _, text in mei.draft_log} == {"Yes."}


async def test_a_reply_that_is_there_at_once_costs_no_call(
    open_drafts: Callable[..., Drafts], server: TelegramServer, mei: PrivateChat
) -> None:
    draft = begun(open_drafts(Rhythm(grace=0.05)))
    draft(ANSWER)
    draft.close()
    await asyncio.sleep(0.1)
    assert server.calls == []


async def test_between_two_calls_lies_the_gap_and_the_second_shows_all_that_was_said(
    channel: TelegramChannel, mei: PrivateChat
) -> None:
    gap, asked = asyncio.Event(), []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)
        await gap.wait()

    drafts = Drafts(channel.bot, AT_ONCE, sleep=sleep)
    draft = begun(drafts)
    draft("Yes. ")
    await until(lambda: asked)
    for piece in ("We ", "deliver ", "to Sentosa."):
        draft(piece)
        await asyncio.sleep(0.01)
    assert [text for _, text in mei.draft_log] == ["Yes."]
    gap.set()
    await until(lambda: len(asked) > 1)
    assert [text for _, text in mei.draft_log] == ["Yes.", "Yes. We deliver to Sentosa."]
    assert asked == [1.0, 1.0]
    drafts.stop()


async def test_nothing_shows_after_the_turn(drafts: Drafts, channel: TelegramChannel, mei: PrivateChat) -> None:
    draft = begun(drafts)
    draft("Yes. ")
    await until(lambda: mei.draft_log)
    draft.close()
    draft("We deliver to Sentosa.")
    await channel.send(says(ANSWER))
    await asyncio.sleep(0.05)
    assert len(mei.draft_log) == 1
    assert mei.drafts == {}
    assert mei.texts == ["Yes. We deliver to Sentosa. Order by noon."]


async def test_a_call_under_way_does_not_hold_up_the_reply(
    drafts: Drafts, channel: TelegramChannel, server: TelegramServer, mei: PrivateChat
) -> None:
    server.faults.next("sendMessageDraft", Fault.slow(60.0))
    draft = begun(drafts)
    draft("Yes. ")
    await until(lambda: mei.draft_log)
    draft.close()
    async with asyncio.timeout(10):
        await channel.send(says(ANSWER))
    assert mei.drafts == {}
    assert mei.last.text.startswith("Yes.")


@pytest.mark.parametrize("sender", ["telegram:-1001000000001", "telegram:-7", "+6591230001", "telegram:x"])
async def test_there_are_no_drafts_but_in_private_chats(drafts: Drafts, sender: str) -> None:
    assert drafts.begin(ChatRef("telegram", sender)) is None


async def test_a_draft_stands_in_the_topic_of_its_chat(
    drafts: Drafts, server: TelegramServer, mei: PrivateChat
) -> None:
    mei.topics[7] = "Orders"
    begun(drafts, ChatRef("telegram", f"telegram:{MEI}", "7"))("Yes.")
    await until(lambda: mei.draft_log)
    assert server.calls_of("sendMessageDraft")[0].params["message_thread_id"] == 7


async def test_a_long_reply_shows_as_much_as_fits_and_no_more_calls(
    drafts: Drafts, server: TelegramServer, mei: PrivateChat
) -> None:
    draft = begun(drafts)
    draft("boxes & straws <b> " * 300)
    await until(lambda: mei.draft_log)
    draft(" and so on")
    draft(" and on")
    await asyncio.sleep(0.05)
    assert len(server.calls_of("sendMessageDraft")) == 1
    assert 4000 < len(mei.draft_log[0][1]) <= 4096
    assert server.refused == []


@pytest.mark.parametrize(
    "refusal",
    [
        Fault.refuse(400, "Bad Request: TEXTDRAFT_PEER_INVALID"),
        Fault.refuse(400, "Bad Request: text must be non-empty"),
        Fault.refuse(404, "Not Found"),
    ],
)
async def test_a_server_that_takes_no_drafts_is_not_asked_again(
    open_drafts: Callable[..., Drafts], server: TelegramServer, mei: PrivateChat, refusal: Fault
) -> None:
    server.faults.next("sendMessageDraft", refusal)
    drafts = open_drafts(Rhythm(grace=0.0, typing=0.02, draft=60.0))
    draft = begun(drafts)
    draft("Yes. ")
    await until(lambda: server.calls_of("sendMessageDraft"))
    draft("We deliver ")
    before = len(mei.actions)
    begun(drafts)("No.")
    await until(lambda: len(mei.actions) > before + 3)
    assert len(server.calls_of("sendMessageDraft")) == 1


async def test_a_customer_who_cannot_be_reached_is_no_reason_to_give_drafts_up(
    drafts: Drafts, server: TelegramServer, mei: PrivateChat
) -> None:
    blocking = server.chat(700002)
    blocking.blocks()
    for chat in ("telegram:700002", "telegram:5"):
        asked = len(server.calls_of("sendMessageDraft"))
        begun(drafts, ChatRef("telegram", chat))("Yes.")
        await until(lambda asked=asked: len(server.calls_of("sendMessageDraft")) > asked)
    begun(drafts)("Yes.")
    await until(lambda: mei.draft_log)


@pytest.mark.parametrize(
    "fault", [Fault.broken(), Fault.reset(), Fault.lost(), Fault.garbage(), Fault.refuse(500, "Internal Server Error")]
)
async def test_an_outage_is_let_be(drafts: Drafts, server: TelegramServer, mei: PrivateChat, fault: Fault) -> None:
    server.faults.next("sendMessageDraft", fault)
    draft = begun(drafts)
    draft("Yes. ")
    await until(lambda: server.calls_of("sendMessageDraft"))
    draft("We deliver.")
    await until(lambda: (mei.draft_log or [(0, "")])[-1][1] == "Yes. We deliver.")


async def test_while_telegram_wants_less_there_is_nothing(
    drafts: Drafts, server: TelegramServer, mei: PrivateChat, clock: Clock
) -> None:
    server.faults.next("sendMessageDraft", Fault.too_many(60))
    draft = begun(drafts)
    draft("Yes. ")
    await until(lambda: server.calls_of("sendMessageDraft"))
    for piece in ("We ", "deliver "):
        slept = len(clock.slept)
        draft(piece)
        await until(lambda slept=slept: len(clock.slept) > slept)
    assert len(server.calls_of("sendMessageDraft")) == 1
    clock.now += 60.0
    draft("to Sentosa.")
    await until(lambda: mei.draft_log)
    assert mei.draft_log[0][1] == "Yes. We deliver to Sentosa."


async def test_a_reply_that_was_too_much_is_followed_by_no_drafts(
    channel: TelegramChannel, server: TelegramServer, mei: PrivateChat
) -> None:
    server.faults.next("sendMessage", Fault.too_many(60))
    with pytest.raises(DeliveryFailed):
        await channel.send(says(ANSWER))
    draft = channel.draft(PRIVATE)
    assert draft is not None
    draft("Yes.")
    await asyncio.sleep(0.6)
    assert server.calls_of("sendMessageDraft") == []
    draft.close()


async def test_few_chats_have_drafts_at_a_time(drafts: Drafts) -> None:
    opened = [begun(drafts, ChatRef("telegram", f"telegram:{n}")) for n in range(1, MOST_AT_ONCE + 1)]
    assert drafts.begin(PRIVATE) is None
    opened[0].close()
    assert drafts.begin(PRIVATE) is not None


async def test_a_channel_that_stops_shows_nothing_more(
    channel: TelegramChannel, server: TelegramServer, mei: PrivateChat
) -> None:
    draft = channel.draft(PRIVATE)
    assert draft is not None
    draft("Yes.")
    await channel.stop()
    await asyncio.sleep(0.6)
    assert server.calls == []
