"""Slips of the finger: a letter left out, doubled, changed with its neighbour, or hit beside."""

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_VOWELS = frozenset("aeiouy")
_LEAST_LENGTH = 5


def is_slip(one: str, other: str) -> bool:
    """Whether two words of letters differ by one slip inside them.

    The first and the last letter are the same, as they mostly are in slips and seldom in names ("Changi", "change").
    """
    short, long = sorted((one, other), key=len)
    if len(short) < _LEAST_LENGTH or short[0] != long[0] or short[-1] != long[-1]:
        return False
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(long) == len(short) + 1:
        return short[at:] == long[at + 1 :]
    if len(long) != len(short) or one == other:
        return False
    if short[at + 1 :] == long[at + 1 :]:
        return _beside(short[at], long[at])
    return short[at] == long[at + 1] and short[at + 1] == long[at] and short[at + 2 :] == long[at + 2 :]


def _beside(one: str, other: str) -> bool:
    """Whether one letter is hit or heard for the other: neighbours on the keyboard, or two vowels."""
    if {one, other} <= _VOWELS:
        return True
    for number, row in enumerate(_ROWS):
        if one in row:
            at = row.index(one)
            near = [*row[max(at - 1, 0) : at + 2]]
            for beyond in _ROWS[max(number - 1, 0) : number + 2]:
                near += beyond[max(at - 1, 0) : at + 2]
            return other in near
    return False
