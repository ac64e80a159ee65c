"""How long a failed job rests."""

from hypothesis import given
from hypothesis import strategies as st

from bot.dispatcher import Backoff
from bot.settings import load_settings


@given(st.integers(1, 40))
def test_the_rest_doubles_up_to_a_longest_one(attempt: int) -> None:
    backoff = Backoff(first=1.0, longest=60.0)
    full = min(60.0, 2.0 ** (attempt - 1))
    assert full / 2 <= backoff.delay(attempt) <= full


def test_a_provider_that_names_its_time_is_heeded() -> None:
    assert Backoff().delay(1, retry_after=120.0) == 120.0


def test_the_last_try_is_the_last() -> None:
    backoff = Backoff(attempts=3)
    assert [backoff.exhausted(attempt) for attempt in (1, 2, 3)] == [False, False, True]


def test_a_reply_outlasts_half_an_hour_without_the_provider() -> None:
    backoff = Backoff()
    assert load_settings(_env_file=None).delivery_attempts == backoff.attempts
    shortest = sum(backoff.delay(attempt) for attempt in range(1, backoff.attempts))
    assert shortest >= 1_300, "22 minutes when every rest is the shortest it can be, 33 on average"
    assert max(backoff.delay(attempt) for attempt in range(1, backoff.attempts)) <= 60.0


def test_a_fault_of_ours_is_not_tried_for_long() -> None:
    assert Backoff().exhausted(8, fault=True)
    assert not Backoff().exhausted(8)
    assert Backoff(attempts=3).exhausted(3, fault=True)
