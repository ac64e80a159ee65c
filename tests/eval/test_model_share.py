"""Few ordering turns reach a model, on every set together."""

import pytest

from tests.eval.cases import load, sets
from tests.eval.model_share import measure

MOST = 0.05


@pytest.mark.slow
def test_few_ordering_turns_reach_the_model() -> None:
    whole = measure([case for name in sets() for case in load(name)])["all"]

    assert whole.ordering > 1_000
    assert 0 < whole.share < MOST
    assert len(whole.characters) == len(whole.reached)
