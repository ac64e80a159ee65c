"""What a cell of a quantity or unit column says."""

import re

from core.domain.units import PIECE, UNITS, unit_of

UNCLEAR = "some"
_EMPTY = frozenset({"", "-", "--", "---", "_", ".", "/", "nil", "none", "n/a", "na", "n.a.", "no", "null", "zero"})
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?")
_ROUND = re.compile(r"(\d+)\.0+")
_SAID = re.compile(rf"({_NUMBER.pattern})\s*([a-z]+(?:\s?\([\w ]{{1,12}}\))?)\.?", re.IGNORECASE)
_TIMES = re.compile(rf"x\s*({_NUMBER.pattern})|({_NUMBER.pattern})\s*x", re.IGNORECASE)
_OTHER = re.compile(r"\d+ ?- ?\d+|\d+ or \d+|(?:\d+ )?\d/\d|half", re.IGNORECASE)
_DOZEN = re.compile(r"doz(en|ens)?|dz", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
# "Unit" as the unit of measure says nothing: a sell unit as likely as a single piece.
_VAGUE_UNITS = frozenset({"unit", "units"})


def amount_of(cell: str) -> str:
    """The amount in a quantity cell as it is said in a message: "2", "2 ctn"; "" for none, UNCLEAR for any other."""
    text = " ".join(cell.replace("–", "-").replace("—", "-").replace("½", " 1/2").split())
    if text.casefold() in _EMPTY:
        return ""
    if _NUMBER.fullmatch(text):
        return _positive(text)
    if times := _TIMES.fullmatch(text):
        return _positive(times[1] or times[2])
    if (said := _SAID.fullmatch(text)) and _counts(said[2]):
        number = _positive(said[1])
        return f"{number} {said[2]}" if number else ""
    return text if _OTHER.fullmatch(text) else UNCLEAR


def _counts(words: str) -> bool:
    """Whether the word after a number is one that counts goods."""
    word = _WORD.findall(words)[0]
    return word.casefold() in UNITS or bool(_DOZEN.fullmatch(word))


def _positive(number: str) -> str:
    """A number as plain digits, "" for zero. A comma before three digits parts thousands, else it is a point."""
    thousands = re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", number)
    plain = number.replace(",", "" if thousands else ".")
    whole = _ROUND.fullmatch(plain)
    plain = whole[1] if whole else plain
    return plain.lstrip("0") if plain.strip("0.") else ""


def unit_in(cell: str) -> str:
    """The unit that a unit cell or a header names ("Qty (ctn)", "PKT/50"), "" where it names none or several.

    A container beside "pcs" is the unit ("bundle of 50 pcs"); an unknown word is given back as it is.
    """
    words = [w for w in _WORD.findall(cell.casefold()) if w not in _VAGUE_UNITS]
    known = list(dict.fromkeys(UNITS[w] for w in words if w in UNITS))
    outer = [u for u in known if u != PIECE]
    if len(outer) > 1:
        # "50 packets a carton": the one in front of a slash, "of" or bracket is what is counted; else it is unclear.
        first = unit_of((_WORD.findall(re.split(r"[/(]| of ", cell.casefold())[0]) or [""])[-1])
        return first if first in outer and re.search(r"[/(]| of ", cell.casefold()) else ""
    return outer[0] if outer else PIECE if known else ""


def names_unit(cell: str) -> bool:
    """Whether a cell of a unit column is a unit and nothing else."""
    return bool(unit_in(cell))
