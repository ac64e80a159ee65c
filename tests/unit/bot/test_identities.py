"""One sender, one identity."""

import pytest

from bot.identities import masked, normalise


@pytest.mark.parametrize(
    ("written", "identity"),
    [
        ("+65 9123 0001", "+6591230001"),
        ("+65-9123-0001", "+6591230001"),
        ("+65 (9123) 0001", "+6591230001"),
        ("+6591230001", "+6591230001"),
        ("6591230001", "6591230001"),
        ("91230001", "91230001"),
        ("telegram:42", "telegram:42"),
        ("+1", "+1"),
        ("+000000000", "+000000000"),
        (" visitor ", "visitor"),
    ],
)
def test_only_international_numbers_are_rewritten(written: str, identity: str) -> None:
    assert normalise(written) == identity


def test_numbers_are_masked_wherever_they_stand() -> None:
    assert masked("chat api|+6591230001|s") == "chat api|+65***01|s"
    assert masked("call +65 9123 0001 now") == "call +65***01 now"
    assert masked("2 + 3 boxes") == "2 + 3 boxes"
