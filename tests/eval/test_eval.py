"""The evaluation set is sound, and the desk stays above its floor on it."""

import pytest

from tests.eval.cases import Conversation, load, sets
from tests.eval.loading import load_reference, supplier
from tests.eval.validating import complaints

FLOOR = 0.0


def all_conversations() -> list[Conversation]:
    return [case for name in sets() for case in load(name)]


def test_every_expectation_can_be_met() -> None:
    cases = all_conversations()
    references = {name: load_reference(supplier(name)) for name in {case.supplier for case in cases}}

    assert list(complaints(cases, references.__getitem__)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sets())
def test_orders_are_exact_often_enough(name: str) -> None:
    from tests.eval.playing import play_all
    from tests.eval.scoring import score

    cases = load(name)
    if not cases:
        pytest.skip("no conversations yet")
    scores = [score(case, played) for case, played in zip(cases, play_all(cases), strict=True)]

    assert sum(result.exact for result in scores) / len(scores) >= FLOOR
