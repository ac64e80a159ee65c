"""Text for the standard PDF fonts, which know Western European characters only (Latin-1)."""

import unicodedata
from collections.abc import Callable

MARKS = {
    **dict.fromkeys("‘’‚′ʼ", "'"),
    **dict.fromkeys("“”„″", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **{"…": "...", "•": "-", "€": "EUR", "≤": "<=", "≥": ">=", "→": "->", "Œ": "OE", "œ": "oe", "ł": "l"},
    **{"Ł": "L", "đ": "d", "Đ": "D", "ı": "i"},
}


def latin_1(text: str) -> str:
    """Text that the standard fonts can show: marks dropped from letters, a "?" where nothing comes near."""
    return _each(text, _near)


def without_controls(text: str) -> str:
    """Text for an embedded font: as it is, on one line."""
    return _each(text, lambda mark: mark)


def _each(text: str, shown: Callable[[str], str]) -> str:
    marks = unicodedata.normalize("NFC", text)
    return " ".join("".join(" " if unicodedata.category(m)[0] in "CZ" else shown(m) for m in marks).split())


def _near(mark: str) -> str:
    if ord(mark) < 256:
        return mark
    if mark in MARKS:
        return MARKS[mark]
    near = "".join(each for each in unicodedata.normalize("NFKD", mark) if ord(each) < 256)
    return near or ("" if unicodedata.combining(mark) else "?")
