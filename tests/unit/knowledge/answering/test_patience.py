"""Documents out of reach cost one question its wait, and the next ones nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from knowledge.errors import EmbedderUnusable, IndexUnusable
from knowledge.patience import Patient
from knowledge.ports import Passage
from tests.unit.knowledge.answering.parts import Shelf, passage

HELD = (passage("We deliver daily."),)


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Far(Shelf):
    """Documents that take this long, by a clock, to fail; or hang until they are let go."""

    clock: Hand = field(default_factory=Hand)
    takes: float = 0.0
    tried: int = 0
    gate: asyncio.Event | None = None

    async def version(self) -> str:
        self.tried += 1
        self.clock.now += self.takes
        if self.gate is not None:
            await self.gate.wait()
        return await super().version()

    async def passages(self) -> Sequence[Passage]:
        await self.version()
        return self.held


async def test_what_works_is_passed_on() -> None:
    patient = Patient(Shelf(HELD))

    assert await patient.version() == "1"
    assert await patient.search("deliver", 3) == HELD
    assert await patient.passages() == HELD


async def test_after_a_failure_nobody_tries_again_for_three_times_what_it_took() -> None:
    clock = Hand()
    far = Far(HELD, error=IndexUnusable("out of reach"), clock=clock, takes=5.0)
    patient = Patient(far, clock=clock)

    for _ in range(10):
        with pytest.raises(IndexUnusable):
            await patient.version()
    assert far.tried == 1

    clock.now += 15.1
    far.error = None
    assert await patient.version() == "1"
    assert await patient.passages() == HELD
    assert far.tried == 3


async def test_a_quick_failure_rests_for_a_second() -> None:
    clock = Hand()
    far = Far(HELD, error=IndexUnusable("gone"), clock=clock)
    patient = Patient(far, clock=clock)
    for wait in (0.0, 0.9, 0.2):
        clock.now += wait
        with pytest.raises(IndexUnusable):
            await patient.passages()

    assert far.tried == 2


async def test_what_hangs_is_given_up_and_goes_on_by_itself() -> None:
    far = Far(HELD, gate=asyncio.Event())
    assert far.gate is not None
    patient = Patient(far, patience=0.01, clock=far.clock)
    with pytest.raises(IndexUnusable, match="did not answer"):
        await patient.version()
    with pytest.raises(IndexUnusable, match="not tried again"):
        await patient.version()
    assert far.tried == 1

    far.gate.set()
    far.clock.now += 100
    assert await patient.version() == "1"
    await patient.close()


async def test_a_failure_of_something_else_is_no_reason_to_rest() -> None:
    shelf = Shelf(HELD, error=EmbedderUnusable("away"))
    patient = Patient(shelf)
    with pytest.raises(EmbedderUnusable):
        await patient.version()
    shelf.error = None

    assert await patient.version() == "1"


async def test_who_stops_waiting_stops_the_work() -> None:
    far = Far(HELD, gate=asyncio.Event())
    waiting = asyncio.create_task(Patient(far).version())
    while not far.tried:
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)
    assert all(task.cancelled() for task in others)


async def test_closing_ends_what_hangs() -> None:
    patient = Patient(Far(HELD, gate=asyncio.Event()), patience=0.01)
    with pytest.raises(IndexUnusable):
        await patient.version()
    await patient.close()

    assert asyncio.all_tasks() == {asyncio.current_task()}
