"""What the stand-in's model says, and how it is put on the wire, whole or as a stream."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.sandbox.openai.requests import Asked
from tests.sandbox.openai.schemas import plainest

CREATED = 1_790_000_000
IMAGE_TOKENS = 800


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model says. `finish` "length" and "content_filter" are answers that broke off."""

    text: str | None = None
    refusal: str | None = None
    finish: str = "stop"
    cached_tokens: int = 0


def plain_reply(asked: Asked) -> Reply:
    """The answer where a test asks for none: a sentence, or the plainest value of the schema."""
    if asked.schema is None:
        return Reply("Yes, that is how it is.")
    return Reply(json.dumps(plainest(asked.schema)))


def tokens(text: str) -> int:
    """How many tokens the stand-in counts: one for every four characters begun."""
    return -(-len(text) // 4)


def usage_of(asked: Asked, reply: Reply) -> dict[str, Any]:
    """The usage object."""
    given = tokens(asked.system) + tokens(asked.user) + IMAGE_TOKENS * len(asked.images)
    written = tokens(reply.text or reply.refusal or "")
    return {
        "prompt_tokens": given,
        "completion_tokens": written,
        "total_tokens": given + written,
        "prompt_tokens_details": {"cached_tokens": min(reply.cached_tokens, given), "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def completion(number: int, asked: Asked, reply: Reply) -> dict[str, Any]:
    """The chat completion object."""
    message = {"role": "assistant", "content": reply.text, "refusal": reply.refusal, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish}
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": CREATED,
        "model": asked.model,
        "choices": [choice],
        "usage": usage_of(asked, reply),
        "service_tier": "default",
        "system_fingerprint": None,
    }


def pieces_of(reply: Reply) -> list[str]:
    """The text as a stream brings it: word by word."""
    return re.findall(r"\s*\S+|\s+$", reply.text or "")


def chunks(number: int, asked: Asked, reply: Reply) -> Iterator[tuple[str, dict[str, Any]]]:
    """The chunk objects of a stream, each with its kind: "role", "piece", "refusal", "finish" or "usage"."""

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        made = {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": asked.model,
            "service_tier": "default",
            "system_fingerprint": None,
            "choices": [choice],
        }
        return {**made, "usage": None} if asked.usage else made

    yield "role", chunk({"role": "assistant", "content": "", "refusal": None})
    if reply.refusal is not None:
        yield "refusal", chunk({"refusal": reply.refusal})
    for piece in pieces_of(reply):
        yield "piece", chunk({"content": piece})
    yield "finish", chunk({}, reply.finish)
    if asked.usage:
        yield "usage", {**chunk({}), "choices": [], "usage": usage_of(asked, reply)}
