"""The catalogue as the reader sees it: which words, sizes and names lead to which products.

Postings are bit sets (Python integers, bit i = i-th product), so that looking up a phrase is a few ANDs however
many products there are.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from core.domain.catalogue import Catalogue, Product
from core.domain.units import UNITS, unit_of
from core.understanding.features import (
    Features,
    beside_words,
    features_of,
    heads_of,
    is_code,
    pack_counts,
    said_values,
    size_of,
    sku_key,
    value_of,
)
from core.understanding.lexicon import COLOURS, CONTROL_WORDS, FILLER, PARTICLES, SIZES
from core.understanding.spelling import SYNONYM_OF, VARIANT_OF, abbreviates, root, stem
from core.understanding.tokens import Kind, Token, split_measure

# Phrases whose result is kept; people say the same things.
_MOST_REMEMBERED = 20_000


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


class CatalogueIndex:
    """Finds products by phrase. Built once for a catalogue; safe to share between chats."""

    def __init__(self, catalogue: Catalogue, english: frozenset[str] = frozenset()) -> None:
        self.catalogue = catalogue
        self._english = english
        self._products = list(catalogue.products.values())
        self._position = {p.sku: i for i, p in enumerate(self._products)}
        self._strong: dict[str, int] = defaultdict(int)
        self._weak: dict[str, int] = defaultdict(int)
        self._heads: dict[str, int] = defaultdict(int)
        self._names: dict[frozenset[str], int] = defaultdict(int)
        self.features: list[Features] = []
        self.packs: set[str] = set()
        self._beside: dict[str, int] = defaultdict(int)
        self._active = 0
        self._headless = 0
        self._plain_sizes: set[str] = set()
        self.skus = {sku_key(p.sku): p.sku for p in self._products}
        for i, product in enumerate(self._products):
            self._add(i, product)
        self.codes = frozenset(f for f in self._strong if is_code(f))
        self.units = frozenset(filter(None, (unit_of(p.unit) for p in self._products)))
        self._vocabulary = [w for w in self._strong if w.isalpha() and len(w) > 2]
        self._roots: dict[str, set[str]] = defaultdict(set)
        for word in self._vocabulary:
            self._roots[root(word)].add(word)
        self._by_value: dict[str, int] = defaultdict(int)
        for feature, bits in self._strong.items():
            if feature[0].isdigit():
                for part in feature.split("x"):
                    for value in said_values(part):
                        self._by_value[value] |= bits
            elif any(c.isdigit() for c in feature):
                for digits in re.findall(r"\d{2,}", feature):
                    self._by_value[digits] |= bits
                    self._plain_sizes.add(digits)
        self._options: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        self._controls: dict[str, str | None] = {}
        self.memo: dict[str, tuple[Any, ...]] = {}
        self._found: dict[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], int], Match] = {}

    def _add(self, i: int, product: Product) -> None:
        bit = 1 << i
        if product.active:
            self._active |= bit
        name = features_of(product.name)
        self.features.append(name)
        for text in (product.name, *product.aliases):
            features = features_of(text)
            for feature in features.all:
                self._strong[feature] |= bit
            self._plain_sizes.update(value_of(m) for m in features.all if m[0].isdigit() and value_of(m) != m)
            self._names[features.essential] |= bit
            self._names[features.essential - pack_counts(text)] |= bit
            self.packs |= {m for m in pack_counts(text) | _inner_packs(text) if m.isdigit()}
        for key in {sku_key(product.sku), stem(sku_key(product.sku))}:
            self._strong[key] |= bit
            self._names[frozenset({key})] |= bit
        for text in (product.description, product.category):
            for feature in features_of(text).all:
                self._weak[feature] |= bit
        self._weak[stem(product.unit.casefold())] |= bit
        for word in beside_words(product.name):
            self._beside[word] |= bit
        kinds = heads_of(product)
        for head in kinds:
            self._heads[head] |= bit
        if not kinds:
            self._headless |= bit

    # -- what single words mean ------------------------------------------------------------------

    def knows(self, word: str) -> bool:
        """Whether a word (a stem) stands in some product's name, alias, category or description."""
        return word in self._strong or word in self._weak

    def names(self, word: str) -> bool:
        """Whether a word (a stem) stands in some product's name or alias."""
        return word in self._strong

    def has_measure(self, measure: str) -> bool:
        """Whether some product has this canonical measure."""
        return measure in self._strong or measure in self._weak

    def has_plain_size(self, number: str) -> bool:
        """Whether a bare number could be a size: some product measures so many of something."""
        return number in self._plain_sizes or number in self._strong

    def counted(self, number: str, word: str) -> str | None:
        """The measure that a number and the word after it make, as in `3 compartment`, if a name holds it."""
        return next((number + w for w in (word, *VARIANT_OF.get(word, ())) if number + w in self._strong), None)

    def is_english(self, word: str) -> bool:
        """Whether a word is ordinary English, so that it is not a misspelling of something else."""
        return word in self._english or stem(word) in self._english

    def meanings(self, word: str) -> tuple[frozenset[str], frozenset[str]]:
        """Catalogue words that a typed word (a stem) stands for: surely, and perhaps (spelling, synonyms)."""
        known = self._options.get(word)
        if known is None:
            known = self._meanings(word)
            if len(self._options) > 20_000:
                self._options.clear()
            self._options[word] = known
        return known

    def _meanings(self, word: str) -> tuple[frozenset[str], frozenset[str]]:
        sure = {w for w in {word} | VARIANT_OF.get(word, frozenset()) if self.knows(w)}
        if word in sure:
            others = SYNONYM_OF.get(word, frozenset()) | self._roots.get(root(word), set())
            if len(word) > 3:
                others |= {w for w in self._vocabulary if abbreviates(word, w)}
            return frozenset(sure), frozenset(w for w in others if self.knows(w)) - sure
        guesses = {w for w in SYNONYM_OF.get(word, frozenset()) if self.knows(w)}
        guesses |= self._roots.get(root(word), set())
        if not sure and not guesses and word.isalpha():
            guesses = self._spelling_guesses(word)
            for guess in tuple(guesses):
                guesses |= {w for w in VARIANT_OF.get(guess, frozenset()) if self.knows(w)}
        return frozenset(sure), frozenset(guesses)

    def _spelling_guesses(self, word: str) -> set[str]:
        if self.is_english(word) or word in FILLER or word in PARTICLES:
            return set()
        reach = 0 if len(word) < 4 else 1 if len(word) < 6 else 2
        found: list[tuple[str, int]] = []
        if reach:
            hits = process.extract(word, self._vocabulary, scorer=OSA.distance, score_cutoff=reach, limit=8)
            found = [(w, int(d)) for w, d, _ in hits if len(w) > 3 and (w[0] == word[0] or d == 1)]
        if found:
            best = min(d for _, d in found)
            return {w for w, d in found if d == best}
        return {w for w in self._vocabulary if abbreviates(word, w)}

    def control_word(self, word: str) -> str | None:
        """The function word ("tomorrow", "bundles") that an unknown word is a misspelling of, or None."""
        if word in self._controls:
            return self._controls[word]
        found = self._control_word(word)
        if len(self._controls) > 20_000:
            self._controls.clear()
        self._controls[word] = found
        return found

    def _control_word(self, word: str) -> str | None:
        if (
            len(word) < 5
            or not word.isalpha()
            or word in UNITS
            or word in FILLER
            or word in CONTROL_WORDS
            or self.is_english(word)
        ):
            return None
        sure, guesses = self.meanings(stem(word))
        if sure:
            return None
        reach = 1 if len(word) < 7 else 2
        hit = process.extractOne(word, CONTROL_WORDS, scorer=OSA.distance, score_cutoff=reach)
        if hit is None or hit[0][0] != word[0] or any(OSA.distance(word, g) <= hit[1] for g in guesses):
            return None
        return str(hit[0])

    def split(self, word: str) -> tuple[str, str] | None:
        """`pizzabox` as two catalogue words, where exactly that reading exists."""
        if word in self._strong or len(word) < 6:
            return None
        cuts = [
            (word[:i], stem(word[i:]))
            for i in range(3, len(word) - 1)
            if word[:i] in self._strong and stem(word[i:]) in self._strong
        ]
        return cuts[0] if len(cuts) == 1 else None

    # -- phrases -----------------------------------------------------------------------------------

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

    @cached_property
    def size(self) -> int:
        """How many products there are."""
        return len(self._products)


def resolve_unsure(tokens: Iterable[Token], index: "CatalogueIndex") -> list[Token]:
    """Undo joins such as "12 in" or "2 l" where no product measures that and a blank stood between."""
    resolved: list[Token] = []
    for token in tokens:
        if token.kind is Kind.MEASURE and not token.marked and not index.has_measure(token.measure):
            resolved.extend(split_measure(token, token.text))
        else:
            resolved.append(token)
    return resolved


def _inner_packs(text: str) -> frozenset[str]:
    """Numbers after an "x" anywhere in a name: how many a pack holds."""
    return frozenset(re.findall(r"\bx ?(\d+)\b(?! ?(?:mm|cm|m|in|ml|g)\b)", text.casefold()))


def _bits(mask: int, most: int) -> Iterator[int]:
    while mask and most:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
        most -= 1
