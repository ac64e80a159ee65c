"""The questions asked in a scope: the nearest first, the oldest forgotten first."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from knowledge.cache.asked import Asked, AskedQuestions


def asked(name: str, *vector: float, expires_at: float = 100.0) -> Asked:
    array = np.array(vector, dtype=np.float32)
    return Asked(name, name, array / np.linalg.norm(array), expires_at)


def names(questions: AskedQuestions, *vector: float, now: float = 0.0) -> list[str]:
    return [found.name for found in questions.near(asked("", *vector).vector, 0.5, 10, now)]


def test_the_nearest_come_first_and_the_far_not_at_all() -> None:
    questions = AskedQuestions(2, 10)
    for name, vector in (("far", (-1, 0)), ("near", (1, 0.5)), ("nearest", (1, 0.1))):
        questions.add(asked(name, *vector))
    assert names(questions, 1, 0) == ["nearest", "near"]


def test_what_has_ended_or_is_discarded_is_not_found() -> None:
    questions = AskedQuestions(2, 10)
    questions.add(asked("ended", 1, 0, expires_at=5.0))
    questions.add(asked("gone", 1, 0))
    questions.discard("gone")
    questions.discard("never there")
    assert names(questions, 1, 0, now=5.0) == []


@given(st.lists(st.integers(0, 30), max_size=120), st.integers(1, 20))
def test_it_holds_the_last_ones(added: list[int], capacity: int) -> None:
    questions = AskedQuestions(2, capacity)
    for number in added:
        questions.add(asked(str(number), 1, 0))
    assert len(questions) <= capacity
    held = {str(number) for number in range(31) if str(number) in questions}
    assert len(held) == len(questions)
    assert {found.name for found in questions.near(asked("", 1, 0).vector, 0.5, 100, 0.0)} == held
    assert not added or str(added[-1]) in held
