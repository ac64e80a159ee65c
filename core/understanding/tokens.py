"""Text as people type it -> tokens. The same tokeniser reads messages and catalogues."""

import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from core.domain.units import UNITS
from core.understanding.lexicon import EMOJI_WORDS, MEASURE_UNITS, NUMBER_WORDS, UNSURE_MEASURES


class Kind(StrEnum):
    """What a token is, as far as its form tells."""

    WORD = "word"
    NUMBER = "number"
    MEASURE = "measure"
    SYMBOL = "symbol"
    DATE = "date"
    TIME = "time"
    MONEY = "money"
    PHONE = "phone"
    CODE = "code"
    PLACE = "place"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its text in lower case, where it stands, and its value if it has one.

    `measure` is canonical text such as "12in", "500ml" or "600x800mm". `glued`: no blank before it.
    """

    kind: Kind
    text: str
    start: int
    end: int
    number: Decimal | None = None
    measure: str = ""
    glued: bool = False
    marked: bool = False


_SWAPS = str.maketrans(
    {
        "’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "″": '"', "–": "-", "—": "-", "−": "-", "×": "x",
        "•": "\n", "●": "\n", "▪": "\n", "◦": "\n", "·": "\n", "‣": "\n", "✓": "\n", "☑": "\n", "\t": " ", "\r": "\n",
        "\u20e3": "", "\ufe0f": "", "\u200b": "",
        "\u200c": "",
        "\ufeff": "", "\u200d": "", "\u2060": "", "\xa0": " ", "⁄": "/",
        "→": " to ", "➡": " to ",
    }
)  # fmt: skip
_KEYCAP = re.compile("(\\d)\ufe0f?\u20e3([ ]*(?=\\d))?")
_STAMP = re.compile(
    r"^\[\d{1,2}/\d{1,2}(?:/\d{2,4})?,? \d{1,2}[:.]\d{2}(?:[:.]\d\d)?(?:\s?[ap]\.?m\.?)?\] [^:\n]{1,40}: ?",
    re.IGNORECASE | re.MULTILINE,
)
_BRACKETED = re.compile(r"^[ ]*\((\d{1,2})\)", re.MULTILINE)
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>")
_NUMBERED = re.compile(r"\bno\.\s?(?=\d)", re.IGNORECASE)
_STRUCK = re.compile(r"~(?=\S)[^~\n]+~")
_BOLD = re.compile(r"(?<![\w*])([*_])(?=\S)([^*_\n]*?\S)\1(?![\w*])")
_HALF_WORDS = re.compile(r"''")
_LIST_MARKER = re.compile(r"^[ ]*(?:\(?\d{1,2}[.)]|\(?[a-hA-H]\))(?:[ ]+|(?=[^\W\d]))(?=\S)", re.MULTILINE)
_FRACTIONS = {"½": " 1/2", "¼": " 1/4", "¾": " 3/4"}


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """Fold what only looks different: width, case, quotes, bullets, formatting; struck-out text is dropped."""
    text = _STAMP.sub("", _KEYCAP.sub(lambda m: "\n" if m[2] else m[1], text))
    text = _TAG.sub(" ", text)
    for sign, plain in _FRACTIONS.items():
        text = text.replace(sign, plain)
    text = unicodedata.normalize("NFKC", text.translate(_SWAPS)).translate(_SWAPS)
    for sign, word in EMOJI_WORDS.items():
        if sign in text:
            text = text.replace(sign, f" {word} ")
    text = _NUMBERED.sub("", _STRUCK.sub(" ", text))
    text = _without_list_markers(text)
    text = _BOLD.sub(r"\2", _BOLD.sub(r"\2", text))
    return _HALF_WORDS.sub('"', text).casefold()


def _without_list_markers(text: str) -> str:
    """Without "1.", "2)", "(a)" before the lines of a list; "(2) milk" is an amount unless the lines count up from 1."""
    bracketed = [int(n) for n in _BRACKETED.findall(text)]
    if (bracketed and bracketed != list(range(1, len(bracketed) + 1))) or len(bracketed) == 1:
        return _LIST_MARKER.sub(lambda m: m[0] if m[0].lstrip().startswith("(") else "\n", text)
    return _LIST_MARKER.sub("\n", text)


_UNIT = "|".join(sorted((re.escape(u) for u in MEASURE_UNITS if u not in ('"', "%")), key=len, reverse=True))
_CONTAINER = "|".join(sorted(UNITS, key=len, reverse=True)).replace(".", r"\.")
_NUM = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_DIM = rf"(?:\d+(?:\.\d+)?)[ ]?(?:(?:{_UNIT})\b|\")?"
_TOKEN = re.compile(
    rf"""
    (?P<LINK>https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.]+)
  | (?P<MONEY>(?:s\$|us\$|\$|sgd|usd|rm)\s?\d[\d,]*(?:\.\d+)?(?!\w) | \d+(?:\.\d+)?\s?(?:dollars?|bucks|sgd|cents?)\b)
  | (?P<PLACE>\#\s?[\dbl]\w*-\d+\w* | \b(?:s|singapore|spore|postal(?:[ ]code)?)[ ]?\(?\d{{6}}\b\)? | (?<![\d.])\d{{6}}(?![\d.,])(?![ ]?(?:pcs?|pieces?|nos)\b)
             | \bblk\.?[ ]?\d{{2,4}}[a-z]?\b(?![ ]?(?:{_CONTAINER})\b)
             | \b\d{{1,4}}[a-z]?[ ](?:[a-z]+[ ]){{1,4}}(?:drive|road|rd|street|avenue|ave|lane|crescent|boulevard|jalan|lorong)\b(?:[ ]\d{{1,3}}\b(?![ ]?[a-z]))? | \bblk\.?\s\d+\w?\b(?=\s(?:\w+\s)?\w+\s(?:st|ave|rd|road|street|avenue|drive|lane)\b))
  | (?P<CODE>\b(?:p\.?o\.?|uen|inv|invoice|quote|quotation|ref|reference|d\.?o\.?|s\.?o\.?)(?:\s?(?:no|number|num)\b\.?)?\s?[\#:.-]?\s?(?=[\w-]*\d{{2}})(?!\d+(?:x\b|[a-z]))[a-z]{{0,5}}[-/]?\d[\w/-]*
             | \b(?:order|job)[ ]?(?:(?:no|number|num)\b\.?[ ]?[\#:]?|\#)[ ]?[a-z]{{0,4}}-?\d[\w-]* | \b[a-z]{{2,4}}-\d{{4,}}\b | \#\s?\d{{3,}}\b)
  | (?P<PHONE>(?<!\d)\+\d[\d -]{{7,16}}\d(?!\w) | (?<![\d.])(?:65[\s-]?)?[3689]\d{{3}}[\s-]?\d{{4}}(?![\d\w]))
  | (?P<DATE>(?<![\d/])(?:\d{{4}}-\d{{2}}-\d{{2}} | (?:0?[1-9]|[12]\d|3[01])[/.-](?:0?[1-9]|1[0-2])[/.-](?:20)?\d\d | (?<!-)(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2]))(?![\d/x]|[ ]?(?:in|inch|inches)\b|"))
  | (?P<TIME>\b(?:[01]?\d|2[0-3])(?:[:.][0-5]\d)?\s?(?:a\.m\.|p\.m\.|[ap]\.?m)(?!\w) | \b(?:[01]?\d|2[0-3]):[0-5]\d\b(?:\s?hrs?\b)? | \b(?:[01]\d|2[0-3])[0-5]\d\s?(?:hrs?|h)\b | \b\d{{1,2}}\s?o'?\s?clock\b)
  | (?P<DIM>(?<![\w.]){_DIM}(?:[ ]?x[ ]?{_DIM})+(?!\w))
  | (?P<FRACTION>(?<![\w/])(?:\d+[ -])?[1-9]/[2-9](?![\d/]))
  | (?P<INONE>\b\d(?:-in-|[ ]in[ ])1\b(?![-/\d])(?![ ]?(?:{_CONTAINER})\b))
  | (?P<MIXED>(?<!\w)\d+(?!x)[^\W\d_]{{1,2}}\d+[^\W\d_]{{0,2}}(?!\w))
  | (?P<NUMBER>{_NUM})
  | (?P<WORD>[^\W\d_]+\d[^\W_]* | w/o\b | w/(?=\s|$) | [^\W\d_]+(?:'[^\W\d_]+)*)
  | (?P<NEWLINE>\s*\n[\s]*)
  | (?P<SYMBOL>[^\s\w])
    """,
    re.VERBOSE,
)
_PART = re.compile(rf"(\d+(?:\.\d+)?)\s?({_UNIT}|\")?")


def canonical_measure(number: Decimal, unit: str) -> str:
    """The one spelling of a measure: 0.5 L and 500 ml are both "500ml"."""
    base, factor = MEASURE_UNITS[unit]
    return f"{plain(number * Decimal(factor))}{base}"


def plain(number: Decimal) -> str:
    """A number without exponent and without trailing zeros."""
    return f"{number.normalize():f}"


@lru_cache(maxsize=4096)
def tokenise(text: str) -> tuple[Token, ...]:
    """Tokens of a normalised text, in order. Blanks are dropped; line breaks are the symbol "\\n"."""
    tokens: list[Token] = []
    last = 0
    for found in _TOKEN.finditer(text):
        start, end = found.span()
        tokens.extend(_tokens_of(found.lastgroup or "", found.group(), start, end, start == last and start > 0))
        last = end
    return tuple(_join_measures(_spelled_out(tokens)))


def _tokens_of(group: str, text: str, start: int, end: int, glued: bool) -> list[Token]:
    match group:
        case "NEWLINE":
            return [Token(Kind.SYMBOL, "\n", start, end)]
        case "NUMBER":
            return [Token(Kind.NUMBER, text, start, end, number=Decimal(text.replace(",", "")), glued=glued)]
        case "FRACTION":
            return [Token(Kind.NUMBER, text, start, end, number=_fraction(text), glued=glued)]
        case "MIXED":
            return [Token(Kind.WORD, text, start, end, glued=glued)]
        case "INONE":
            return [Token(Kind.WORD, f"{text[0]}in1", start, end, glued=glued)]
        case "DIM":
            return _dimension(text, start, end, glued)
        case _:
            return [Token(Kind[group], text.strip(), start, end, glued=glued)]


def _fraction(text: str) -> Decimal:
    *whole, part = text.replace("-", " ").split()
    top, bottom = part.split("/")
    return Decimal(whole[0] if whole else 0) + Decimal(top) / Decimal(bottom)


def _dimension(text: str, start: int, end: int, glued: bool) -> list[Token]:
    """`30cm x 300m` or `60x80cm`: one measure. Its parts keep their own units; a bare part takes the last one's."""
    parts = [(Decimal(n), unit) for n, unit in _PART.findall(text)]
    if len(parts) == 2 and bool(parts[0][1]) != bool(parts[1][1]):
        return _maybe_count(text, start, glued)
    if len(parts) > 2 and not parts[-1][1] and any(unit for _, unit in parts):
        cut = text.rindex("x")
        return [
            *_dimension(text[:cut].rstrip(), start, start + len(text[:cut].rstrip()), glued),
            *_count(text[cut:], start + cut),
        ]
    last_unit = next((unit for _, unit in reversed(parts) if unit), "")
    pieces = [canonical_measure(n, unit or last_unit) if unit or last_unit else plain(n) for n, unit in parts]
    return [
        Token(Kind.MEASURE, text, start, end, number=parts[0][0], measure="x".join(pieces), glued=glued, marked=True)
    ]


def _count(text: str, start: int) -> list[Token]:
    """`x20` behind a dimension."""
    digits = text[1:].strip()
    at = start + text.index(digits)
    return [
        Token(Kind.WORD, "x", start, start + 1),
        Token(Kind.NUMBER, digits, at, at + len(digits), Decimal(digits), glued=at == start + 1),
    ]


def _maybe_count(text: str, start: int, glued: bool) -> list[Token]:
    """`5L x 2` or `2 x 5L`: a measure and a count unless a catalogue says otherwise; kept apart, in order."""
    if _PART.findall(text)[0][1] == "" and re.match(r"\d+(?:\.\d+)?x\d", text):
        unit = _PART.findall(text)[1][1]
        pieces = [canonical_measure(Decimal(n), unit) for n, _ in _PART.findall(text)]
        return [Token(Kind.MEASURE, text, start, start + len(text), measure="x".join(pieces), glued=glued, marked=True)]
    tokens: list[Token] = []
    for found in re.finditer(rf"\d+(?:\.\d+)?|x|{_UNIT}|\"", text):
        kind = Kind.NUMBER if found.group()[0].isdigit() else Kind.WORD
        number = Decimal(found.group()) if kind is Kind.NUMBER else None
        at = start + found.start()
        tokens.append(
            Token(
                kind,
                found.group(),
                at,
                start + found.end(),
                number,
                glued=found.start() > 0 and text[found.start() - 1] != " ",
            )
        )
    return tokens


def _join_measures(tokens: list[Token]) -> list[Token]:
    """A number and the measure unit after it become one token; `12-inch` and `12 inch` alike."""
    joined: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        after = at + 1
        if token.kind is Kind.NUMBER and after < len(tokens):
            hyphen = tokens[after].text == "-" and tokens[after].glued
            after += hyphen
            if after < len(tokens) and tokens[after].text in MEASURE_UNITS and token.number is not None:
                unit = tokens[after]
                attached = unit.glued and (not hyphen or tokens[after - 1].glued)
                if unit.text == "a" and not attached:
                    joined.append(token)
                    at += 1
                    continue
                joined.append(
                    Token(
                        Kind.MEASURE, f"{plain(token.number)}{unit.text}", token.start, unit.end, token.number,
                        canonical_measure(token.number, unit.text), token.glued,
                        marked=attached or unit.text not in UNSURE_MEASURES,
                    )
                )  # fmt: skip
                at = after + 1
                continue
        joined.append(token)
        at += 1
    return joined


def _spelled_out(tokens: list[Token]) -> list[Token]:
    """`twelve inch` like `12 inch`."""
    for at in range(len(tokens) - 1):
        word, unit = tokens[at].text, tokens[at + 1].text
        if word in NUMBER_WORDS and unit in MEASURE_UNITS and (unit not in UNSURE_MEASURES or len(unit) > 2):
            tokens[at] = replace(tokens[at], kind=Kind.NUMBER, number=Decimal(NUMBER_WORDS[word]))
    return tokens


def split_measure(token: Token, text: str) -> list[Token]:
    """The number and the word that an unsure measure ("12 in", "2 l") was joined from."""
    head = re.match(r"[\d.,]+", token.text)
    cut = token.start + (head.end() if head else 0)
    number = replace(token, kind=Kind.NUMBER, text=token.text[: cut - token.start], end=cut, measure="", marked=False)
    tail = token.text[cut - token.start :].strip()
    return [number, Token(Kind.WORD, tail, token.end - len(tail), token.end)]
