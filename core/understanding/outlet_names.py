"""Outlet names in running text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from core.domain.outlets import Outlet
from core.understanding.tokens import Kind, Token, normalise, tokenise

_DULL = frozenset("the a of and at pte ltd outlet branch shop".split())
_CLOSE = 86
_MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Named:
    """Outlets that a span of tokens fits, and how many of the name's words it has."""

    codes: tuple[str, ...]
    start: int
    end: int
    words: int
    complete: bool


class OutletNames:
    """Finds outlets by name, part of a name, or code. Built from the outlets that may be named.

    `own`: they are the sender's, so that a part of a name is enough.
    """

    def __init__(self, outlets: Iterable[Outlet], *, own: bool = False) -> None:
        self.own = own
        self._words: dict[str, frozenset[str]] = {}
        self._codes: dict[str, str] = {}
        for outlet in outlets:
            self._words[outlet.code] = _words(outlet.name)
            self._codes["".join(t.text for t in tokenise(normalise(outlet.code)))] = outlet.code
        self._spellings: dict[str, str] = {}
        self._vocabulary = frozenset(w for words in self._words.values() for w in words)

    @property
    def several(self) -> bool:
        """Whether there is more than one outlet to name."""
        return len(self._words) > 1

    def find(self, tokens: Sequence[Token], least: int = 2) -> Named | None:
        """The longest run of at least `least` words that are all from the name of one outlet, or its code."""
        best: Named | None = None
        for start in range(len(tokens)):
            coded = self._code_at(tokens, start)
            if coded:
                return coded
            found = self._run_at(tokens, start)
            if found and found.words >= least and (best is None or found.words > best.words):
                best = found
        return best

    def all_named(self, tokens: Sequence[Token], named: Named) -> bool:
        """Whether no word is left beside the ones that name the outlet."""
        beside = [*tokens[: named.start], *tokens[named.end :]]
        return not any(t.kind is Kind.WORD and t.text not in _DULL for t in beside)

    def _code_at(self, tokens: Sequence[Token], start: int) -> Named | None:
        text = ""
        for end in range(start, min(start + 5, len(tokens))):
            text += tokens[end].text
            if text in self._codes and len(text) > 3:
                return Named((self._codes[text],), start, end + 1, 9, True)
        return None

    def _run_at(self, tokens: Sequence[Token], start: int) -> Named | None:
        """Words from `start` that some outlet's name has; narrowing keeps outlets that have all of them."""
        codes = set(self._words)
        seen: set[str] = set()
        end = start
        for at in range(start, len(tokens)):
            if tokens[at].text in _DULL or tokens[at].text in "&-,()@":
                if not seen:
                    return None
                continue
            word = self._spelled(tokens[at])
            narrowed = {code for code in codes if word in self._words[code]} if word else set()
            if not narrowed:
                break
            codes, end = narrowed, at + 1
            seen.add(word)
        if not seen:
            return None
        whole = {code for code in codes if self._words[code] == seen}
        return Named(tuple(sorted(whole or codes)), start, end, len(seen), bool(whole))

    def _spelled(self, token: Token) -> str:
        known = self._spellings.get(token.text)
        if known is None:
            if len(self._spellings) > _MOST_REMEMBERED:
                self._spellings.clear()
            known = self._spellings[token.text] = self._nearest(token)
        return known

    def _nearest(self, token: Token) -> str:
        text = token.text.removesuffix("'s")
        if token.kind is Kind.NUMBER or text in self._vocabulary:
            return text if text in self._vocabulary else ""
        if len(text) < 4:
            return ""
        close = [(fuzz.ratio(text, word), word) for word in self._vocabulary if abs(len(word) - len(text)) < 3]
        score, word = max(close, default=(0, ""))
        return word if score >= _CLOSE else ""


def _words(name: str) -> frozenset[str]:
    return frozenset(t.text for t in tokenise(normalise(name)) if t.kind is not Kind.SYMBOL) - _DULL
