"""Checks a model's JSON against the schema it was asked to keep to: what the server promises is not believed.

The part of JSON Schema that strict structured output has: types, enums, constants, objects without further
properties, arrays, alternatives, and limits of numbers, lengths and counts.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

Schema = Mapping[str, Any]

_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
_SAYS_NOTHING = frozenset({"title", "description", "$defs"})
_DEEPEST = 32


class Mismatch(Exception):
    """The answer is not of the schema's form. The message says where, and repeats nothing of the answer."""


def check_json(text: str, schema: Schema) -> None:
    """Raises Mismatch where the text is no JSON of the schema's form.

    Raises ValueError for a schema with a keyword that is not known here: it could not be held to.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Mismatch("no JSON") from None
    _check(value, schema, schema, "$")


def _check(value: Any, schema: Schema, root: Schema, where: str) -> None:
    if where.count(".") + where.count("[") > _DEEPEST:
        raise Mismatch(f"{where}: too deep")
    for keyword, wanted in schema.items():
        if keyword == "$ref":
            _check(value, _resolved(wanted, root), root, where)
        elif keyword == "anyOf":
            _check_any(value, wanted, root, where)
        elif keyword == "properties":
            _check_properties(value, wanted, root, where)
        elif keyword == "items":
            for position, item in enumerate(value if isinstance(value, list) else ()):
                _check(item, wanted, root, f"{where}[{position}]")
        elif keyword in _RULES:
            if not _RULES[keyword](value, wanted, schema):
                raise Mismatch(f"{where}: {keyword}")
        elif keyword not in _SAYS_NOTHING:
            raise ValueError(f"the schema's {keyword} is not known")


def _check_any(value: Any, choices: list[Schema], root: Schema, where: str) -> None:
    for choice in choices:
        try:
            return _check(value, choice, root, where)
        except Mismatch:
            continue
    raise Mismatch(f"{where}: anyOf")


def _check_properties(value: Any, properties: Mapping[str, Schema], root: Schema, where: str) -> None:
    for name, wanted in properties.items() if isinstance(value, dict) else ():
        if name in value:
            _check(value[name], wanted, root, f"{where}.{name}")


def _resolved(reference: str, root: Schema) -> Schema:
    if reference == "#":
        return root
    found: Schema = root["$defs"][reference.removeprefix("#/$defs/")]
    return found


def _is_one_of(value: Any, allowed: list[Any]) -> bool:
    """Whether a value is one of those, where True is not 1."""
    return any(type(value) is type(one) and value == one for one in allowed)


def _of_type(value: Any, names: str | list[str]) -> bool:
    return any(_TYPES[name](value) for name in ([names] if isinstance(names, str) else names))


def _size(value: Any, kind: type[list[Any]] | type[str]) -> int | None:
    return len(value) if isinstance(value, kind) else None


def _number(value: Any) -> float | None:
    return value if _TYPES["number"](value) else None


def _at_least(measured: float | None, wanted: float) -> bool:
    return measured is None or measured >= wanted


def _at_most(measured: float | None, wanted: float) -> bool:
    return measured is None or measured <= wanted


# Whether a value keeps a keyword. As in JSON Schema, a keyword says nothing about values of another type.
_RULES: dict[str, Callable[[Any, Any, Schema], bool]] = {
    "type": lambda value, names, _: _of_type(value, names),
    "enum": lambda value, allowed, _: _is_one_of(value, allowed),
    "const": lambda value, only, _: _is_one_of(value, [only]),
    "required": lambda value, names, _: not isinstance(value, dict) or all(name in value for name in names),
    "additionalProperties": lambda value, allowed, schema: (
        allowed is not False or not isinstance(value, dict) or value.keys() <= schema.get("properties", {}).keys()
    ),
    "minimum": lambda value, limit, _: _at_least(_number(value), limit),
    "maximum": lambda value, limit, _: _at_most(_number(value), limit),
    "exclusiveMinimum": lambda value, limit, _: (number := _number(value)) is None or number > limit,
    "exclusiveMaximum": lambda value, limit, _: (number := _number(value)) is None or number < limit,
    "minItems": lambda value, limit, _: _at_least(_size(value, list), limit),
    "maxItems": lambda value, limit, _: _at_most(_size(value, list), limit),
    "minLength": lambda value, limit, _: _at_least(_size(value, str), limit),
    "maxLength": lambda value, limit, _: _at_most(_size(value, str), limit),
    "pattern": lambda value, pattern, _: not isinstance(value, str) or re.search(pattern, value) is not None,
}
