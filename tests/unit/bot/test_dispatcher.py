"""How long a failed job rests."""

from hypothesis import given
from hypothesis import strategies as st

from bot.dispatcher import Backoff


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
