"""Inline keyboards and reply parameters, checked as the documentation describes them."""

from typing import Any

from tests.sandbox.telegram.parameters import check_fields
from tests.sandbox.telegram.refusals import bad_request, stricter

Wire = dict[str, Any]

_BUTTON = (
    "text icon_custom_emoji_id style url callback_data web_app login_url switch_inline_query "
    "switch_inline_query_current_chat switch_inline_query_chosen_chat copy_text callback_game pay"
)
_DOES = "url callback_data web_app login_url switch_inline_query copy_text callback_game pay".split()
_REPLY = (
    "message_id chat_id allow_sending_without_reply quote quote_parse_mode quote_entities quote_position "
    "checklist_task_id"
)
_OTHER_MARKUPS = {
    "keyboard": (
        "keyboard is_persistent resize_keyboard one_time_keyboard input_field_placeholder selective",
        "reply keyboard",
    ),
    "remove_keyboard": ("remove_keyboard selective", "reply keyboard removal"),
    "force_reply": ("force_reply input_field_placeholder selective", "force reply"),
}


def inline_keyboard(markup: Wire | None, *, edit: bool = False) -> Wire | None:
    """The reply_markup that a message carries afterwards; None for none. Raises a Refusal."""
    if markup is None:
        return None
    for kind, (fields, name) in _OTHER_MARKUPS.items():
        if kind in markup:
            if edit:
                raise bad_request("inline keyboard expected")
            check_fields(name, markup, fields)
            return None
    check_fields("reply_markup", markup, "inline_keyboard")
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list) or any(not isinstance(row, list) for row in rows):
        raise bad_request('can\'t parse inline keyboard: Field "inline_keyboard" must be an Array of Arrays')
    if not rows:
        if edit:
            return None  # which is how a keyboard is taken away
        raise stricter("empty inline keyboard")
    if any(not row for row in rows):
        raise stricter("empty row in an inline keyboard")
    if any(len(row) > 8 for row in rows) or sum(map(len, rows)) > 100:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    for row in rows:
        for button in row:
            _check_button(button)
    return {"inline_keyboard": rows}


def _check_button(button: Wire) -> None:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    check_fields("an inline keyboard button", button, _BUTTON)
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if not text.strip():
        raise stricter("an inline keyboard button has no text")
    does = [name for name in _DOES if name in button]
    if not does:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(does) > 1:
        raise stricter(f"an inline keyboard button does several things: {does}")
    if "callback_data" in button:
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= 64:
            raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button and "." not in str(button["url"]) and not str(button["url"]).startswith("tg://"):
        raise bad_request("BUTTON_URL_INVALID")


def check_reply(parameters: Wire, chat_id: int) -> tuple[int, bool]:
    """The answered message's id, and whether it may be missing."""
    check_fields("reply_parameters", parameters, _REPLY)
    message_id = parameters.get("message_id")
    if not isinstance(message_id, int) or isinstance(message_id, bool):
        raise bad_request('can\'t parse reply parameters: Field "message_id" must be an Integer')
    if parameters.get("chat_id", chat_id) != chat_id:
        raise stricter("replies across chats are not modelled here")
    return message_id, bool(parameters.get("allow_sending_without_reply"))
