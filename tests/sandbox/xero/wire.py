"""How Xero writes JSON: Decimals as numbers, dates the Microsoft way, and what it reads of them."""

import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from aiohttp import web

Json = dict[str, Any]

CENT = Decimal("0.01")
_MARK = secrets.token_hex(8)
_NUMBER = re.compile(rf'"{_MARK}(-?[0-9.]+)"')
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_DATE = re.compile(r"/Date\((-?\d+)(?:([+-])(\d{2})(\d{2}))?\)/")
_ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")


def rounded(value: Decimal, places: int = 2) -> Decimal:
    """Half up, to so many places."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def dumps(value: Any) -> str:
    """JSON in which a Decimal is a number with the digits it has."""
    return _NUMBER.sub(r"\1", json.dumps(value, default=_marked, ensure_ascii=False))


def loads(text: str) -> Any:
    """JSON with its numbers as Decimals."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse)


def json_answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """An answer in JSON."""
    return web.Response(
        status=status, text=dumps(body), content_type="application/json", charset="utf-8", headers=dict(headers or {})
    )


def ms_date(value: date) -> str:
    """A day as Xero answers it: midnight UTC."""
    return f"/Date({(value - _EPOCH.date()).days * 86_400_000}+0000)/"


def ms_moment(value: datetime) -> str:
    """A moment as Xero answers it."""
    return f"/Date({_milliseconds(value)}+0000)/"


def day_string(value: date) -> str:
    """What stands in DateString."""
    return f"{value.isoformat()}T00:00:00"


def moment_string(value: datetime) -> str:
    """What stands in UpdatedDateUTCString."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(text: str) -> datetime | None:
    """The moment in a /Date(...)/, None for any other text."""
    found = _MS_DATE.fullmatch(text)
    return None if found is None else _EPOCH + timedelta(milliseconds=int(found[1]))


def day_of(text: Any) -> date:
    """A day as a client may write it. A moment counts as its day in UTC, whatever the client's zone.

    Raises ValueError for anything else.
    """
    if not isinstance(text, str):
        raise ValueError(text)
    if moment := moment_of(text):
        return moment.date()
    if found := _ISO_DATE.fullmatch(text):
        return date.fromisoformat(found[1])
    raise ValueError(text)


def _milliseconds(value: datetime) -> int:
    return int((value - _EPOCH) / timedelta(milliseconds=1))


def _marked(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{_MARK}{value:f}"
    raise TypeError(f"no JSON for {value!r}")


def _refuse(name: str) -> Decimal:
    raise ValueError(f"{name} is no number")
