"""JSON to an `Update`, and texts to clean texts. Whatever does not fit is a MalformedUpdate."""

import re
from typing import Any

from telegram import Update

from core.errors import InvalidInput

# What python-telegram-bot raises, undocumented, on JSON of the right syntax and the wrong shape.
BROKEN = (TypeError, LookupError, ValueError, AttributeError, ArithmeticError, OSError, RecursionError)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LARGEST = 2**63 - 1


class MalformedUpdate(InvalidInput):
    """An update that can never be handled, however often it comes."""

    code = "malformed_update"


def parse_update(data: object) -> Update:
    """The update in a webhook's parsed JSON body. Raises MalformedUpdate."""
    if not isinstance(data, dict):
        raise MalformedUpdate("an update is a JSON object")
    try:
        number(data.get("update_id"))
        return Update.de_json(data, None)
    except BROKEN as error:
        raise MalformedUpdate(f"not an update as Telegram sends them ({type(error).__name__})") from None


def clean(value: object) -> str:
    """A text without control characters other than line ends and tabs; "" for None. Raises TypeError."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    whole = value.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", whole.encode("utf-8", "replace").decode())


def number(value: Any) -> int:
    """An id as Telegram gives them: a whole number that a database holds. Raises TypeError or ValueError."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a number was expected")
    if abs(value) > _LARGEST:
        raise ValueError("a number is too large")
    return value
