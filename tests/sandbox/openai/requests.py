"""What a request to the chat completions endpoint may hold, read strictly.

Written from https://platform.openai.com/docs/api-reference/chat/create. Fields that are documented and that the desk
has no use for (tools, sound, several choices, ...) are refused as well: they would be a mistake.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.openai.refusals import invalid, unknown_field, unsupported
from tests.sandbox.openai.schemas import check_strict

_FIELDS = {
    "model",
    "messages",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "reasoning_effort",
    "response_format",
    "stream",
    "stream_options",
}
_PICTURES = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8", "image/webp": b"RIFF", "image/gif": b"GIF8"}
_EFFORTS = {"none", "minimal", "low", "medium", "high", "xhigh"}


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that was sent."""

    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Rules:
    """What a server takes. The defaults are OpenAI's with an ordinary model.

    reasoning: as models that reason, no `max_tokens` and no `temperature`. local: as servers that know only
    `{"type": "json_object", "schema": ...}` and only `max_tokens`.
    """

    reasoning: bool = False
    local: bool = False
    vision: bool = True
    most_image_bytes: int = 20_000_000
    stream_options: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a chat completion, as the model reads it."""

    model: str
    system: str
    user: str
    max_tokens: int
    stream: bool = False
    usage: bool = True
    schema: dict[str, Any] | None = None
    images: tuple[Picture, ...] = field(default=())


def read_chat(body: Any, rules: Rules) -> Asked:
    """Raises Refused for anything that the documentation does not allow."""
    if not isinstance(body, dict):
        raise invalid("We could not parse the JSON body of your request.")
    if unknown := sorted(set(body) - _FIELDS):
        raise unknown_field(unknown[0])
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise invalid("you must provide a model parameter")
    _check_numbers(body, rules)
    stream = body.get("stream", False)
    if not isinstance(stream, bool):
        raise invalid("Invalid type for 'stream'", "stream", "invalid_type")
    system, user, images = _read_messages(body.get("messages"), rules)
    return Asked(
        model=body["model"],
        system=system,
        user=user,
        max_tokens=body.get("max_completion_tokens") or body["max_tokens"],
        stream=stream,
        usage=_reads_usage(body, stream, rules),
        schema=_read_format(body["response_format"], rules) if "response_format" in body else None,
        images=images,
    )


def _check_numbers(body: dict[str, Any], rules: Rules) -> None:
    limits = [name for name in ("max_tokens", "max_completion_tokens") if name in body]
    if len(limits) != 1:
        raise invalid("Setting one of 'max_tokens' and 'max_completion_tokens' is expected", "max_tokens")
    (limit,) = limits
    if rules.reasoning and limit == "max_tokens":
        raise unsupported("max_tokens", "Use 'max_completion_tokens' instead.")
    if rules.local and limit == "max_completion_tokens":
        raise unknown_field("max_completion_tokens")
    if not _whole(body[limit]) or body[limit] < 1:
        raise invalid(f"Invalid value for '{limit}'", limit, "integer_below_min_value")
    if "temperature" in body:
        if rules.reasoning:
            raise invalid("Only the default (1) value is supported.", "temperature", "unsupported_value")
        if isinstance(body["temperature"], bool) or not isinstance(body["temperature"], int | float):
            raise invalid("Invalid type for 'temperature'", "temperature", "invalid_type")
        if not 0 <= body["temperature"] <= 2:
            raise invalid("Invalid 'temperature'", "temperature", "decimal_above_max_value")
    if "reasoning_effort" in body:
        if not rules.reasoning:
            raise unsupported("reasoning_effort")
        if body["reasoning_effort"] not in _EFFORTS:
            raise invalid("Invalid value for 'reasoning_effort'", "reasoning_effort", "invalid_value")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _reads_usage(body: dict[str, Any], stream: bool, rules: Rules) -> bool:
    if "stream_options" not in body:
        return not stream
    if not rules.stream_options:
        raise unknown_field("stream_options")
    if not stream:
        raise invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
    options = body["stream_options"]
    if not isinstance(options, dict) or not set(options) <= {"include_usage", "include_obfuscation"}:
        raise invalid("Invalid 'stream_options'", "stream_options")
    return options.get("include_usage") is True


def _read_format(given: Any, rules: Rules) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise invalid("Invalid type for 'response_format'", "response_format", "invalid_type")
    if rules.local:
        if given.get("type") != "json_object" or set(given) != {"type", "schema"}:
            raise invalid("response_format must be json_object with a schema", "response_format")
        return dict(given["schema"])
    if given.get("type") != "json_schema" or set(given) != {"type", "json_schema"}:
        raise invalid("response_format.type must be json_schema", "response_format.type")
    wrapped = given["json_schema"]
    if not isinstance(wrapped, dict) or set(wrapped) - {"description"} != {"name", "strict", "schema"}:
        raise invalid("response_format.json_schema needs name, strict and schema", "response_format.json_schema")
    if wrapped["strict"] is not True:
        raise invalid("the schema must be strict", "response_format.json_schema.strict")
    check_strict(wrapped["name"], wrapped["schema"])
    return dict(wrapped["schema"])


def _read_messages(messages: Any, rules: Rules) -> tuple[str, str, tuple[Picture, ...]]:
    if not isinstance(messages, list) or [_role(message) for message in messages] != ["system", "user"]:
        raise invalid("one system message and one user message are expected", "messages")
    system, given = (message.get("content") for message in messages)
    if not isinstance(system, str) or not system:
        raise invalid("Invalid type for 'messages[0].content'", "messages[0].content", "invalid_type")
    if isinstance(given, str):
        return system, given, ()
    if not isinstance(given, list) or not given:
        raise invalid("Invalid type for 'messages[1].content'", "messages[1].content", "invalid_type")
    texts = [part["text"] for part in given if _is_text(part)]
    pictures = tuple(_picture(part, rules) for part in given if not _is_text(part))
    return system, "\n".join(texts), pictures


def _role(message: Any) -> object:
    if not isinstance(message, dict) or set(message) != {"role", "content"}:
        raise invalid("a message has a role and a content", "messages")
    return message["role"]


def _is_text(part: Any) -> bool:
    if not isinstance(part, dict) or part.get("type") not in ("text", "image_url"):
        raise invalid("Invalid part of a message", "messages[1].content")
    if part["type"] == "text" and (set(part) != {"type", "text"} or not isinstance(part["text"], str)):
        raise invalid("Invalid text of a message", "messages[1].content")
    return bool(part["type"] == "text")


def _picture(part: dict[str, Any], rules: Rules) -> Picture:
    where = "messages[1].content"
    if not rules.vision:
        raise invalid("Invalid content type. image_url is only supported by certain models.", where)
    given = part.get("image_url")
    if set(part) != {"type", "image_url"} or not isinstance(given, dict) or set(given) - {"detail"} != {"url"}:
        raise invalid("Invalid image of a message", where)
    found = re.fullmatch(r"data:(image/[a-z]+);base64,(.+)", str(given["url"]), re.DOTALL)
    if found is None or found[1] not in _PICTURES:
        raise invalid("You uploaded an unsupported image.", where, "image_parse_error")
    try:
        content = base64.b64decode(found[2], validate=True)
    except binascii.Error:
        raise invalid("You uploaded an unsupported image.", where, "image_parse_error") from None
    if not content.startswith(_PICTURES[found[1]]):
        raise invalid("You uploaded an unsupported image.", where, "image_parse_error")
    if len(content) > rules.most_image_bytes:
        raise invalid("The image is too large.", where, "image_too_large")
    return Picture(found[1], content)
