"""No chat gets messages faster than Telegram allows."""

import pytest

from channels.telegram.pace import GROUP_MESSAGES, MANY, Pace
from core.errors import DeliveryFailed
from tests.unit.channels.telegram.conftest import Clock


async def test_messages_to_one_person_are_a_second_apart(clock: Clock) -> None:
    pace = Pace(clock.time, clock.sleep)

    for _ in range(3):
        await pace.turn(7)

    assert clock.slept == [1.0, 1.0]


async def test_chats_do_not_wait_for_each_other(clock: Clock) -> None:
    pace = Pace(clock.time, clock.sleep)

    for chat in range(50):
        await pace.turn(chat)

    assert clock.slept == []


async def test_a_group_gets_twenty_a_minute_and_the_rest_later(clock: Clock) -> None:
    pace = Pace(clock.time, clock.sleep)
    for _ in range(GROUP_MESSAGES):
        await pace.turn(-7)

    with pytest.raises(DeliveryFailed) as failed:
        await pace.turn(-7)

    assert failed.value.retry_after == 60.0
    clock.now += 60.0
    await pace.turn(-7)
    assert clock.slept == []


async def test_a_queue_for_one_person_goes_back_to_the_outbox(clock: Clock) -> None:
    async def no_sleep(_seconds: float) -> None:
        return

    pace = Pace(clock.time, no_sleep)
    for _ in range(6):
        await pace.turn(7)

    with pytest.raises(DeliveryFailed):
        await pace.turn(7)


async def test_quiet_chats_are_forgotten(clock: Clock) -> None:
    pace = Pace(clock.time, clock.sleep)
    for chat in range(MANY):
        await pace.turn(chat)
    clock.now += 120

    await pace.turn(MANY)

    assert pace.remembered == 1
