"""Every raw update in tests/payloads/telegram has an outcome, and it is this one."""

import pytest

from channels.telegram import Received
from core.domain.messages import Kind
from tests.unit.channels.telegram.builders import NOW, PAYLOADS, inbound_of, payload, received

IGNORED = """
business_connection business_message channel_post channel_post_photo chat_boost chat_join_request chat_member_joined
chat_member_left chosen_inline_result deleted_business_messages edited_business_message edited_channel_post
group_anonymous_admin group_another_bot group_as_channel group_command_at_other_bot group_linked_channel_auto_forward
group_mention_longer_name group_mention_somebody_else group_not_addressed group_reply_to_person
group_text_mention_somebody_else inline_query location_live_edit message_empty_of_everything message_poll
message_reaction_anonymous message_reaction_count message_reaction_custom message_reaction_removed
my_chat_member_channel poll poll_answer pre_checkout_query purchased_paid_media removed_chat_boost
service_forum_topic_closed service_forum_topic_created service_forum_topic_edited service_forum_topic_reopened
service_general_forum_topic_hidden service_group_chat_created service_left_chat_member
service_message_auto_delete_timer_changed service_migrate_from_chat_id service_new_chat_members
service_new_chat_members_bot service_new_chat_title service_pinned_inaccessible_message service_pinned_message
service_video_chat_started shipping_query successful_payment unknown_kind web_app_data
""".split()
MEI, GROUP, FORUM = "telegram:700001", "telegram:-1001000000001", "telegram:-1001000000002"

# file -> (kind, sender, session, text)
SAID = {
    "animation": (Kind.VIDEO, MEI, "", ""),
    "audio": (Kind.VOICE, MEI, "", ""),
    "callback_query": (Kind.TAP, MEI, "", "Confirm"),
    "callback_query_group": (Kind.TAP, GROUP, "", "Take over"),
    "callback_query_inaccessible_message": (Kind.TAP, MEI, "", ""),
    "command_cart": (Kind.TEXT, MEI, "", "cart"),
    "command_help_at_bot": (Kind.TEXT, MEI, "", "help"),
    "command_order": (Kind.TEXT, MEI, "", "2 boxes"),
    "command_start": (Kind.START, MEI, "", ""),
    "command_start_payload": (Kind.START, MEI, "", "PSR-7K2M9QXW"),
    "command_unknown": (Kind.TEXT, MEI, "", "frobnicate"),
    "contact": (Kind.CONTACT, MEI, "", "Ana Example +6591230099"),
    "contact_own": (Kind.CONTACT, MEI, "", "Mei Example 6591230001"),
    "dice": (Kind.OTHER, MEI, "", ""),
    "document_bare": (Kind.DOCUMENT, MEI, "", ""),
    "document_csv": (Kind.DOCUMENT, MEI, "", "order for tomorrow"),
    "document_pdf": (Kind.DOCUMENT, MEI, "", ""),
    "document_too_large": (Kind.DOCUMENT, MEI, "", ""),
    "document_xlsx": (Kind.DOCUMENT, MEI, "", ""),
    "edited_message": (Kind.TEXT, MEI, "", "3 boxes oat milk and 1 bag espresso for tomorrow pls"),
    "edited_message_caption": (Kind.PHOTO, MEI, "", "3 of these"),
    "forum_general_message": (Kind.TEXT, FORUM, "", "hello"),
    "forum_general_reply_to_bot": (Kind.TEXT, FORUM, "", "confirm"),
    "forum_topic_message": (Kind.TEXT, FORUM, "7", "2 boxes oat milk"),
    "forum_topic_reply_to_bot": (Kind.TEXT, FORUM, "7", "confirm"),
    "game": (Kind.OTHER, MEI, "", ""),
    "group_basic_mention": (Kind.TEXT, "telegram:-4100000001", "", "cart"),
    "group_command_at_bot": (Kind.TEXT, GROUP, "", "2 boxes"),
    "group_command_bare": (Kind.TEXT, GROUP, "", "2 boxes"),
    "group_edited_message": (Kind.TEXT, GROUP, "", "3 boxes oat milk"),
    "group_mention": (Kind.TEXT, GROUP, "", "2 boxes oat milk"),
    "group_mention_other_case": (Kind.TEXT, GROUP, "", "2 boxes oat milk"),
    "group_photo_caption_mention": (Kind.PHOTO, GROUP, "", "2 of this"),
    "group_reply_to_bot": (Kind.TEXT, GROUP, "", "yes, confirm"),
    "group_text_mention": (Kind.TEXT, GROUP, "", "2 boxes oat milk"),
    "location": (Kind.LOCATION, MEI, "", "1.300812, 103.839234"),
    "location_live": (Kind.LOCATION, MEI, "", "1.300812, 103.839234"),
    "message_custom_emoji": (Kind.TEXT, MEI, "", "thanks 🙂"),
    "message_entities": (
        Kind.TEXT,
        MEI,
        "",
        "☕☕🙂 URGENT: order sheet at https://example.com/sheet, ask joan@example.com or +65 9123 0099, the usual #cafe",  # noqa: E501
    ),
    "message_external_reply": (Kind.TEXT, MEI, "", "can we get these?"),
    "message_forwarded_channel": (Kind.TEXT, MEI, "", "New prices from Monday"),
    "message_forwarded_hidden_user": (Kind.TEXT, MEI, "", "Pls order 4 trays eggs"),
    "message_forwarded_user": (Kind.TEXT, MEI, "", "Pls order 4 trays eggs"),
    "message_reaction_added": (Kind.REACTION, MEI, "", "👍"),
    "message_reply_to_message": (Kind.TEXT, MEI, "", "make that 3"),
    "message_reply_with_quote": (Kind.TEXT, MEI, "", "without this one"),
    "message_text": (Kind.TEXT, MEI, "", "2 boxes oat milk and 1 bag espresso for tomorrow pls 🙏"),
    "message_unknown_content": (Kind.OTHER, MEI, "", ""),
    "message_unknown_fields": (Kind.TEXT, MEI, "", "1 box oat milk"),
    "message_via_bot": (Kind.TEXT, MEI, "", "50% of 24 = 12"),
    "paid_media": (Kind.OTHER, MEI, "", ""),
    "photo": (Kind.PHOTO, MEI, "", ""),
    "photo_album_part_1": (Kind.PHOTO, MEI, "", "our shelf"),
    "photo_album_part_2": (Kind.PHOTO, MEI, "", ""),
    "photo_caption": (Kind.PHOTO, MEI, "", "2 of this please,"),
    "sticker_animated": (Kind.STICKER, MEI, "", "👍"),
    "sticker_custom_emoji": (Kind.STICKER, MEI, "", "👍"),
    "sticker_static": (Kind.STICKER, MEI, "", "👍"),
    "sticker_video": (Kind.STICKER, MEI, "", "👍"),
    "story": (Kind.OTHER, MEI, "", ""),
    "venue": (Kind.LOCATION, MEI, "", "Made-up Cafe, 1 Example Road (1.300812, 103.839234)"),
    "video": (Kind.VIDEO, MEI, "", "leaking carton"),
    "video_note": (Kind.VIDEO, MEI, "", ""),
    "voice": (Kind.VOICE, MEI, "", ""),
}
# file -> (chat, whether the bot may write there)
REACHED = {
    "my_chat_member_added_to_group": (GROUP, True),
    "my_chat_member_blocked": (MEI, False),
    "my_chat_member_left_group": ("telegram:-4100000001", False),
    "my_chat_member_promoted": (GROUP, True),
    "my_chat_member_removed_from_group": (GROUP, False),
    "my_chat_member_restricted": (GROUP, False),
    "my_chat_member_unblocked": (MEI, True),
}
ANSWERED_ONLY = ["callback_query_game", "callback_query_inline"]
MOVED = ["service_migrate_to_chat_id"]


def test_every_payload_has_an_expected_outcome() -> None:
    files = {file.stem for file in PAYLOADS.glob("*.json")}

    assert files == {*IGNORED, *SAID, *REACHED, *ANSWERED_ONLY, *MOVED}


@pytest.mark.parametrize("name", IGNORED)
def test_what_no_customer_says_to_the_desk_is_ignored(name: str) -> None:
    assert received(payload(name)) == Received()


@pytest.mark.parametrize("name", SAID)
def test_what_customers_send_becomes_a_message(name: str) -> None:
    update = payload(name)
    inbound = inbound_of(update)

    assert (inbound.kind, inbound.chat.sender, inbound.chat.session, inbound.text) == SAID[name]
    assert inbound.provider_id == f"u{update['update_id']}"
    assert inbound.chat.channel == "telegram"
    assert inbound.received_at == NOW
    assert inbound.author in ("Mei Example", "Ana", "Joan Example")


@pytest.mark.parametrize("name", REACHED)
def test_a_change_of_the_bots_own_standing_says_whether_the_chat_can_be_reached(name: str) -> None:
    reach = received(payload(name)).reach

    assert reach is not None
    assert (reach.chat.sender, reach.reachable) == REACHED[name]
    assert reach.at.timestamp() == payload(name)["my_chat_member"]["date"]


@pytest.mark.parametrize("name", ANSWERED_ONLY)
def test_a_button_that_is_not_the_desks_is_answered_and_means_nothing(name: str) -> None:
    assert received(payload(name)) == Received(callback_id=payload(name)["callback_query"]["id"])


def test_a_group_that_moved_is_reported() -> None:
    moved = received(payload("service_migrate_to_chat_id")).moved

    assert moved is not None
    assert (moved.old.sender, moved.new.sender) == ("telegram:-4100000001", "telegram:-1001000000003")
