"""JSON that always serialises."""

import dataclasses
import json as standard
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.storage import json
from core.domain.messages import ChatRef, Intent


class Colour(Enum):
    RED = "red"


class Size(IntEnum):
    LARGE = 3


class Word(StrEnum):
    HELLO = "hello"


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    sku: Any
    price: Any


class Stranger:
    def __str__(self) -> str:
        return "stranger"


_plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters()),
    st.decimals(),
    st.dates(),
    st.times(),
    st.datetimes(),
    st.timedeltas(),
    st.binary(),
    st.uuids(),
    st.sampled_from([Colour.RED, Size.LARGE, Word.HELLO, Intent.ORDER, Stranger()]),
)
_hashable = st.one_of(st.text(), st.integers(), st.dates(), st.none(), st.just(Colour.RED), st.booleans())
anything = st.recursive(
    _plain,
    lambda inner: st.one_of(
        st.lists(inner),
        st.tuples(inner, inner),
        st.frozensets(_hashable),
        st.dictionaries(_hashable, inner),
        st.builds(Line, inner, inner),
    ),
    max_leaves=20,
)


@given(anything)
def test_anything_becomes_json_that_every_reader_reads(value: object) -> None:
    text = json.dumps(value)
    assert standard.loads(text) == json.loads(text)


@given(st.recursive(st.text(st.characters()), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_text_survives_but_for_what_is_not_text(value: Any) -> None:
    try:
        standard.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert json.loads(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("32.00"), '"32.00"'),
        (date(2026, 11, 24), '"2026-11-24"'),
        (datetime(2026, 11, 24, 9), '"2026-11-24T09:00:00"'),  # noqa: DTZ001
        (time(17, 30), '"17:30:00"'),
        (timedelta(minutes=5), '"0:05:00"'),
        ({3, 1, 2}, "[1,2,3]"),
        (Intent.ORDER, '"order"'),
        (ChatRef("api", "+65"), '{"channel":"api","sender":"+65","session":""}'),
        (MappingProxyType({"a": 1}), '{"a":1}'),
        ({date(2026, 1, 1): 2**70}, '{"2026-01-01":"1180591620717411303424"}'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        ("\ud83d", '"?"'),
        (Stranger(), '"stranger"'),
    ],
)
def test_what_things_become(value: object, text: str) -> None:
    assert json.dumps(value) == text


def test_nul_is_taken_out_everywhere() -> None:
    assert json.without_nul({"a\0": ["b\0c", {"d": "\0"}], "n": 1}) == {"a": ["bc", {"d": ""}], "n": 1}
