"""Group commit: batches form by themselves, and every caller gets its own outcome."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.storage.batches import GroupCommitter
from bot.storage.errors import StorageDown

Batches = list[list[str]]


def committer(written: Batches, limit: int = 64, fail: type[Exception] = ValueError) -> GroupCommitter[str, str]:
    """Writes words; their first letter is what they claim. "bad" fails its batch, "no" is refused alone."""

    async def write(items: Sequence[str]) -> list[str | Exception]:
        await asyncio.sleep(0)
        if any(item.endswith("bad") for item in items):
            raise fail("batch")
        written.append(list(items))
        return [LookupError(item) if item.endswith("no") else item.upper() for item in items]

    return GroupCommitter(write, lambda item: [item[0]], limit)


async def submit(group: GroupCommitter[str, str], *items: str) -> list[object]:
    return list(await asyncio.gather(*map(group.submit, items), return_exceptions=True))


async def test_what_is_submitted_together_is_written_together() -> None:
    written: Batches = []
    assert await submit(committer(written), "a", "b", "c") == ["A", "B", "C"]
    assert written == [["a", "b", "c"]]


async def test_while_one_batch_is_written_the_next_gathers() -> None:
    written: Batches = []
    group = committer(written)
    first = asyncio.create_task(group.submit("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = [asyncio.create_task(group.submit(word)) for word in "bcd"]
    await asyncio.gather(first, *rest)
    assert written == [["a"], ["b", "c", "d"]]


async def test_items_with_a_claim_in_common_follow_each_other_in_order() -> None:
    written: Batches = []
    await submit(committer(written), "a1", "a2", "b1", "a3", "b2")
    assert written == [["a1", "b1"], ["a2", "b2"], ["a3"]]


async def test_a_batch_has_a_limit() -> None:
    written: Batches = []
    await submit(committer(written, limit=2), *"abcde")
    assert written == [["a", "b"], ["c", "d"], ["e"]]


async def test_a_refused_item_does_not_fail_the_others() -> None:
    outcomes = await submit(committer([]), "a", "b-no", "c")
    assert outcomes[::2] == ["A", "C"]
    assert isinstance(outcomes[1], LookupError)


async def test_a_failing_batch_is_written_item_by_item() -> None:
    written: Batches = []
    outcomes = await submit(committer(written), "a", "b-bad", "c")
    assert outcomes[::2] == ["A", "C"]
    assert isinstance(outcomes[1], ValueError)
    assert written == [["a"], ["c"]]


async def test_an_outage_fails_the_whole_batch_at_once() -> None:
    written: Batches = []
    outcomes = await submit(committer(written, fail=StorageDown), "a", "b-bad", "c")
    assert all(isinstance(outcome, StorageDown) for outcome in outcomes)
    assert written == []
    group = committer(written)
    assert await group.submit("d") == "D"


async def test_a_caller_that_leaves_stops_nobody() -> None:
    written: Batches = []
    group = committer(written)
    leaving = asyncio.create_task(group.submit("a"))
    staying = asyncio.create_task(group.submit("b"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == "B"
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await group.close()
    assert written == [["a", "b"]]
