"""Who hears what of a reply that is being written."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.live import LiveReplies, LiveTurn, Watched
from core.domain.messages import ChatRef, Inbound
from core.errors import LeaseLost
from core.ports import Live, OpenTurn, Waiting

CHAT, OTHER = ChatRef("web", "mei", "s"), ChatRef("web", "mei", "t")
ON_TELEGRAM = ChatRef("telegram", "telegram:7")
AT = datetime(2026, 11, 23, tzinfo=UTC)


def turn_of(chat: ChatRef = CHAT, turn_id: str = "t1", *provider_ids: str) -> OpenTurn:
    waiting = tuple(Waiting(n, Inbound(chat, key, "?", AT), 1) for n, key in enumerate(provider_ids, 1))
    return OpenTurn(turn_id, 1, chat, "me", 1, waiting, None, 1)


def heard_by(live: Live | None) -> LiveTurn:
    assert isinstance(live, LiveTurn)
    return live


class Shown:
    """A messenger's screen."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.closed = False

    def __call__(self, text: str) -> None:
        assert not self.closed
        self.pieces.append(text)

    def close(self) -> None:
        self.closed = True


def test_nobody_watches_a_quiet_chat() -> None:
    live = LiveReplies()
    with live.watching(OTHER), live.taking(turn_of()):
        assert live.of(CHAT) is None


def test_a_chat_without_a_turn_has_nobody_to_speak_to() -> None:
    live = LiveReplies()
    with live.watching(CHAT):
        assert live.of(CHAT) is None


def test_all_who_watch_read_the_text_so_far() -> None:
    live = LiveReplies()
    with live.watching(CHAT) as one, live.watching(CHAT) as two, live.taking(turn_of()):
        say = heard_by(live.of(CHAT))
        say("Yes. ")
        say("Tomorrow.")
        for watch in (one, two):
            assert watch.wake.is_set()
            assert watch.turn is not None
            assert (watch.turn.turn_id, watch.turn.text) == ("t1", "Yes. Tomorrow.")


def test_who_comes_later_reads_from_the_beginning_at_once() -> None:
    live = LiveReplies()
    with live.watching(CHAT), live.taking(turn_of()):
        heard_by(live.of(CHAT))("Yes. ")
        with live.watching(CHAT) as late:
            assert late.wake.is_set()
            assert late.turn is not None
            assert late.turn.text == "Yes. "


def test_who_comes_when_nobody_watched_waits_for_the_message() -> None:
    live = LiveReplies()
    with live.taking(turn_of()):
        assert live.of(CHAT) is None
        with live.watching(CHAT) as late:
            assert late.turn is None
            assert not late.wake.is_set()


def test_a_turn_goes_on_for_those_who_are_left() -> None:
    live = LiveReplies()
    with live.watching(CHAT) as stays, live.taking(turn_of()):
        with live.watching(CHAT):
            say = heard_by(live.of(CHAT))
        say("Yes.")
        assert stays.turn is not None
        assert stays.turn.text == "Yes."


def test_a_watch_that_ends_and_begins_again_misses_nothing() -> None:
    live = LiveReplies()
    with live.taking(turn_of()):
        with live.watching(CHAT):
            say = heard_by(live.of(CHAT))
        say("Yes. ")
        with live.watching(CHAT) as again:
            again.wake.clear()
            say("Tomorrow.")
            assert again.wake.is_set()
            assert again.turn is not None
            assert again.turn.text == "Yes. Tomorrow."


def test_asked_twice_in_one_turn_it_is_the_same_reply() -> None:
    live = LiveReplies()
    with live.watching(CHAT), live.taking(turn_of()):
        assert live.of(CHAT) is heard_by(live.of(CHAT))


@pytest.mark.parametrize("lost", [False, True])
async def test_the_end_of_a_turn_wakes_those_who_watch(lost: bool) -> None:
    live = LiveReplies()

    class Engine:
        async def take_turn(self, turn: OpenTurn) -> "Engine":
            heard_by(live.of(turn.chat))("Yes.")
            await asyncio.sleep(0)
            watch.wake.clear()
            if lost:
                raise LeaseLost("another process has the chat")
            return self

        turn_id = "t1"
        body: dict[str, object] = {}

    with live.watching(CHAT) as watch:
        taking = Watched(Engine(), live).take_turn(turn_of())
        if lost:
            with pytest.raises(LeaseLost):
                await taking
        else:
            assert (await taking).turn_id == "t1"
        assert watch.wake.is_set()
        assert watch.turn is None


def test_a_turn_taken_anew_begins_anew() -> None:
    live = LiveReplies()
    with live.watching(CHAT) as watch:
        with live.taking(turn_of()):
            heard_by(live.of(CHAT))("Never. ")
        with live.taking(turn_of(CHAT, "t2")):
            heard_by(live.of(CHAT))("Yes. ")
            assert watch.turn is not None
            assert (watch.turn.turn_id, watch.turn.text) == ("t2", "Yes. ")


def test_a_turn_knows_the_messages_that_it_answers() -> None:
    live = LiveReplies()
    with live.watching(CHAT), live.taking(turn_of(CHAT, "t1", "a", "b")):
        turn = heard_by(live.of(CHAT))
        assert [turn.answers(key) for key in ("a", "b", "c")] == [True, True, False]


def test_a_messenger_s_screen_is_open_while_the_turn_is_taken() -> None:
    shown = Shown()
    live = LiveReplies({"telegram": lambda chat: shown if chat == ON_TELEGRAM else None})
    with live.taking(turn_of(ON_TELEGRAM)):
        say = heard_by(live.of(ON_TELEGRAM))
        say("Yes. ")
        say("Tomorrow.")
        assert (shown.pieces, shown.closed) == (["Yes. ", "Tomorrow."], False)
    assert shown.closed


def test_a_chat_without_a_screen_is_not_heard() -> None:
    live = LiveReplies({"telegram": lambda _chat: None})
    with live.taking(turn_of(ON_TELEGRAM)):
        assert live.of(ON_TELEGRAM) is None


def test_nothing_is_kept_of_what_is_over() -> None:
    live = LiveReplies({"telegram": lambda _chat: Shown()})
    with live.watching(CHAT), live.taking(turn_of()):
        heard_by(live.of(CHAT))("Yes.")
    with live.taking(turn_of(ON_TELEGRAM)):
        heard_by(live.of(ON_TELEGRAM))("Yes.")
    with live.taking(turn_of(OTHER)), live.watching(OTHER):
        heard_by(live.of(OTHER))
    with live.taking(turn_of()):
        live.of(CHAT)
    assert live.remembered == 0
