"""A burst of messages -> clauses: the stretches of text that say one thing each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.understanding import cues
from core.understanding.features import code_key, sku_key
from core.understanding.index import CatalogueIndex, resolve_unsure
from core.understanding.tokens import Kind, Token, normalise, tokenise

_WORD = re.compile(r"(?<![\w'-])[a-z]{5,14}(?![\w'-])")
_CODE = re.compile(r"(?<![\w-])(?:[a-z0-9]+(?:[-/._][a-z0-9]+)+|[a-z]{1,5} ?\d{2,}[a-z]{0,3})(?![\w-])")
_MOST_REMEMBERED = 4_000
_ENDS = frozenset(".!?;\n")


@dataclass(frozen=True, slots=True)
class Clause:
    """Tokens that belong together; `asks` when a question mark ends it. `text` is their text."""

    tokens: tuple[Token, ...]
    text: str
    asks: bool = False
    breaks: bool = False


def clauses_of(text: str, index: CatalogueIndex) -> tuple[Clause, ...]:
    """Clauses of one message, in order; quoted lines (starting with ">") are left out."""
    known = index.memo.get(text)
    if known is None:
        if len(index.memo) >= _MOST_REMEMBERED:
            index.memo.clear()
        known = index.memo[text] = tuple(_clauses(text, index))
    return known


def _clauses(text: str, index: CatalogueIndex) -> Iterator[Clause]:
    plain = normalise("\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">")))
    plain = _WORD.sub(lambda m: index.control_word(m[0]) or m[0], plain)
    plain = _CODE.sub(lambda m: _as_code(m[0], index), plain)
    tokens = resolve_unsure(tokenise(plain), index)
    cuts = {m.end() for m in cues.ELSE_SPLIT.finditer(plain)} | {m.end() for m in cues.EDIT_COMMA.finditer(plain)}
    start = 0
    for at, token in enumerate(tokens):
        ends = token.text in _ENDS and token.kind is Kind.SYMBOL and not _list_marker(tokens, at)
        cut = any(tokens[at - 1].end <= c <= token.start for c in cuts) if at > start else False
        cut = cut and not cues.ONLY_ASKS_FOR.match(plain[tokens[start].start : token.start])
        if cut:
            yield from _clause(plain, tokens[start:at], "")
            start = at
        if ends:
            yield from _clause(plain, tokens[start:at], token.text)
            start = at + 1
    yield from _clause(plain, tokens[start:], "")


def _as_code(text: str, index: CatalogueIndex) -> str:
    """A product's code or SKU as one word; anything else as it is."""
    key = sku_key(text)
    if key in index.skus:
        return key
    return code_key(text) if code_key(text) in index.codes else text


def _list_marker(tokens: list[Token], at: int) -> bool:
    """The dot of "1." at the start of a line."""
    if tokens[at].text != "." or at == 0 or tokens[at - 1].kind is not Kind.NUMBER or not tokens[at].glued:
        return False
    return at == 1 or tokens[at - 2].text == "\n"


def _clause(text: str, tokens: list[Token], end: str) -> Iterator[Clause]:
    while tokens and (tokens[-1].text in ("and", ",", "but", "then", "n", "+")):
        tokens = tokens[:-1]
    while tokens and tokens[0].text in (",", ")", "]"):
        tokens = tokens[1:]
    if tokens:
        yield Clause(tuple(tokens), text[tokens[0].start : tokens[-1].end].strip(), end == "?", end in ("\n", ""))


def cut(clause: Clause, start: int, end: int) -> Clause:
    """The part of a clause between two offsets of its own text."""
    base = clause.tokens[0].start
    tokens = tuple(t for t in clause.tokens if t.start >= base + start and t.end <= base + end)
    return Clause(tokens, clause.text[start:end].strip(), clause.asks, clause.breaks)
