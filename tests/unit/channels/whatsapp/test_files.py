"""Files on WhatsApp: an address that Twilio fetches, once; words where there is no address; a template's link."""

from dataclasses import replace

import pytest

from channels.contract import File, Outgoing
from channels.whatsapp.sender import WhatsAppChannel
from channels.whatsapp.template import Template
from core.domain.messages import Reply
from core.errors import DeliveryFailed, DeliveryRefused
from tests.sandbox.twilio_server import TwilioServer
from tests.unit.channels.whatsapp.conftest import CHAT, CUSTOMER, OpenChannel

URL = "https://desk.example.com/documents/gAAAA"
TEMPLATE = "HX" + "0" * 32
FILE = Outgoing(
    CHAT, Reply("INV-10012.pdf", document="RS-10012"), "turn-1:1", file=File("INV-10012.pdf", b"%PDF-1.4", URL)
)
NO_ADDRESS = replace(FILE, file=File("INV-10012.pdf", b"%PDF-1.4"))
SAID_INSTEAD = "I can't send INV-10012.pdf as a file here. Say *agent* and a person will send it."


async def test_a_file_is_sent_by_its_address_once(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    for _ in range(3):
        await channel.send(FILE)
    [sent] = twilio.messages
    assert (sent.body, sent.media, sent.content_sid) == ("INV-10012.pdf", [URL], None)
    assert sent.sid.startswith("MM")
    assert twilio.refusals == []


@pytest.mark.parametrize("fault", ["reset_after", "garbage"])
async def test_one_whose_answer_was_lost_is_found_by_its_name(
    twilio: TwilioServer, channel: WhatsAppChannel, fault: str
) -> None:
    twilio.faults.next("messages", **{fault: True})
    with pytest.raises(DeliveryFailed):
        await channel.send(FILE)
    later = replace(FILE, file=File("INV-10012.pdf", b"%PDF-1.4", URL + "another"))
    await channel.send(later)
    assert [message.media for message in twilio.messages] == [[URL]]


async def test_without_an_address_it_is_said_how_to_get_it(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    await channel.send(NO_ADDRESS)
    assert [(message.body, message.media) for message in twilio.messages] == [(SAID_INSTEAD, [])]


async def test_a_template_carries_the_address_and_never_media(twilio: TwilioServer, open_channel: OpenChannel) -> None:
    twilio.add_template("{{1}}: {{2}}", {"1": "Resupply", "2": "text"}, sid=TEMPLATE)
    channel = open_channel(template=Template(TEMPLATE, {"1": "{supplier}", "2": "{text}"}))
    twilio.close_window(CUSTOMER, at_once=True)
    await channel.send(FILE)
    await channel.send(replace(NO_ADDRESS, key="turn-2:1"))
    too_long = File("INV-10012.pdf", b"%PDF-1.4", "https://desk.example.com/" + "x" * 300)
    await channel.send(replace(FILE, key="turn-3:1", file=too_long))
    assert [message.body for message in twilio.messages] == [
        f"Resupply: INV-10012.pdf: {URL}",
        f"Resupply: {SAID_INSTEAD}",
        f"Resupply: {SAID_INSTEAD}",
    ]
    assert all(message.template and not message.media for message in twilio.messages)


async def test_outside_the_window_without_a_template_nothing_can_be_sent(
    twilio: TwilioServer, channel: WhatsAppChannel
) -> None:
    with pytest.raises(DeliveryRefused):
        await channel.send(replace(FILE, template=True))
    assert twilio.messages == []
