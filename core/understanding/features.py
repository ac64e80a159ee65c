"""What catalogue names consist of: words, measures, and what says the kind of thing."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from core.domain.catalogue import Product
from core.domain.units import UNITS
from core.understanding.spelling import stem
from core.understanding.tokens import Kind, Token, normalise, plain, tokenise

JOINERS = frozenset("with for in of and the a by to w/ without x".split())


@dataclass(frozen=True, slots=True)
class Features:
    """What a name consists of: word stems and canonical measures, joined in `all`."""

    words: tuple[str, ...]
    measures: frozenset[str]
    parts: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        """Everything that leads to the name, parts of measures included."""
        return frozenset(self.words) | self.measures | self.parts

    @property
    def essential(self) -> frozenset[str]:
        """What a phrase has to say to be the whole name."""
        return (frozenset(self.words) | self.measures) - JOINERS


def features_of(text: str) -> Features:
    """Features of a catalogue text; `3-compartment` is one measure, "3compartment"."""
    words: list[str] = []
    measures: set[str] = set()
    parts: set[str] = set()
    tokens = [t for t in tokenise(normalise(text)) if t.text != "-"]
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token.kind is Kind.MEASURE:
            measures.add(token.measure)
            parts.update(token.measure.split("x"))
        elif token.kind is Kind.NUMBER and token.number is not None:
            number = plain(token.number)
            if at < len(tokens) and countable(tokens[at]):
                word = stem(tokens[at].text)
                measures.add(number + word)
                parts.update((number, word))
                at += 1
            else:
                measures.add(number)
        elif token.kind in (Kind.CODE, Kind.DATE, Kind.PHONE, Kind.PLACE, Kind.TIME):
            words.append(code_key(token.text))
        elif token.kind is not Kind.SYMBOL:
            words.extend(stem(part) for part in token.text.split("/") if part)
    return Features(tuple(words), frozenset(measures), frozenset(parts))


def countable(token: Token) -> bool:
    """Whether a word can be what a number in a name counts: compartments, gangs, ways, but not pieces or rolls."""
    return (
        token.kind is Kind.WORD
        and token.text.isalpha()
        and token.text not in UNITS
        and token.text not in JOINERS
        and token.text != "x"
    )


def sku_key(sku: str) -> str:
    """A SKU as one token: lower case, without hyphens and other signs."""
    return "".join(c for c in sku.casefold() if c.isalnum())


def code_key(text: str) -> str:
    """A product code as one word: `TN-2380`, `TN 2380` and `tn2380` are one.

    `24/6` gets a letter in front, so that it is no number.
    """
    key = sku_key(text)
    return f"n{key}" if key[:1].isdigit() else key


def is_code(feature: str) -> bool:
    """Whether a feature is a code: letters first, then digits."""
    return len(feature) > 2 and feature[0].isalpha() and any(c.isdigit() for c in feature)


def beside_words(name: str) -> set[str]:
    """Words that a name has only after "with" or "for"."""
    main, beside, seen = set[str](), set[str](), False
    for token in tokenise(normalise(name)):
        seen = seen or token.text in ("with", "w/", "for")
        if token.kind is Kind.WORD and token.text not in JOINERS:
            (beside if seen else main).add(stem(token.text))
    return beside - main


def value_of(measure: str) -> str:
    """The number of a canonical measure: "12" of "12in"."""
    return measure.rstrip('abcdefghijklmnopqrstuvwyz%"')


def said_values(measure: str) -> Iterator[str]:
    """The bare numbers that people say for a measure: "300" and "30" (cm) of "300mm", "1.5" (L) of "1500ml"."""
    value = value_of(measure)
    yield value
    unit = measure[len(value) :]
    for scale in {"mm": (10, 1000), "ml": (1000,), "g": (1000,)}.get(unit, ()):
        yield plain(Decimal(value) / scale)


def size_of(features: Features) -> tuple[str, Decimal] | None:
    """Unit and number of the first length, volume or weight of a name, for "the big one"."""
    for measure in sorted(features.measures):
        value = value_of(measure)
        unit = measure[len(value) :]
        if value and unit in ("mm", "ml", "g", "in", "oz", "ft") and "x" not in measure:
            return unit, Decimal(value)
    return None


def pack_counts(text: str) -> frozenset[str]:
    """Features of the pack in parentheses, such as "(100 pcs)": a name is complete without them."""
    return features_of(text[text.index("(") :]).essential if "(" in text else frozenset()


def heads_of(product: Product) -> set[str]:
    """The words that say what a product is: those of its category ("lid" of a cup lid), else all before "for"."""
    chunk: list[str] = []
    for token in tokenise(normalise(product.name)):
        if token.kind is Kind.WORD and token.text not in JOINERS:
            chunk.append(stem(token.text))
        elif chunk and (token.text in JOINERS or token.text in "(,"):
            break
    kinds = {stem(part.split()[-1]) for part in _conjuncts(product.category) if part.split()}
    return {w for w in chunk if w in kinds}


def _conjuncts(category: str) -> list[str]:
    return normalise(category).replace("&", ",").replace(" and ", ",").replace("/", ",").split(",")
