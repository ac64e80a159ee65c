"""What the staff endpoints have in common: reading their requests, and answering."""

from typing import Any

import orjson
from aiohttp import web

from bot.http.cleaning import clean
from bot.http.errors import ApiError, invalid, too_large

MOST = 10_000
_LONGEST_ID = 18
_FLAGS = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}


def number_in(request: web.Request, name: str, words: str) -> int:
    """A number in the path; `words` say what it is. Raises ApiError 400."""
    text = request.match_info[name]
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_ID:
        raise invalid(f"{words} is a number.")
    return int(text)


def chat_id_of(request: web.Request) -> int:
    """The chat that the path names. Raises ApiError 400."""
    return number_in(request, "id", "A chat's id")


def asked_number(request: web.Request, name: str, default: int, least: int = 1, most: int = MOST) -> int:
    """A number in the query. Raises ApiError 400."""
    text = request.query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not least <= int(text[:19]) <= most:
        raise invalid(f"{name} must be between {least} and {most}.")
    return int(text)


def flag(request: web.Request, name: str) -> bool:
    """A yes or no in the query, no by default. Raises ApiError 400."""
    wanted = _FLAGS.get(request.query.get(name, "").lower())
    if wanted is None:
        raise invalid(f"{name} must be true or false.")
    return wanted


async def words_in(request: web.Request, name: str, meaning: str, most: int) -> str:
    """A text in the body, cleaned. Raises ApiError 400, 413 or 415."""
    text = await words_if_given(request, name, meaning, most)
    if text is None:
        raise invalid(f"{name} is missing: {meaning}.")
    return text


async def words_if_given(request: web.Request, name: str, meaning: str, most: int) -> str | None:
    """As `words_in`; None where the body has no such field."""
    if request.content_type != "application/json":
        raise ApiError(415, "unsupported_media_type", "Send the request as application/json.")
    try:
        fields = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        raise invalid("The body is not valid JSON in UTF-8.") from None
    if not isinstance(fields, dict) or name not in fields:
        return None
    text = fields[name]
    if not isinstance(text, str) or not (text := clean(text)):
        raise invalid(f"{name} is missing: {meaning}.")
    if len(text) > most:
        raise too_large(f"{name} must not be longer than {most} characters.")
    return text


def no_chat() -> ApiError:
    """404: the path names no chat."""
    return ApiError(404, "not_found", "There is no such chat.")


def as_json(body: Any) -> web.Response:
    """200 with a body."""
    return web.Response(body=orjson.dumps(body), content_type="application/json")
