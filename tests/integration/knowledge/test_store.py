"""Generations and the row that names the current one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from knowledge.errors import IndexUnusable
from knowledge.ports import Passage
from knowledge.rows import Row
from knowledge.store import GRACE, State, Store, open_store

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def rows(text: str) -> list[Row]:
    return [Row(Passage(text, "a.md", "", text), "f", np.ones((1, 2), dtype=np.float32))]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await open_store(str(tmp_path / "index"))
    yield store
    store.close()


async def test_only_one_of_two_that_began_with_the_same_state_becomes_current(store: Store) -> None:
    one, other = State("one", "1"), State("other", "2")
    assert await store.switch(State(), one)
    assert not await store.switch(State(), other)
    assert await store.state() == one
    assert await store.switch(one, other)
    assert await store.state() == other


async def test_the_marker_moves_with_the_state_and_not_with_a_new_generation(store: Store) -> None:
    assert await store.marker() == 0
    await store.switch(State(), State("one"))
    before = await store.marker()
    await store.write(rows("two"), NOW, 2)
    assert await store.marker() == before
    await store.switch(State("one"), State("two"))
    assert await store.marker() != before


async def test_a_generation_that_is_being_named_is_not_cleaned_away(store: Store) -> None:
    first = await store.write(rows("first"), NOW, 2)
    await store.switch(State(), State(first))
    late = NOW + GRACE + timedelta(hours=1)
    second = await store.write(rows("second"), late, 2)
    assert await store.clean(late) == []
    assert [row.passage.text for row in await store.rows(second)] == ["second"]
    await store.switch(State(first), State(second))
    # The first may still be read: it was replaced only now.
    assert await store.clean(late + GRACE / 2) == []
    assert await store.clean(late + GRACE * 2) == [first]
    with pytest.raises(IndexUnusable):
        await store.rows(first)


async def test_what_is_no_index_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "state_1.lance").mkdir()
    (tmp_path / "index" / "state_1.lance" / "_versions").mkdir()
    (tmp_path / "index" / "state_1.lance" / "_versions" / "1.manifest").write_bytes(b"nothing of the kind")
    store = await open_store(str(tmp_path / "index"))
    with pytest.raises(IndexUnusable):
        await store.state()
    store.close()
