"""Forms of incoming messages become what the desk reads."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.whatsapp.inbound import LONGEST_TEXT, NotAMessage, Received, read_message
from core.domain.messages import Attachment, ChatRef, Inbound, Kind

AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
SID = "SM" + "a" * 32
EARLIER = "SM" + "b" * 32
MEDIA = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME"


def form(**fields: str) -> dict[str, str]:
    return {"MessageSid": SID, "From": "whatsapp:+6591230001", "To": "whatsapp:+6531234567", "NumMedia": "0", **fields}


def read(**fields: str) -> Inbound:
    return read_message(form(**fields), AT).inbound


def with_media(content_type: str, **fields: str) -> Inbound:
    return read(NumMedia="1", MediaUrl0=MEDIA + "0", MediaContentType0=content_type, **fields)


def test_words_arrive_with_who_when_and_which() -> None:
    got = read_message(form(Body="2 ctn 12in box pls 🙏", ProfileName="Mei Ling", WaId="6591230001"), AT)
    expected = Inbound(
        ChatRef("whatsapp", "+6591230001"),
        SID,
        "2 ctn 12in box pls 🙏",
        AT,
        message_id=SID,
        author="Mei Ling",
    )
    assert got == Received(expected)


def test_a_reply_names_the_message_it_answers() -> None:
    got = read_message(form(Body="yes", OriginalRepliedMessageSid=EARLIER), AT)
    assert (got.replied_to, got.inbound.kind, got.inbound.about) == (EARLIER, Kind.TEXT, "")


def test_a_button_gives_back_its_id_and_title() -> None:
    got = read(ButtonPayload="a1b2c3d4:2", ButtonText="Confirm", Body="Confirm", OriginalRepliedMessageSid=EARLIER)
    assert (got.kind, got.choice_id, got.text, got.about) == (Kind.TAP, "a1b2c3d4:2", "Confirm", EARLIER)


def test_a_list_row_gives_back_its_id_and_title() -> None:
    got = read(ListId="a1b2c3d4:7", ListTitle="Tue 24 Nov", Body="Tue 24 Nov", MessageType="interactive")
    assert (got.kind, got.choice_id, got.text) == (Kind.TAP, "a1b2c3d4:7", "Tue 24 Nov")


def test_the_button_of_a_template_without_a_payload_is_its_words() -> None:
    got = read(ButtonText="Order again", MessageType="button")
    assert (got.kind, got.text, got.choice_id) == (Kind.TEXT, "Order again", None)


def test_a_location_reads_as_its_name_and_address() -> None:
    got = read(Latitude="1.3521", Longitude="103.8198", Label="Pasir Ris Mall", Address="7 Pasir Ris Central")
    assert (got.kind, got.text) == (Kind.LOCATION, "Pasir Ris Mall, 7 Pasir Ris Central")


def test_a_bare_location_reads_as_where_it_lies() -> None:
    got = read(Latitude="1.3521", Longitude="103.8198")
    assert (got.kind, got.text) == (Kind.LOCATION, "1.3521, 103.8198")


@pytest.mark.parametrize(
    ("content_type", "message_type", "kind"),
    [
        ("image/jpeg", "image", Kind.PHOTO),
        ("image/png", "", Kind.PHOTO),
        ("image/webp", "", Kind.STICKER),
        ("image/webp", "image", Kind.PHOTO),
        ("image/webp", "sticker", Kind.STICKER),
        ("audio/ogg; codecs=opus", "audio", Kind.VOICE),
        ("audio/mpeg", "", Kind.VOICE),
        ("video/mp4", "video", Kind.VIDEO),
        ("text/vcard", "contacts", Kind.CONTACT),
        ("text/x-vcard", "", Kind.CONTACT),
        ("TEXT/VCARD", "", Kind.CONTACT),
        ("application/pdf", "document", Kind.DOCUMENT),
        ("text/csv", "document", Kind.DOCUMENT),
        ("", "", Kind.DOCUMENT),
    ],
)
def test_files_are_told_apart(content_type: str, message_type: str, kind: Kind) -> None:
    assert with_media(content_type, MessageType=message_type).kind is kind


def test_a_caption_is_the_text() -> None:
    got = with_media("image/jpeg", Body="this one, 3 ctn")
    assert got.text == "this one, 3 ctn"
    assert got.attachments == (Attachment(MEDIA + "0", "image/jpeg"),)


def test_the_name_of_a_document_comes_as_its_body() -> None:
    got = with_media("application/pdf", Body="order sheet Nov.pdf")
    assert got.attachments == (Attachment(MEDIA + "0", "application/pdf", "order sheet Nov.pdf"),)


def test_several_files_come_in_order() -> None:
    got = read(
        NumMedia="2",
        MediaUrl0=MEDIA + "0",
        MediaContentType0="image/jpeg",
        MediaUrl1=MEDIA + "1",
        MediaContentType1="application/pdf",
    )
    assert got.kind is Kind.PHOTO
    assert [(file.ref, file.content_type) for file in got.attachments] == [
        (MEDIA + "0", "image/jpeg"),
        (MEDIA + "1", "application/pdf"),
    ]


@pytest.mark.parametrize("fields", [{"MessageType": "reaction", "Body": "👍"}, {"ReactionEmoji": "👍"}])
def test_a_reaction_names_what_it_is_about(fields: dict[str, str]) -> None:
    got = read(**fields, OriginalRepliedMessageSid=EARLIER)
    assert (got.kind, got.text, got.about) == (Kind.REACTION, "👍", EARLIER)


def test_an_edit_names_the_message_it_changes() -> None:
    got = read(MessageType="edit", Body="3 ctn", OriginalMessageSid=EARLIER)
    assert (got.kind, got.text, got.about, got.edited) == (Kind.TEXT, "3 ctn", EARLIER, True)


def test_a_deletion_names_the_message_that_is_gone() -> None:
    got = read(MessageType="revoke", OriginalMessageSid=EARLIER)
    assert (got.kind, got.about, got.text) == (Kind.DELETED, EARLIER, "")


@pytest.mark.parametrize("fields", [{"MessageType": "unsupported"}, {"MessageType": "order"}, {}, {"Body": " \u200b "}])
def test_what_cannot_be_passed_on_is_other(fields: dict[str, str]) -> None:
    assert read(**fields).kind is Kind.OTHER


def test_an_unknown_type_with_words_is_its_words() -> None:
    assert read(MessageType="brand_new", Body="2 ctn").kind is Kind.TEXT


@pytest.mark.parametrize(
    "words", ["STOP", "stop", " Stop. ", "StopAll", "STOP ALL", "stop  all!", "unsubscribe", "“STOP”", "STOP 🙏"]
)
def test_stop_alone_opts_out(words: str) -> None:
    assert read(Body=words).kind is Kind.OPT_OUT


@pytest.mark.parametrize("words", ["START", "start", "Unstop", "subscribe."])
def test_start_alone_opts_in(words: str) -> None:
    assert read(Body=words).kind is Kind.OPT_IN


@pytest.mark.parametrize(
    "words",
    [
        "cancel",
        "CANCEL",
        "end",
        "quit",
        "stop the straws",
        "stop 2",
        "don't stop",
        "start again",
        "help",
        "stop停",
        "2",
    ],
)
def test_words_about_an_order_are_no_opting_out(words: str) -> None:
    assert read(Body=words).kind is Kind.TEXT


def test_the_caption_of_a_photo_opts_nobody_out() -> None:
    assert with_media("image/jpeg", Body="stop").kind is Kind.PHOTO


def test_what_twilio_read_as_opting_out_is_taken() -> None:
    assert read(Body="berhenti", OptOutType="STOP").kind is Kind.OPT_OUT
    assert read(Body="mula", OptOutType="START").kind is Kind.OPT_IN
    assert read(Body="help", OptOutType="HELP").kind is Kind.TEXT


@pytest.mark.parametrize(
    ("address", "sender"),
    [
        ("whatsapp:+6591230001", "+6591230001"),
        ("whatsapp: 6591230001", "+6591230001"),
        ("whatsapp:6591230001", "+6591230001"),
        ("WhatsApp:+65 9123 0001", "+6591230001"),
        ("whatsapp:US.13491208655302741918", "whatsapp:US.13491208655302741918"),
        ("whatsapp:US.1234", "whatsapp:US.1234"),
        ("whatsapp:US.ENT.11815799212886844830", "whatsapp:US.ENT.11815799212886844830"),
    ],
)
def test_senders_with_and_without_a_number(address: str, sender: str) -> None:
    assert read(From=address, Body="hi").chat == ChatRef("whatsapp", sender)


@pytest.mark.parametrize(
    "address", ["", "+6591230001", "whatsapp:", "whatsapp:+65", "whatsapp:me", "messenger:123456789"]
)
def test_without_a_whatsapp_sender_it_is_no_message(address: str) -> None:
    with pytest.raises(NotAMessage):
        read(From=address, Body="hi")


@pytest.mark.parametrize("sid", ["", "SM 1", "SM" + "a" * 80, "SM\u0000", "<script>"])
def test_without_an_id_it_is_no_message(sid: str) -> None:
    if sid == "SM\u0000":
        assert read(MessageSid=sid, Body="hi").provider_id == "SM"
        return
    with pytest.raises(NotAMessage):
        read(MessageSid=sid, Body="hi")


def test_control_characters_go_and_line_breaks_stay() -> None:
    assert read(Body="2\u0000 ctn\r\nbox\u202e\r3 pkt\u0007").text == "2 ctn\nbox\n3 pkt"


def test_joined_emoji_stay_whole() -> None:
    assert read(Body="👩‍🍳 ok").text == "👩‍🍳 ok"


def test_an_endless_text_is_cut() -> None:
    assert len(read(Body="a" * 50_000).text) == LONGEST_TEXT


def test_unknown_fields_are_ignored() -> None:
    assert read(Body="hi", ChannelMetadata="{}", Whatever="1") == read(Body="hi")


def test_the_user_id_beside_a_number_is_told() -> None:
    got = read_message(form(Body="hi", ExternalUserId="whatsapp:SG.1000321956"), AT)
    assert (got.inbound.chat.sender, got.user_id) == ("+6591230001", "whatsapp:SG.1000321956")
    assert read_message(form(Body="hi", ExternalUserId="nonsense"), AT).user_id == ""


NAMES = st.sampled_from(
    "MessageSid From Body NumMedia MediaUrl0 MediaContentType0 ButtonPayload ButtonText ListId ListTitle Latitude "
    "Longitude Label Address MessageType EventType OptOutType OriginalRepliedMessageSid ProfileName X".split()
)


@given(st.dictionaries(NAMES, st.text()))
def test_any_form_is_read_or_is_no_message(fields: dict[str, str]) -> None:
    got = read_message({**fields, **form()}, AT).inbound
    assert got.text == got.text.strip()
    got.text.encode()
    with suppress(NotAMessage):
        assert read_message(fields, AT).inbound.provider_id
