"""How many of what unit: number words, dozens, "x2", ranges and vague amounts."""

from dataclasses import dataclass
from decimal import Decimal

from core.domain.units import PIECE, UNITS
from core.understanding.lexicon import COUNT_NOUNS, MULTIPLIERS, NUMBER_WORDS, VAGUE_AMOUNTS
from core.understanding.spelling import stem
from core.understanding.tokens import Kind, Token

PRONOUN_LEADS = frozenset("the that this which another last first next other".split())
AMOUNT_LEADS = frozenset(
    "only just need want give me get send order add have take and plus or is it to make of pls please ok".split()
)
DOZEN = {"dozen": 12, "couple": 2}


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as said. `unit` is canonical."""

    value: Decimal | None
    to: Decimal | None = None
    unit: str | None = None
    vague: bool = False
    more: bool = False


def amount_at(tokens: list[Token], at: int) -> tuple[Amount, int] | None:
    """The amount that starts at `at` (without its unit) and where it ends, or None."""
    return _times(tokens, at) or _half(tokens, at) or _number(tokens, at) or _vague(tokens, at)


def unit_at(tokens: list[Token], at: int, own: frozenset[str] = frozenset()) -> str | None:
    """The canonical unit that the token names, or None. `own` are the catalogue's units, known to the table or not."""
    if at >= len(tokens) or tokens[at].kind is not Kind.WORD:
        return None
    text = tokens[at].text
    return UNITS.get(text) or next((u for u in (text, stem(text)) if u in own), None)


def _text(tokens: list[Token], at: int) -> str:
    return tokens[at].text if 0 <= at < len(tokens) else ""


def _times(tokens: list[Token], at: int) -> tuple[Amount, int] | None:
    """`x2`, `x 2`, `2x`, `qty 2`, `qty: 2`."""
    text = _text(tokens, at)
    if text[:1] == "x" and text[1:].isdigit():
        return Amount(Decimal(text[1:])), at + 1
    if text in ("x", "qty", "quantity", "pax"):
        skip = at + 1
        while _text(tokens, skip) in (":", "-", "=", "."):
            skip += 1
        number = _plain_number(tokens, skip)
        if number and (text != "x" or not unit_like_measure(tokens, skip)):
            return Amount(number[0]), number[1]
        return None
    number = _plain_number(tokens, at)
    if number and tokens[at].kind is Kind.NUMBER and _text(tokens, number[1]) == "x":
        after = number[1] + 1
        return Amount(number[0]), after
    return None


def unit_like_measure(tokens: list[Token], at: int) -> bool:
    """Whether a measure stands at `at`."""
    return at < len(tokens) and tokens[at].kind is Kind.MEASURE


def _half(tokens: list[Token], at: int) -> tuple[Amount, int] | None:
    """`half dozen`, `half a carton`, `half carton`."""
    if _text(tokens, at) != "half":
        return None
    after = at + 1
    if _text(tokens, after) in ("a", "an"):
        after += 1
    noun = COUNT_NOUNS.get(_text(tokens, after))
    if noun in DOZEN:
        return Amount(Decimal(DOZEN[noun]) / 2, unit=PIECE), after + 1
    if unit_at(tokens, after):
        return Amount(Decimal("0.5")), after
    return None


def _number(tokens: list[Token], at: int) -> tuple[Amount, int] | None:
    number = _plain_number(tokens, at)
    if number is None:
        return None
    value, after = number
    noun = COUNT_NOUNS.get(_text(tokens, after))
    if noun in DOZEN:
        after += 1
        if _text(tokens, after) == "of":
            after += 1
        return Amount(value * DOZEN[noun], unit=PIECE), after
    if _text(tokens, after) in ("-", "to", "or", "/", "~") and _text(tokens, after - 1) != "a":
        second = _plain_number(tokens, after + 1)
        if second and second[0] > value and _text(tokens, after) != "to" and tokens[after + 1].kind is not Kind.MEASURE:
            return Amount(value, to=second[0]), second[1]
    return Amount(value), after


def _plain_number(tokens: list[Token], at: int) -> tuple[Decimal, int] | None:
    """Digits or number words (`two hundred`, `twenty five`), or "a" before a unit or a dozen."""
    if at >= len(tokens):
        return None
    token = tokens[at]
    if token.kind is Kind.NUMBER and token.number is not None:
        value, after = token.number, at + 1
        follow = _text(tokens, after)
        if follow in MULTIPLIERS and (follow != "k" or tokens[after].glued):
            return value * MULTIPLIERS[follow], after + 1
        return value, after
    if token.text in NUMBER_WORDS and not _pronoun(tokens, at):
        return _number_words(tokens, at)
    if token.text in ("a", "an", "1x") and (unit_at(tokens, at + 1) or _text(tokens, at + 1) in COUNT_NOUNS):
        return Decimal(1), at + 1
    return None


def _pronoun(tokens: list[Token], at: int) -> bool:
    """ "the kraft one", "which one": `one` after a word, with no unit behind it, counts nothing."""
    if tokens[at].text != "one" or at == 0 or tokens[at - 1].kind not in (Kind.WORD, Kind.MEASURE, Kind.NUMBER):
        return False
    if _text(tokens, at + 1) in ("each", "ea"):
        return False
    return (unit_at(tokens, at + 1) is None and tokens[at - 1].text in PRONOUN_LEADS) or (
        unit_at(tokens, at + 1) is None
        and _text(tokens, at + 1) not in COUNT_NOUNS
        and tokens[at - 1].text not in AMOUNT_LEADS
    )


def _number_words(tokens: list[Token], at: int) -> tuple[Decimal, int]:
    total, current, after = 0, 0, at
    while after < len(tokens):
        text = tokens[after].text
        if text in NUMBER_WORDS and (current == 0 or (current % 10 == 0 and NUMBER_WORDS[text] < 10 and current >= 20)):
            current += NUMBER_WORDS[text]
        elif text in MULTIPLIERS and text != "k" and current:
            total, current = total + current * MULTIPLIERS[text], 0
        elif text == "and" and total and _text(tokens, after + 1) in NUMBER_WORDS:
            pass
        else:
            break
        after += 1
    return Decimal(total + current), after


def _vague(tokens: list[Token], at: int) -> tuple[Amount, int] | None:
    text = _text(tokens, at)
    if text == "a" and _text(tokens, at + 1) in VAGUE_AMOUNTS | {"lot"}:
        after = at + 2 + (_text(tokens, at + 2) == "of")
        return Amount(None, vague=True), after
    if text in VAGUE_AMOUNTS:
        return Amount(None, vague=True), at + 1
    return None
