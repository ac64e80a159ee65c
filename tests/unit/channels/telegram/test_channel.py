"""Files, typing, taps: the channel's smaller duties."""

import pytest

from channels.contract import Channel
from channels.telegram import TelegramChannel
from channels.telegram.media import LARGEST
from core.domain.messages import Attachment, ChatRef
from core.errors import MediaProblem, MediaTooLarge
from tests.sandbox.telegram.faults import Fault
from tests.sandbox.telegram_server import TelegramServer
from tests.unit.channels.telegram.builders import CONFIRM, MEI, PRIVATE, inbound_of, says


def test_it_is_a_channel(channel: TelegramChannel) -> None:
    as_channel: Channel = channel

    assert as_channel.name == "telegram"


# Files ---------------------------------------------------------------------------------------------------


def document(server: TelegramServer, data: bytes) -> Attachment:
    """What a customer's document becomes."""
    server.chat(MEI).sends_document("order.csv", data, mime_type="text/csv")
    (attachment,) = inbound_of(server.updates.made[-1]).attachments
    return attachment


async def test_a_file_is_fetched(server: TelegramServer, channel: TelegramChannel) -> None:
    attachment = document(server, b"sku,quantity\nPB-12,2\n")

    assert await channel.fetch(attachment, 1_000) == b"sku,quantity\nPB-12,2\n"


async def test_a_file_that_says_it_is_too_large_is_not_asked_for(
    server: TelegramServer, channel: TelegramChannel
) -> None:
    with pytest.raises(MediaTooLarge):
        await channel.fetch(Attachment("x", size=LARGEST + 1), 10**9)

    assert server.calls_of("getFile") == []


async def test_a_file_that_turns_out_too_large_is_cut_off(server: TelegramServer, channel: TelegramChannel) -> None:
    attachment = document(server, b"x" * 200_000)

    with pytest.raises(MediaTooLarge):
        await channel.fetch(Attachment(attachment.ref), 1_000)


async def test_what_telegram_does_not_hand_out_is_too_large(server: TelegramServer, channel: TelegramChannel) -> None:
    attachment = document(server, b"x")
    server.files[attachment.ref].wire["file_size"] = LARGEST + 1

    with pytest.raises(MediaTooLarge):
        await channel.fetch(Attachment(attachment.ref), 10**9)


async def test_a_file_that_telegram_does_not_know_is_gone(channel: TelegramChannel) -> None:
    with pytest.raises(MediaProblem) as problem:
        await channel.fetch(Attachment("no-such-file"), 1_000)

    assert not problem.value.again


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        ("getFile", Fault.broken()),
        ("getFile", Fault.reset()),
        ("getFile", Fault.too_many(2)),
        ("file", Fault.broken()),
        ("file", Fault.reset()),
        ("file", Fault.slow(2.0)),
    ],
)
async def test_an_outage_is_no_reason_to_give_a_file_up(
    server: TelegramServer, channel: TelegramChannel, method: str, fault: Fault
) -> None:
    attachment = document(server, b"sku,quantity\n")
    server.faults.next(method, fault)

    with pytest.raises(MediaProblem) as problem:
        await channel.fetch(attachment, 1_000)

    assert problem.value.again
    assert server.token not in f"{problem.value} {problem.value.__cause__}"
    assert await channel.fetch(attachment, 1_000) == b"sku,quantity\n"


# Courtesies ----------------------------------------------------------------------------------------------


async def test_typing_is_shown(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)

    await channel.show_typing(PRIVATE, "5")

    assert chat.actions == [("typing", None)]


async def test_typing_takes_nothing_of_a_groups_twenty_a_minute(
    server: TelegramServer, channel: TelegramChannel
) -> None:
    group = server.group(-1001000000001)

    await channel.show_typing(ChatRef("telegram", "telegram:-1001000000001"), "5")

    assert group.actions == []


@pytest.mark.parametrize("sender", ["telegram:1", "+6591230001", "telegram:-1001000000001"])
async def test_typing_that_cannot_be_shown_is_let_be(channel: TelegramChannel, sender: str) -> None:
    await channel.show_typing(ChatRef("telegram", sender), "5")


async def test_a_tap_is_answered(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)
    await channel.send(says("Confirm?", choices=CONFIRM))
    tap = chat.taps(chat.last, "Confirm")

    await channel.answer_tap(tap.id, "That button is an old one. " * 20)

    assert tap.answer is not None
    assert len(tap.answer["text"]) == 200


async def test_a_tap_that_is_too_old_is_let_be(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)
    await channel.send(says("Confirm?", choices=CONFIRM))
    tap = chat.taps(chat.last, "Confirm")
    server.passes(60)

    await channel.answer_tap(tap.id)

    assert tap.answer is None
    assert "query is too old" in str(server.refused[-1].refusal)
