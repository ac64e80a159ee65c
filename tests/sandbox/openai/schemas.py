"""What strict structured output takes as a schema, and the plainest value that a schema allows.

Written from https://platform.openai.com/docs/guides/structured-outputs#supported-schemas.
"""

import re
from typing import Any

from tests.sandbox.openai.refusals import Refused, invalid

_KEYWORDS = {
    "type",
    "description",
    "title",
    "enum",
    "const",
    "anyOf",
    "$ref",
    "$defs",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "pattern",
    "format",
    "multipleOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
}
_TYPES = {"string", "number", "boolean", "integer", "object", "array", "null"}
_DEEPEST = 10
_MOST_PROPERTIES = 5_000
_MOST_VALUES = 1_000
_MOST_CHARACTERS = 120_000
_LONG_ENUM, _LONG_ENUM_CHARACTERS = 250, 15_000


def check_strict(name: object, schema: Any) -> None:
    """Raises Refused for a schema that strict mode does not take."""
    if not isinstance(name, str) or re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) is None:
        raise invalid("Invalid 'response_format.json_schema.name'", "response_format.json_schema.name")
    if not isinstance(schema, dict) or schema.get("type") != "object" or "anyOf" in schema:
        raise _bad(name, (), "schema must be of type 'object' at its root, without anyOf")
    tally = _Tally()
    _check(name, schema, (), tally)
    if tally.properties > _MOST_PROPERTIES or tally.enum_values > _MOST_VALUES or tally.characters > _MOST_CHARACTERS:
        raise _bad(name, (), "the schema is too large")


class _Tally:
    properties = 0
    enum_values = 0
    characters = 0


def _check(name: str, schema: Any, path: tuple[str, ...], tally: _Tally, depth: int = 0) -> None:
    if not isinstance(schema, dict):
        raise _bad(name, path, "a schema must be an object")
    if unknown := set(schema) - _KEYWORDS:
        raise _bad(name, path, f"'{sorted(unknown)[0]}' is not permitted")
    if depth > _DEEPEST:
        raise _bad(name, path, "too deeply nested")
    for place, inner in schema.get("$defs", {}).items():
        _check(name, inner, (*path, "$defs", place), tally, depth)
    if "$ref" in schema:
        return
    _check_type(name, schema, path)
    _check_enum(name, schema, path, tally)
    for position, inner in enumerate(schema.get("anyOf", ())):
        _check(name, inner, (*path, "anyOf", str(position)), tally, depth + 1)
    if "object" in _types(schema):
        _check_object(name, schema, path, tally, depth)
    if "array" in _types(schema):
        if "items" not in schema:
            raise _bad(name, path, "array schema missing items")
        _check(name, schema["items"], (*path, "items"), tally, depth + 1)


def _check_object(name: str, schema: dict[str, Any], path: tuple[str, ...], tally: _Tally, depth: int) -> None:
    if schema.get("additionalProperties") is not False:
        raise _bad(name, path, "'additionalProperties' is required to be supplied and to be false")
    properties = schema.get("properties", {})
    if sorted(schema.get("required", ())) != sorted(properties):
        raise _bad(name, path, "'required' is required to be supplied and to be an array including every key")
    tally.properties += len(properties)
    tally.characters += sum(map(len, properties))
    for key, inner in properties.items():
        _check(name, inner, (*path, "properties", key), tally, depth + 1)


def _check_type(name: str, schema: dict[str, Any], path: tuple[str, ...]) -> None:
    if "type" not in schema:
        if not {"anyOf", "enum", "const"} & set(schema):
            raise _bad(name, path, "schema must have a 'type' key")
    elif not _types(schema) or not set(_types(schema)) <= _TYPES:
        raise _bad(name, path, "unknown type")


def _check_enum(name: str, schema: dict[str, Any], path: tuple[str, ...], tally: _Tally) -> None:
    if "enum" not in schema:
        return
    values = schema["enum"]
    if not isinstance(values, list) or not values or len(set(map(repr, values))) < len(values):
        raise _bad(name, path, "enum must hold one or more values, each once")
    length = sum(len(value) for value in values if isinstance(value, str))
    if len(values) > _LONG_ENUM and length > _LONG_ENUM_CHARACTERS:
        raise _bad(name, path, "enum is too large")
    tally.enum_values += len(values)
    tally.characters += length


def _types(schema: dict[str, Any]) -> list[str]:
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def _bad(name: object, path: tuple[str, ...], problem: str) -> Refused:
    return invalid(
        f"Invalid schema for response_format '{name}': In context={path}, {problem}.",
        "response_format",
        "invalid_json_schema",
    )


def plainest(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """The least that a schema allows: the first alternative, empty lists, zero, ""."""
    root = root or schema
    if "$ref" in schema:
        inner = schema["$ref"].removeprefix("#/$defs/")
        return plainest(root if inner == "#" else root["$defs"][inner], root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return plainest(schema["anyOf"][0], root)
    kind = _types(schema)[0]
    if kind == "object":
        return {key: plainest(inner, root) for key, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [plainest(schema["items"], root)] * schema.get("minItems", 0)
    if kind in ("integer", "number"):
        return schema.get("minimum", 0)
    return {"string": "", "boolean": False, "null": None}[kind]
