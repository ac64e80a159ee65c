"""Our own check of a model's JSON says the same as the reference implementation of JSON Schema."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator

from bot.llm.schemas import Mismatch, check_json

COMMANDS: dict[str, Any] = {
    "type": "object",
    "title": "Commands",
    "properties": {
        "commands": {"type": "array", "items": {"$ref": "#/$defs/command"}, "minItems": 1, "maxItems": 3},
        "doubt": {"type": ["string", "null"], "minLength": 1, "maxLength": 5, "description": "why"},
    },
    "required": ["commands", "doubt"],
    "additionalProperties": False,
    "$defs": {
        "command": {
            "anyOf": [
                {
                    "type": "object",
                    "properties": {
                        "do": {"const": "add"},
                        "sku": {"type": "string", "enum": ["PB-12", "PB-10"]},
                        "quantity": {"type": "integer", "minimum": 1, "maximum": 10},
                    },
                    "required": ["do", "sku", "quantity"],
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "properties": {"do": {"const": "note"}, "text": {"type": "string", "pattern": "^[a-z ]+$"}},
                    "required": ["do", "text"],
                    "additionalProperties": False,
                },
            ]
        }
    },
}
GOOD = {"commands": [{"do": "add", "sku": "PB-12", "quantity": 2}, {"do": "note", "text": "ring"}], "doubt": None}


def fits(value: Any, schema: dict[str, Any]) -> bool:
    try:
        check_json(json.dumps(value), schema)
    except Mismatch:
        return False
    return True


def test_a_value_of_the_form_passes() -> None:
    check_json(json.dumps(GOOD), COMMANDS)


words = st.sampled_from(["add", "note", "PB-12", "PB-10", "ring", "", "NOTE", "too long"])
fractions = st.floats(-1, 12).filter(lambda number: not number.is_integer())
scalars = st.none() | st.booleans() | st.integers(-1, 12) | fractions | words
commands = st.fixed_dictionaries(
    {"do": st.sampled_from(["add", "note", "drop"])},
    optional={"sku": scalars, "quantity": scalars, "text": scalars, "price": scalars},
)
values = scalars | st.fixed_dictionaries(
    {}, optional={"commands": st.lists(commands | scalars, max_size=4) | scalars, "doubt": scalars, "more": scalars}
)


@given(values)
def test_it_says_what_the_reference_implementation_says(value: Any) -> None:
    assert fits(value, COMMANDS) is OAS31Validator(COMMANDS).is_valid(value)


@given(
    st.sampled_from(
        [
            {"enum": [1, "1", None]},
            {"const": 0},
            {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 2},
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            {"type": ["integer", "boolean"]},
            {"minimum": 1},
        ]
    ),
    st.none() | st.integers(-1, 3) | st.sampled_from(["", "1", "x"]),
)
def test_single_keywords_too(schema: dict[str, Any], value: Any) -> None:
    assert fits(value, schema) is OAS31Validator(schema).is_valid(value)


def test_a_whole_number_with_a_point_is_no_integer_here() -> None:
    """JSON Schema lets 2.0 pass as an integer; a quantity must come as one."""
    assert not fits(2.0, {"type": "integer"})


def test_true_is_not_one() -> None:
    assert not fits(True, {"enum": [1]})
    assert not fits(1, {"const": True})


@pytest.mark.parametrize("text", ["", "{", "NaN", "Infinity", "{'a': 1}", '{"a": 1} x', "\ud800", "```json\n{}\n```"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(Mismatch):
        check_json(text, {})


def test_a_schema_with_an_unknown_keyword_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="uniqueItems"):
        check_json("[]", {"type": "array", "uniqueItems": True})


def test_a_value_deeper_than_any_answer_is_refused() -> None:
    nested: dict[str, Any] = {"anyOf": [{"type": "null"}, {"type": "array", "items": {"$ref": "#"}}]}
    check_json("[[null]]", nested)
    with pytest.raises(Mismatch):
        check_json("[" * 40 + "null" + "]" * 40, nested)


def test_the_message_repeats_nothing_of_the_answer() -> None:
    with pytest.raises(Mismatch) as refused:
        check_json('{"commands": [{"do": "gossip"}], "doubt": null}', COMMANDS)
    assert "gossip" not in str(refused.value)
    assert "$.commands[0]" in str(refused.value)
