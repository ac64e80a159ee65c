"""Every raw payload is read as what it is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from channels.contract import Status
from channels.whatsapp.inbound import NotAMessage, read_message
from channels.whatsapp.status import read_status
from core.domain.messages import Kind
from tests.sandbox.twilio_server import decoded

PAYLOADS = Path(__file__).parents[3] / "payloads" / "whatsapp"
AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)

MESSAGES = {
    "audio_file": (Kind.VOICE, ""),
    "button": (Kind.TAP, "Confirm"),
    "button_of_template": (Kind.TEXT, "Talk to us"),
    "contact": (Kind.CONTACT, ""),
    "document_csv": (Kind.DOCUMENT, "order 24 Nov.csv"),
    "document_pdf": (Kind.DOCUMENT, "PO 1187.pdf"),
    "document_unknown_type": (Kind.DOCUMENT, "scan"),
    "document_with_caption": (Kind.DOCUMENT, "our order for tuesday pls"),
    "document_xlsx": (Kind.DOCUMENT, ""),
    "emoji": (Kind.TEXT, '👍🏽 2 × 🥡 12" box 👨\u200d👩\u200d👧 謝謝 ➕1'),
    "empty_body": (Kind.OTHER, ""),
    "forwarded": (Kind.TEXT, "pls send same as last week"),
    "from_an_ad": (Kind.TEXT, "is this in stock?"),
    "help_opt_out_type": (Kind.TEXT, "HELP"),
    "list_pick": (Kind.TAP, "12in box, kraft"),
    "list_pick_no_description": (Kind.TAP, "Tuesday"),
    "location": (Kind.LOCATION, "1.3521, 103.8198"),
    "location_named": (Kind.LOCATION, "Tampines Mall, 4 Tampines Central 5, Singapore 529510"),
    "new_fields": (Kind.TEXT, "2 ctn straw"),
    "order_from_catalogue": (Kind.OTHER, ""),
    "photo": (Kind.PHOTO, ""),
    "photo_with_caption": (Kind.PHOTO, "same as this box, 2 ctn"),
    "photos": (Kind.PHOTO, "shelf now"),
    "reaction": (Kind.REACTION, "👍"),
    "reply": (Kind.TEXT, "make it 4"),
    "reply_to_own": (Kind.TEXT, "no, 3 of these"),
    "start": (Kind.OPT_IN, "Start"),
    "start_opt_out_type": (Kind.OPT_IN, "START"),
    "sticker": (Kind.STICKER, ""),
    "stop": (Kind.OPT_OUT, "STOP"),
    "stop_lower_case": (Kind.OPT_OUT, "stop"),
    "stop_opt_out_type": (Kind.OPT_OUT, "STOP"),
    "text": (Kind.TEXT, "boss 2 ctn 12in box n 5 pkt straw tmr morning pls"),
    "text_lines": (Kind.TEXT, "Hi, for tomorrow:\n- 2 ctn 12in box\n- 5 pkt straw\n\nThanks & see you"),
    "text_of_old": (Kind.TEXT, "2 ctn straw"),
    "unsubscribe": (Kind.OPT_OUT, "Unsubscribe"),
    "unsupported": (Kind.OTHER, ""),
    "user_id_of_parent": (Kind.TEXT, "hi"),
    "user_id_sender": (Kind.TEXT, "hi, 2 ctn straw"),
    "video": (Kind.VIDEO, "box torn on arrival"),
    "voice_note": (Kind.VOICE, ""),
}
SENDERS = {"user_id_sender": "whatsapp:US.1234", "user_id_of_parent": "whatsapp:US.ENT.11815799212886844830"}
STATUSES = {
    "status_delivered": (Status.DELIVERED, None),
    "status_failed_63016": (Status.FAILED, 63016),
    "status_failed_63018": (Status.FAILED, 63018),
    "status_failed_63033": (Status.FAILED, 63033),
    "status_new_fields": (Status.DELIVERED, None),
    "status_queued": (Status.SENDING, None),
    "status_read": (Status.READ, None),
    "status_sent": (Status.SENT, None),
    "status_undelivered_63024": (Status.FAILED, 63024),
    "status_user_id": (Status.DELIVERED, None),
}


def payload(name: str) -> dict[str, str]:
    return decoded((PAYLOADS / f"{name}.form").read_bytes())


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_read_as_what_it_is(name: str) -> None:
    form = payload(name)
    got = read_message(form, AT).inbound
    assert (got.kind, got.text) == MESSAGES[name]
    assert got.chat.sender == SENDERS.get(name, "+6591230001")
    assert (got.provider_id, got.author) == (form["MessageSid"], "Mei Ling")
    assert len(got.attachments) == int(form["NumMedia"])


def test_a_long_text_is_whole() -> None:
    assert read_message(payload("text_long"), AT).inbound.text == payload("text_long")["Body"].strip()


@pytest.mark.parametrize(("name", "choice"), [("button", "0a1b2c3d:0"), ("list_pick", "0a1b2c3d:4")])
def test_a_tap_says_which_and_under_which_message(name: str, choice: str) -> None:
    got = read_message(payload(name), AT).inbound
    assert (got.choice_id, got.about) == (choice, "SMffffffffffffffffffffffffffff0001")


@pytest.mark.parametrize("name", ["reply", "reply_to_own", "reaction"])
def test_what_answers_a_message_names_it(name: str) -> None:
    assert read_message(payload(name), AT).replied_to == payload(name)["OriginalRepliedMessageSid"]


@pytest.mark.parametrize("name", STATUSES)
def test_a_status_is_read_as_what_it_is(name: str) -> None:
    report = read_status(payload(name))
    assert report is not None
    assert (report.status, report.error_code) == STATUSES[name]
    assert report.sid == payload(name)["MessageSid"]


def test_an_unknown_status_says_nothing() -> None:
    assert read_status(payload("status_unknown")) is None


def test_a_status_at_the_wrong_door_is_no_message() -> None:
    with pytest.raises(NotAMessage):
        read_message(payload("status_sent"), AT)


def test_no_payload_is_forgotten_here() -> None:
    names = {path.stem for path in PAYLOADS.glob("*.form")}
    assert names == {*MESSAGES, *STATUSES, "text_long", "status_unknown"}
