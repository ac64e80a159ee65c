"""How long a part that failed is left alone, and who finds out whether it is back."""

from knowledge.cache.circuit import Circuit


class Hand:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_is_left_alone_until_the_rest_is_over_and_then_one_goes_ahead() -> None:
    clock = Hand()
    circuit = Circuit(5.0, clock)
    assert circuit.enter()
    assert circuit.failed()
    clock.now = 4.9
    assert not circuit.enter()
    clock.now = 5.0
    assert circuit.enter()
    assert not circuit.enter()
    assert circuit.worked()
    assert circuit.enter()


def test_a_scout_that_fails_begins_the_rest_anew() -> None:
    clock = Hand()
    circuit = Circuit(5.0, clock)
    circuit.failed()
    clock.now = 5.0
    assert circuit.enter()
    assert not circuit.failed()  # it was known to be away
    clock.now = 9.9
    assert not circuit.enter()


def test_a_scout_that_is_broken_off_leaves_its_place_to_another() -> None:
    clock = Hand()
    circuit = Circuit(5.0, clock)
    circuit.failed()
    clock.now = 5.0
    assert circuit.enter()
    circuit.left()
    assert circuit.enter()


def test_who_was_on_the_way_when_it_failed_may_still_come_back_well() -> None:
    circuit = Circuit(5.0, Hand())
    assert circuit.enter()
    assert circuit.enter()
    circuit.failed()
    assert circuit.worked()
    assert circuit.closed
