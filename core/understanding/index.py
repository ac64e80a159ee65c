"""The catalogue as the reader sees it: which words, sizes and names lead to which products.

Postings are bit sets (Python integers, bit i = i-th product), so that looking up a phrase is a few ANDs however
many products there are.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rapidfuzz import fuzz, process

from core.domain.catalogue import Catalogue
from core.understanding.features import (
    heads_of,
    size_of,
)
from core.understanding.lexicon import COLOURS, SIZES
from core.understanding.tokens import Kind, Token, split_measure
from core.understanding.vocabulary import Vocabulary

# Phrases whose result is kept; people say the same things.
_MOST_REMEMBERED = 20_000
# For products that words may be about: the shortest words that are compared, and how alike they must be of 100.
_SHORTEST_ALIKE = 4
_ALIKE = 72
_MOST_OF_A_KIND = 2


@dataclass(frozen=True, slots=True)
class Match:
    """What a phrase found. `skus`: all that fit, best first. `unexplained`: words that fit nothing kept.

    `exact`: the phrase is a product's full name, alias or SKU. `head`: the phrase names the kind of thing.
    `discontinued`: a product no longer sold that the phrase fits. `near`: real products close to it.
    `loose`: how much of it rests on spelling guesses.
    """

    skus: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()
    exact: bool = False
    head: bool = False
    explained: int = 0
    loose: int = 0
    discontinued: str | None = None
    near: tuple[str, ...] = ()


class CatalogueIndex(Vocabulary):
    """Finds products by phrase. Built once for a catalogue; safe to share between chats."""

    def __init__(self, catalogue: Catalogue, english: frozenset[str] = frozenset()) -> None:
        super().__init__(catalogue, english)
        self.memo: dict[str, tuple[Any, ...]] = {}
        self._found: dict[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], int], Match] = {}

    def bits(self, skus: Iterable[str]) -> int:
        """The bit set of some SKUs; unknown ones are left out."""
        found = 0
        for sku in skus:
            if sku in self._position:
                found |= 1 << self._position[sku]
        return found

    def find(
        self, words: tuple[str, ...], measures: tuple[str, ...], optional: tuple[str, ...] = (), within: int = -1
    ) -> Match:
        """Products that explain every word (stems) and every measure; `optional` words only narrow.

        `within` limits the search to a bit set, as for an edit of the lines in a draft.
        """
        key = (words, measures, optional, within)
        known = self._found.get(key)
        if known is None:
            if len(self._found) >= _MOST_REMEMBERED:
                self._found.clear()
            known = self._found[key] = self._find(words, measures, optional, within)
        return known

    def _find(self, words: tuple[str, ...], measures: tuple[str, ...], optional: tuple[str, ...], within: int) -> Match:
        live = self._active & within
        kept, unexplained, explained, loose = self._intersect(words, measures, live)
        gone = None
        if not explained or unexplained or not kept:
            everything = self._intersect(words, measures, ~self._active & within & ((1 << len(self._products)) - 1))
            if everything[0] and not everything[1] and everything[2] and (unexplained or not kept):
                gone = next(self._skus(everything[0]))
        if not explained or not kept:
            return Match(unexplained=(*words, *measures), discontinued=gone, near=self._near(words, measures, within))
        for word in optional:
            narrowed = kept & (self._strong.get(word, 0))
            kept = narrowed or kept
        kept, head = self._by_head(self._not_only_with(kept, words), words)
        exact = 0
        if not unexplained:
            exact = self._exact(words, measures, optional) & kept
        skus = tuple(self._skus(exact or kept))
        near = skus if unexplained or gone else ()
        return Match(skus, unexplained, bool(exact), head, explained, loose, gone, near)

    def _intersect(
        self, words: tuple[str, ...], measures: tuple[str, ...], live: int
    ) -> tuple[int, tuple[str, ...], int, int]:
        """Bit set of what explains most, the words left over, how many were explained, how many by guess."""
        results = []
        for strict, generous in ((True, False), (False, False), (True, True), (False, True)):
            result = self._cover(words, measures, live, strict, generous)
            if not result[1] and result[0]:
                return result
            results.append(result)
        return max(results[:2], key=lambda r: (r[2], -r[3]))

    def _cover(
        self, words: tuple[str, ...], measures: tuple[str, ...], live: int, strict: bool, generous: bool
    ) -> tuple[int, tuple[str, ...], int, int]:
        kept, explained, loose = live, 0, 0
        left: list[str] = []
        terms = [(m, self._measure_mask(m, strict), 0, True) for m in measures]
        for word in words:
            sure, perhaps = self.meanings(word)
            guess = self._mask(perhaps, strict)
            terms.append((word, self._mask(sure, strict) | (guess if generous else 0), guess, word in self._strong))
        for term, sure_mask, guess_mask, _ in sorted(terms, key=lambda t: not t[3]):
            narrowed = kept & sure_mask
            if not narrowed and kept & guess_mask:
                narrowed = kept & guess_mask
                loose += 1
            if narrowed:
                kept = narrowed
                explained += 1
            else:
                left.append(term)
        return (kept if explained else 0), tuple(left), explained, loose

    def _mask(self, words: Iterable[str], strict: bool) -> int:
        mask = 0
        for word in words:
            mask |= self._strong.get(word, 0)
            if not strict:
                mask |= self._weak.get(word, 0)
        return mask

    def _measure_mask(self, measure: str, strict: bool) -> int:
        mask = self._strong.get(measure, 0) | (0 if strict else self._weak.get(measure, 0))
        if "x" in measure:
            parts = -1
            for part in measure.split("x"):
                parts &= self._mask((part,), strict) | self._bare(part)
            mask |= parts
        return mask | self._bare(measure)

    def _bare(self, size: str) -> int:
        """Products that measure `size` of whatever unit, for a bare number only."""
        if not size.replace(".", "").isdigit():
            return 0
        return self._by_value.get(size, 0)

    def _not_only_with(self, kept: int, words: tuple[str, ...]) -> int:
        """A needle is a needle before it is a syringe with needle."""
        for word in words:
            beside = kept & self._beside.get(word, 0)
            if beside and kept & ~beside:
                kept &= ~beside
        return kept

    def _by_head(self, kept: int, words: tuple[str, ...]) -> tuple[int, bool]:
        """Where some of the products are what the phrase names ("cup") and others only mention it ("lid for cup").

        A product whose category does not say what it is stays, and any plain word of its name may be its kind.
        """
        heads = 0
        for word in words:
            sure, perhaps = self.meanings(word)
            for meaning in sure or perhaps:
                heads |= self._heads.get(meaning, 0)
        if kept & heads:
            return kept & (heads | self._headless), True
        plain_words = [w for w in words if w not in COLOURS and w not in SIZES and len(w) > 2]
        return kept, bool(kept & self._headless and any(kept & self._strong.get(w, 0) for w in plain_words))

    def _exact(self, words: tuple[str, ...], measures: tuple[str, ...], optional: tuple[str, ...]) -> int:
        asked = frozenset(words) | frozenset(measures)
        found = self._names.get(asked, 0) | self._names.get(asked | frozenset(optional), 0)
        if not found:
            spelled = set(measures)
            for word in words:
                sure, perhaps = self.meanings(word)
                options = sure or perhaps
                spelled.add(word if word in self._strong or len(options) != 1 else next(iter(options)))
            found = self._names.get(frozenset(spelled), 0)
        return found & self._active

    def _near(self, words: tuple[str, ...], measures: tuple[str, ...], within: int) -> tuple[str, ...]:
        """Products that share most of the words, for "we don't have that, but"."""
        scores: Counter[int] = Counter()
        for term in (*words, *measures):
            sure, perhaps = self.meanings(term) if term not in measures else (frozenset({term}), frozenset())
            mask = self._mask(sure | perhaps, False) & self._active & within
            if mask:
                weight = max(1, 12 - mask.bit_count().bit_length())
                for i in _bits(mask, 200):
                    scores[i] += weight
        return tuple(self._products[i].sku for i, _ in scores.most_common(4))

    def _skus(self, mask: int) -> Iterator[str]:
        for i in _bits(mask, 400):
            yield self._products[i].sku

    def closest(self, skus: Iterable[str], like: str) -> str | None:
        """The one of some products that shares most with another product, if it names the same kind of thing."""
        model = self.features[self._position[like]].all
        kinds = (
            heads_of(self.catalogue.products[like]) or set(self.features[self._position[like]].words) - COLOURS - SIZES
        )
        ranked = sorted(
            (
                (len(model & self.features[self._position[s]].all), s)
                for s in skus
                if s != like and kinds & self.features[self._position[s]].all
            ),
            reverse=True,
        )
        if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]) or ranked[0][0] * 2 < len(model):
            return None
        return ranked[0][1]

    def in_name(self, sku: str, word: str) -> bool:
        """Whether a word (a stem) stands in a product's own name."""
        return word in self.features[self._position[sku]].all

    def extreme(self, skus: Iterable[str], *, largest: bool) -> str | None:
        """The largest or smallest of some products, where all of them have a size in the same unit."""
        sizes = [(size_of(self.features[self._position[sku]]), sku) for sku in skus]
        units = {size[0] if size else None for size, _ in sizes}
        if len(sizes) < 2 or len(units) != 1 or None in units:
            return None
        ranked = sorted(((size[1], sku) for size, sku in sizes if size), reverse=largest)
        return ranked[0][1] if ranked[0][0] != ranked[1][0] else None

    def resembling(self, words: Iterable[str], most: int = 12) -> tuple[str, ...]:
        """Active products that some of these words (stems) may be about, best first; one alike word is enough.

        Descriptions and categories count as well, and so does a word that is part of another ("leakproof", "leak").
        """
        scores: dict[int, float] = {}
        for word in words:
            best: dict[int, float] = {}
            for known, likeness in self._alike(word).items():
                mask = (self._strong.get(known, 0) | self._weak.get(known, 0)) & self._active
                weight = likeness * max(1, 12 - mask.bit_count().bit_length())
                for i in _bits(mask, 200):
                    best[i] = max(best.get(i, 0.0), weight)
            for i, weight in best.items():
                scores[i] = scores.get(i, 0.0) + weight
        ranked = sorted(scores, key=lambda i: -scores[i])
        return tuple(self._products[i].sku for i in self._few_of_a_kind(ranked))[:most]

    def _few_of_a_kind(self, ranked: Iterable[int]) -> Iterator[int]:
        """Without the third and further product whose name begins with the same two words: sizes of one thing."""
        seen: Counter[tuple[str, ...]] = Counter()
        for i in ranked:
            kind = tuple(w for w in self.features[i].words if w.isalpha() and w not in COLOURS | SIZES)[:2]
            seen[kind] += 1
            if seen[kind] <= _MOST_OF_A_KIND:
                yield i

    def _alike(self, word: str) -> dict[str, float]:
        """Words of the catalogue that a word may stand for, more loosely than an order may rest on."""
        sure, perhaps = self.meanings(word)
        found = dict.fromkeys(sure | perhaps, 1.0)
        if len(word) < _SHORTEST_ALIKE:
            return found
        vocabulary = self._all_words
        for scorer, cutoff, worth in ((fuzz.ratio, _ALIKE, 0.8), (fuzz.partial_ratio, 100, 0.6)):
            for known, _, _ in process.extract(word, vocabulary, scorer=scorer, score_cutoff=cutoff, limit=6):
                found.setdefault(known, worth)
        return found

    @cached_property
    def _all_words(self) -> list[str]:
        known = self._strong.keys() | self._weak.keys()
        return sorted(w for w in known if w.isalpha() and len(w) >= _SHORTEST_ALIKE)

    @cached_property
    def size(self) -> int:
        """How many products there are."""
        return len(self._products)


def resolve_unsure(tokens: Iterable[Token], index: "CatalogueIndex") -> list[Token]:
    """Undo joins such as "12 in" or "2 l" where no product measures that and a blank stood between."""
    resolved: list[Token] = []
    listed = list(tokens)
    for n, token in enumerate(listed):
        letters = any(t.text in ("s", "m", "l", "xl") for t in listed[max(0, n - 4) : n])
        letter = letters and token.text[-1:] in ("l", "m") and n + 1 < len(listed) and listed[n + 1].kind is Kind.NUMBER
        if token.kind is Kind.MEASURE and not token.marked and (letter or not index.has_measure(token.measure)):
            resolved.extend(split_measure(token, token.text))
        else:
            resolved.append(token)
    return resolved


def _bits(mask: int, most: int) -> Iterator[int]:
    while mask and most:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
        most -= 1
