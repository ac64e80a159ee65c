"""The evaluation sets are sound, and the desk stays above its floor on each of them."""

import pytest

from tests.eval.cases import Conversation, load, sets
from tests.eval.loading import load_reference, supplier
from tests.eval.validating import complaints

# Share of conversations whose order is exact, and silent wrong lines that are allowed. Raise, never lower.
FLOORS = {
    "sample": (0.99, 0),
    "hardware": (0.98, 0),
    "holdout": (0.98, 0),
    "bakery": (0.93, 0),
    "clinic": (0.94, 0),
}


def all_conversations() -> list[Conversation]:
    return [case for name in sets() for case in load(name)]


def test_every_expectation_can_be_met() -> None:
    cases = all_conversations()
    references = {name: load_reference(supplier(name)) for name in {case.supplier for case in cases}}

    assert list(complaints(cases, references.__getitem__)) == []


def test_every_set_has_a_floor() -> None:
    assert set(sets()) == set(FLOORS)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FLOORS))
def test_orders_are_exact_often_enough_and_no_line_is_wrong_in_silence(name: str) -> None:
    from tests.eval.playing import play_all
    from tests.eval.scoring import score

    cases = load(name)
    scores = [score(case, played) for case, played in zip(cases, play_all(cases), strict=True)]
    least, silent = FLOORS[name]

    assert sum(result.exact for result in scores) / len(scores) >= least
    assert sum(len(result.silent) for result in scores) <= silent
