"""What single words mean in a catalogue: names, sizes, spellings, abbreviations and function words."""

import re
from collections import defaultdict

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
    sku_key,
    value_of,
)
from core.understanding.lexicon import CONTROL_WORDS, FILLER, PARTICLES
from core.understanding.spelling import SYNONYM_OF, VARIANT_OF, abbreviates, root, stem


class Vocabulary:
    """The words of a catalogue and the products they stand for. Postings are bit sets: bit i is the i-th product."""

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


def _inner_packs(text: str) -> frozenset[str]:
    """Numbers after an "x" anywhere in a name: how many a pack holds."""
    return frozenset(re.findall(r"\bx ?(\d+)\b(?! ?(?:mm|cm|m|in|ml|g)\b)", text.casefold()))
