"""Pickers over the wire: content made once a shape, and numbers where there is no content."""

import asyncio

import pytest

from channels.whatsapp.sender import WhatsAppChannel
from core.errors import DeliveryFailed
from tests.sandbox.sent_log import MemorySentLog
from tests.sandbox.twilio_server import Choice, TwilioServer
from tests.unit.channels.whatsapp.conftest import OpenChannel, message

NUMBERED = "Which one?\n\n1. Kraft\n2. White"


async def test_buttons_arrive_with_their_ids(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    await channel.send(message("Total *$69.76*\n\nShall I place it?", "Confirm", "Change", "Cancel"))
    (sent,) = twilio.messages
    assert sent.body == "Total *$69.76*\n\nShall I place it?"
    assert sent.choices == [
        Choice("0a1b2c3d:0", "Confirm"),
        Choice("0a1b2c3d:1", "Change"),
        Choice("0a1b2c3d:2", "Cancel"),
    ]
    assert twilio.refusals == []


async def test_ten_choices_arrive_as_a_list(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    titles = [f"Pizza Box {n}in in Printed Kraft" for n in range(1, 11)]
    await channel.send(message("Which size?", *(f"{n} inch" for n in range(9)), "Printed Kraft Pizza Box 12in"))
    assert twilio.messages[0].choices[9] == Choice(
        "0a1b2c3d:9", "Printed Kraft Pizza Box…", "Printed Kraft Pizza Box 12in"
    )
    await channel.send(message("Which?", *titles, key="2"))
    assert [choice.id for choice in twilio.messages[1].choices] == [f"0a1b2c3d:{n}" for n in range(10)]
    assert twilio.refusals == []


async def test_a_shape_is_made_once_for_all_processes(twilio: TwilioServer, open_channel: OpenChannel) -> None:
    for n in range(6):
        await open_channel().send(message(f"Order {n}.\n\nShall I place it?", "Confirm", "Change", key=f"k{n}"))
    assert len(twilio.contents) == 1
    assert len({sent.content_sid for sent in twilio.messages}) == 1


async def test_many_at_once_make_one_content(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    await asyncio.gather(*(channel.send(message("Which?", "A", "B", key=f"k{n}")) for n in range(20)))
    assert len(twilio.contents) == 1
    assert len(twilio.messages) == 20


async def test_content_that_is_gone_is_made_anew(
    twilio: TwilioServer, channel: WhatsAppChannel, sent_log: MemorySentLog
) -> None:
    await channel.send(message("Which?", "A", "B", key="1"))
    twilio.contents.clear()
    await channel.send(message("Which?", "A", "B", key="2"))
    assert [choice.title for choice in twilio.messages[1].choices] == ["A", "B"]
    assert list(sent_log.contents.values()) == [twilio.messages[1].content_sid]


@pytest.mark.parametrize("fault", ["500", "429", "reset_before", "garbage"])
async def test_without_the_content_api_choices_are_numbered(
    twilio: TwilioServer, channel: WhatsAppChannel, fault: str
) -> None:
    twilio.faults.next("contents", fault)
    await channel.send(message("Which one?", "Kraft", "White"))
    assert [(sent.body, sent.choices) for sent in twilio.messages] == [(NUMBERED, [])]
    await channel.send(message("Which one?", "Kraft", "White", key="later"))
    assert len(twilio.messages[1].choices) == 2, "it is tried again with the next message"


async def test_a_shape_that_twilio_refuses_is_numbered_from_then_on(
    twilio: TwilioServer, channel: WhatsAppChannel
) -> None:
    twilio.faults.always("contents", status=400, code=20001)
    for key in "abc":
        await channel.send(message("Which one?", "Kraft", "White", key=key))
    assert [sent.body for sent in twilio.messages] == [NUMBERED] * 3
    assert twilio.count("contents") == 1


async def test_a_picker_that_whatsapp_does_not_show_is_numbered(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    twilio.faults.next("messages", status=400, code=63021)
    await channel.send(message("Which one?", "Kraft", "White"))
    assert [sent.body for sent in twilio.messages] == [NUMBERED]


async def test_a_picker_sent_before_is_not_followed_by_numbers(
    twilio: TwilioServer, open_channel: OpenChannel, sent_log: MemorySentLog
) -> None:
    twilio.faults.next("messages", "reset_after")
    with pytest.raises(DeliveryFailed):
        await open_channel().send(message("Which one?", "Kraft", "White"))
    sent_log.contents.clear()
    twilio.faults.always("contents", "500")
    for _ in range(2):
        await open_channel().send(message("Which one?", "Kraft", "White"))
    assert len(twilio.messages) == 1


async def test_numbers_sent_before_are_not_followed_by_a_picker(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    twilio.faults.next("contents", "500")
    twilio.faults.next("messages", "reset_after")
    with pytest.raises(DeliveryFailed):
        await channel.send(message("Which one?", "Kraft", "White"))
    await channel.send(message("Which one?", "Kraft", "White"))
    assert [sent.body for sent in twilio.messages] == [NUMBERED]


LONG = message("Which one?\n" + "a word or two about boxes\n" * 38, *(f"{n} " + "kraft box " * 6 for n in range(10)))


async def test_a_picker_that_went_out_is_the_whole_message(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    for _ in range(2):
        await channel.send(LONG)
    assert [len(sent.choices) for sent in twilio.messages] == [10]


async def test_choices_written_out_may_take_two_messages(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    twilio.faults.always("contents", "500")
    for _ in range(2):
        await channel.send(LONG)
    assert len(twilio.messages) == 2
    assert twilio.messages[1].body.splitlines()[-1] == f"10. {' '.join(LONG.reply.choices[9].title.split())}"


async def test_choices_half_written_out_are_written_out_to_the_end(
    twilio: TwilioServer, channel: WhatsAppChannel
) -> None:
    twilio.faults.next("contents", "500")
    twilio.faults.next("messages", slow_before=0)
    twilio.faults.next("messages", "429")
    with pytest.raises(DeliveryFailed):
        await channel.send(LONG)
    await channel.send(LONG)
    assert [len(sent.choices) for sent in twilio.messages] == [0, 0]
    assert "10. 9 kraft" in twilio.messages[1].body


async def test_a_long_order_goes_ahead_of_its_buttons(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    order = "\n".join(f"{n} x Paper Cup 8oz, white, sleeve of 50" for n in range(60))
    await channel.send(message(f"{order}\n\nShall I place it?", "Confirm"))
    assert [len(sent.choices) for sent in twilio.messages] == [0, 0, 1]
    assert twilio.messages[-1].body == "Shall I place it?"
    assert twilio.refusals == []


async def test_eleven_choices_are_numbered(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    await channel.send(message("Which?", *(f"Option {n}" for n in range(11))))
    (sent,) = twilio.messages
    assert sent.body.splitlines()[2:4] == ["1. Option 0", "2. Option 1"]
    assert sent.body.endswith("11. Option 10")
    assert twilio.count("contents") == 0
