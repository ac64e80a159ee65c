"""The parameters each method knows, and how their wire forms are read ("Making requests" in the Bot API)."""

import json
from typing import Any

from tests.sandbox.telegram.refusals import bad_request, stricter

Params = dict[str, Any]

_SEND = {
    "business_connection_id": str,
    "chat_id": "chat",
    "message_thread_id": int,
    "direct_messages_topic_id": int,
    "disable_notification": bool,
    "protect_content": bool,
    "allow_paid_broadcast": bool,
    "message_effect_id": str,
    "suggested_post_parameters": dict,
    "reply_parameters": dict,
    "reply_markup": dict,
}
_CAPTION = {"caption": str, "parse_mode": str, "caption_entities": list}
_TEXT = {"text": str, "parse_mode": str, "entities": list, "link_preview_options": dict}
_WHICH = {"chat_id": "chat", "message_id": int}
_EDIT = {**_WHICH, "business_connection_id": str, "inline_message_id": str, "reply_markup": dict}
_SCOPE = {"scope": dict, "language_code": str}

METHODS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "getMe": ((), {}),
    "getUpdates": ((), {"offset": int, "limit": int, "timeout": int, "allowed_updates": list}),
    "setWebhook": (
        (),
        {
            "url": str,
            "certificate": "file",
            "ip_address": str,
            "max_connections": int,
            "allowed_updates": list,
            "drop_pending_updates": bool,
            "secret_token": str,
        },
    ),
    "deleteWebhook": ((), {"drop_pending_updates": bool}),
    "getWebhookInfo": ((), {}),
    "setMyCommands": (("commands",), {"commands": list, **_SCOPE}),
    "getMyCommands": ((), _SCOPE),
    "deleteMyCommands": ((), _SCOPE),
    "sendMessage": (("chat_id", "text"), {**_SEND, **_TEXT}),
    "sendMessageDraft": (
        ("chat_id", "draft_id"),
        {
            "chat_id": "chat",
            "message_thread_id": int,
            "draft_id": int,
            "text": str,
            "parse_mode": str,
            "entities": list,
        },
    ),
    "editMessageText": (("text",), {**_EDIT, **_TEXT}),
    "editMessageReplyMarkup": ((), _EDIT),
    "deleteMessage": (("chat_id", "message_id"), _WHICH),
    "answerCallbackQuery": (
        ("callback_query_id",),
        {"callback_query_id": str, "text": str, "show_alert": bool, "url": str, "cache_time": int},
    ),
    "sendChatAction": (
        ("chat_id", "action"),
        {"business_connection_id": str, "chat_id": "chat", "message_thread_id": int, "action": str},
    ),
    "sendPhoto": (
        ("chat_id", "photo"),
        {**_SEND, **_CAPTION, "photo": "file", "has_spoiler": bool, "show_caption_above_media": bool},
    ),
    "sendDocument": (
        ("chat_id", "document"),
        {
            **_SEND,
            **_CAPTION,
            "document": "file",
            "thumbnail": "file",
            "disable_content_type_detection": bool,
        },
    ),
    "sendVoice": (("chat_id", "voice"), {**_SEND, **_CAPTION, "voice": "file", "duration": int}),
    "sendMediaGroup": (
        ("chat_id", "media"),
        {**{key: kind for key, kind in _SEND.items() if key != "reply_markup"}, "media": list},
    ),
    "getFile": (("file_id",), {"file_id": str}),
    "setMessageReaction": (("chat_id", "message_id"), {**_WHICH, "reaction": list, "is_big": bool}),
    "getChat": (("chat_id",), {"chat_id": "chat"}),
    "getChatMember": (("chat_id", "user_id"), {"chat_id": "chat", "user_id": int}),
}

# Parameters that only the sandbox insists on; Telegram words it in its own way for each.
_MISSING = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "file_id": "file_id not specified",
    "user_id": "invalid user_id specified",
}


def read(method: str, raw: dict[str, Any], files: dict[str, Any]) -> Params:
    """Parameters in their own types. Raises a Refusal for unknown, missing or malformed ones."""
    required, known = METHODS[method]
    attached = _attached(raw)
    for name in (*raw, *files):
        if name not in known and name not in attached:
            raise stricter(f'unknown parameter "{name}" of {method}')
    params = {name: _typed(name, value, known[name]) for name, value in raw.items() if name in known}
    for name in required:
        if name not in params and name not in files:
            raise bad_request(_MISSING.get(name, f'parameter "{name}" is required'))
    return params


def check_fields(name: str, value: dict[str, Any], known: str) -> None:
    """Refuses fields of a nested object that the documentation does not know."""
    for field in value:
        if field not in known.split():
            raise stricter(f'unknown field "{field}" in {name}')


def _attached(raw: dict[str, Any]) -> set[str]:
    """Names of multipart parts that a parameter refers to as attach://<name>."""
    text = json.dumps(raw)
    return {part.split('"')[0].split("\\")[0] for part in text.split("attach://")[1:]}


def _typed(name: str, value: Any, kind: Any) -> Any:
    try:
        if kind in ("chat", "file") or kind is str:
            return _text(value)
        if kind is bool:
            return _boolean(value)
        if kind is int:
            return _integer(value)
        parsed = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise bad_request(f"can't parse {name}: not a valid {getattr(kind, '__name__', kind)}") from None
    if not isinstance(parsed, kind):
        raise bad_request(f"can't parse {name}: expected {'an Array' if kind is list else 'an Object'}")
    return parsed


def _text(value: Any) -> str:
    if isinstance(value, bool | list | dict) or value is None:
        raise ValueError(value)
    return str(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "1", "yes"):
        return True
    if str(value).lower() in ("false", "0", "no"):
        return False
    raise ValueError(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool | float):
        raise ValueError(value)
    return int(value)
