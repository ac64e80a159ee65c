"""JSON that always serialises: dates, Decimals, enums, dataclasses, sets, and text that is not quite text."""

import dataclasses
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import orjson

_OPTIONS = orjson.OPT_NON_STR_KEYS


def dumps(value: Any) -> str:
    """Any value as JSON text. Decimals become text, sets sorted lists, and the unknown its `str`."""
    try:
        return orjson.dumps(value, _default, _OPTIONS).decode()
    except (TypeError, orjson.JSONEncodeError):
        return orjson.dumps(_plain(value), option=_OPTIONS).decode()


def loads(text: str | bytes) -> Any:
    """The value of JSON text. Numbers with a point come back as float, so money is stored as text."""
    return orjson.loads(text)


def without_nul(value: Any) -> Any:
    """The same JSON value without NUL characters, which PostgreSQL's text cannot hold."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {without_nul(key): without_nul(item) for key, item in value.items()}
    return [without_nul(item) for item in value] if isinstance(value, list) else value


def _default(value: Any) -> Any:
    """What orjson does not know by itself."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return list(value) if isinstance(value, Iterable) else str(value)


def _plain(value: Any) -> Any:
    """The slow way, for what orjson refuses: lone surrogates, integers past 64 bits, unusual keys."""
    if isinstance(value, str):
        return str(value).encode("utf-8", "replace").decode()
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**63 else str(int(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {_key(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return [_plain(item) for item in sorted(value, key=str)]
    return orjson.loads(orjson.dumps(value, lambda other: _plain(str(other))))


def _key(key: Any) -> str:
    """A mapping's key as text."""
    if isinstance(key, str):
        return str(_plain(key))
    as_json = orjson.loads(orjson.dumps(_plain(key)))
    return as_json if isinstance(as_json, str) else orjson.dumps(as_json).decode()
