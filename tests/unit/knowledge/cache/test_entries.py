"""Entries on their way through Redis, and what else may stand there."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.messages import Source
from knowledge.cache.entries import CacheKey, Entry, Stored, digest, pack, pack_evidence, unpack, unpack_evidence
from knowledge.ports import Passage

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCORE = st.floats(0, 1)
SOURCES = st.lists(st.builds(Source, TEXT, TEXT, SCORE)).map(tuple)
PASSAGES = st.lists(st.builds(Passage, TEXT, TEXT, TEXT, TEXT, st.none() | st.integers(1, 999), TEXT, SCORE)).map(tuple)


@given(st.builds(Stored, st.builds(Entry, TEXT, SOURCES, st.booleans()), st.floats(0, 1e12)))
def test_an_entry_comes_back_as_it_was(stored: Stored) -> None:
    assert unpack(pack(stored)) == stored


@given(PASSAGES, st.floats(0, 1e12))
def test_evidence_comes_back_as_it_was(passages: tuple[Passage, ...], expires_at: float) -> None:
    assert unpack_evidence(pack_evidence(passages, expires_at)) == (passages, expires_at)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'["text"]',
        b'["text",[],true,"soon"]',
        b'["text",[],1,2.0]',
        b'["text",[["a.md","A"]],true,2.0]',
        b'["text",[["a.md","A","high"]],true,2.0]',
        b"[1,[],true,2.0]",
        b'{"text":"old form"}',
        b'["text",[],true,true]',
        b'[[["1","a.md","A","text",null,"",0.5,1]],2.0]',
        b'[[["1","a.md","A","text","two","",0.5]],2.0]',
        b'[{"id":"1"},2.0]',
    ],
)
def test_garbage_is_nothing(value: bytes | None) -> None:
    assert unpack(value) is None
    assert unpack_evidence(value) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=3),
)


@given(JSON)
def test_no_json_breaks_the_reading(value: object) -> None:
    raw = orjson.dumps(value)
    unpack(raw)
    unpack_evidence(raw)


@given(st.lists(TEXT, min_size=2, max_size=4), st.lists(TEXT, min_size=2, max_size=4))
def test_digests_tell_lists_apart(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


def test_a_scope_holds_all_but_the_question() -> None:
    key = CacheKey("one", "v1", 1, "a", "en", "m")
    assert key.scope == CacheKey("other", "v1", 1, "a", "en", "m").scope
    others = [
        CacheKey("one", "v2", 1, "a", "en", "m"),
        CacheKey("one", "v1", 2, "a", "en", "m"),
        CacheKey("one", "v1", 1, "b", "en", "m"),
        CacheKey("one", "v1", 1, "a", "zh", "m"),
        CacheKey("one", "v1", 1, "a", "en", "n"),
    ]
    assert len({key.scope, *(other.scope for other in others)}) == 6
