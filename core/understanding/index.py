"""The catalogue as the reader sees it: which words, sizes and names lead to which products.

Postings are bit sets (Python integers, bit i = i-th product), so that looking up a phrase is a few ANDs however
many products there are.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from core.domain.catalogue import Catalogue, Product
from core.domain.units import UNITS, unit_of
from core.understanding.lexicon import COLOURS, CONTROL_WORDS, FILLER, PARTICLES, SIZES, SYNONYMS, VARIANTS
from core.understanding.tokens import Kind, Token, normalise, plain, split_measure, tokenise

_JOINERS = frozenset("with for in of and the a by to w/ without".split())
_IRREGULAR = {
    "knives": "knife",
    "shelves": "shelf",
    "halves": "half",
    "loaves": "loaf",
    "leaves": "leaf",
    "dice": "die",
}
_VOWELS = frozenset("aeiou")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Singular of an English noun, by spelling only."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    word = word.removesuffix("'s").removesuffix("'")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def root(word: str) -> str:
    """A word without -ed, -ing, -er: `printed` and `printing` share it."""
    for ending in ("ing", "ed", "er"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            word = word[: -len(ending)]
            return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sl" else word
    return word.removesuffix("e") if len(word) > 4 else word


def _groups(groups: Iterable[frozenset[str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        for word in group:
            found[stem(word)] |= {stem(other) for other in group} - {stem(word)}
    return {word: frozenset(others) for word, others in found.items()}


_VARIANT_OF = _groups(VARIANTS)
_SYNONYM_OF = _groups(SYNONYMS)


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
        return (frozenset(self.words) | self.measures) - _JOINERS


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
        elif token.kind is not Kind.SYMBOL:
            words.extend(stem(part) for part in token.text.split("/") if part)
    return Features(tuple(words), frozenset(measures), frozenset(parts))


def countable(token: Token) -> bool:
    """Whether a word can be what a number in a name counts: compartments, gangs, ways, but not pieces or rolls."""
    return (
        token.kind is Kind.WORD
        and token.text.isalpha()
        and token.text not in UNITS
        and token.text not in _JOINERS
        and token.text != "x"
    )


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
        self._active = 0
        self._headless = 0
        self._plain_sizes: set[str] = set()
        self.skus = {sku_key(p.sku): p.sku for p in self._products}
        for i, product in enumerate(self._products):
            self._add(i, product)
        self.units = frozenset(filter(None, (unit_of(p.unit) for p in self._products)))
        self._vocabulary = [w for w in self._strong if w.isalpha() and len(w) > 2]
        self._roots: dict[str, set[str]] = defaultdict(set)
        for word in self._vocabulary:
            self._roots[root(word)].add(word)
        self._by_value: dict[str, int] = defaultdict(int)
        for feature, bits in self._strong.items():
            if feature[0].isdigit():
                for part in feature.split("x"):
                    for value in _said_values(part):
                        self._by_value[value] |= bits
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
            self._plain_sizes.update(_value(m) for m in features.all if m[0].isdigit() and _value(m) != m)
            self._names[features.essential] |= bit
            self._names[features.essential - _pack_counts(text)] |= bit
        key = sku_key(product.sku)
        self._strong[key] |= bit
        self._names[frozenset({key})] |= bit
        for text in (product.description, product.category):
            for feature in features_of(text).all:
                self._weak[feature] |= bit
        self._weak[stem(product.unit.casefold())] |= bit
        kinds = _heads(product)
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
        return next((number + w for w in (word, *_VARIANT_OF.get(word, ())) if number + w in self._strong), None)

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
        sure = {w for w in {word} | _VARIANT_OF.get(word, frozenset()) if self.knows(w)}
        if word in sure:
            others = _SYNONYM_OF.get(word, frozenset()) | self._roots.get(root(word), set())
            if len(word) > 3:
                others |= {w for w in self._vocabulary if _abbreviates(word, w)}
            return frozenset(sure), frozenset(w for w in others if self.knows(w)) - sure
        guesses = {w for w in _SYNONYM_OF.get(word, frozenset()) if self.knows(w)}
        guesses |= self._roots.get(root(word), set())
        if not sure and not guesses and word.isalpha():
            guesses = self._spelling_guesses(word)
            for guess in tuple(guesses):
                guesses |= {w for w in _VARIANT_OF.get(guess, frozenset()) if self.knows(w)}
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
        return {w for w in self._vocabulary if _abbreviates(word, w)}

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
        kept, head = self._by_head(kept, words)
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
        return mask or (self._bare(measure) if strict else 0)

    def _bare(self, size: str) -> int:
        """Products that measure `size` of whatever unit, for a bare number only."""
        if not size.replace(".", "").isdigit():
            return 0
        return self._by_value.get(size, 0)

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
            _heads(self.catalogue.products[like]) or set(self.features[self._position[like]].words) - COLOURS - SIZES
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


def sku_key(sku: str) -> str:
    """A SKU as one token: lower case, without hyphens and other signs."""
    return "".join(c for c in sku.casefold() if c.isalnum())


def _bits(mask: int, most: int) -> Iterator[int]:
    while mask and most:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
        most -= 1


def _value(measure: str) -> str:
    """The number of a canonical measure: "12" of "12in"."""
    return measure.rstrip('abcdefghijklmnopqrstuvwyz%"')


def _said_values(measure: str) -> Iterator[str]:
    """The bare numbers that people say for a measure: "300" and "30" (cm) of "300mm", "1500" and "1.5" (L) of "1500ml"."""
    value = _value(measure)
    yield value
    unit = measure[len(value) :]
    for scale in {"mm": (10, 1000), "ml": (1000,), "g": (1000,)}.get(unit, ()):
        yield plain(Decimal(value) / scale)


def size_of(features: Features) -> tuple[str, Decimal] | None:
    """Unit and number of the first length, volume or weight of a name, for "the big one"."""
    for measure in sorted(features.measures):
        value = _value(measure)
        unit = measure[len(value) :]
        if value and unit in ("mm", "ml", "g", "in", "oz", "ft") and "x" not in measure:
            return unit, Decimal(value)
    return None


def _pack_counts(text: str) -> frozenset[str]:
    """Features inside parentheses, such as "(100 pcs)": a name is complete without them."""
    if "(" not in text:
        return frozenset()
    return features_of(text[text.index("(") :]).essential


def _heads(product: Product) -> set[str]:
    """The words that say what a product is: those of its category ("lid" of a cup lid), else all before "for"."""
    chunk: list[str] = []
    for token in tokenise(normalise(product.name)):
        if token.kind is Kind.WORD and token.text not in _JOINERS:
            chunk.append(stem(token.text))
        elif chunk and (token.text in _JOINERS or token.text in "(,"):
            break
    kinds = {stem(part.split()[-1]) for part in _conjuncts(product.category) if part.split()}
    return {w for w in chunk if w in kinds}


def _conjuncts(category: str) -> list[str]:
    return normalise(category).replace("&", ",").replace(" and ", ",").replace("/", ",").split(",")


def _abbreviates(short: str, word: str) -> bool:
    """`bx` box, `cntnr` container, `alu` aluminium."""
    if len(short) < 2 or len(short) >= len(word) or short[0] != word[0]:
        return False
    if len(short) >= 3 and word.startswith(short):
        return True
    if any(c in _VOWELS for c in short[1:]):
        return False
    skeleton = word[0] + "".join(c for c in word[1:] if c not in _VOWELS)
    rest = iter(skeleton)
    return all(c in rest for c in short) and len(short) * 10 >= len(skeleton) * 6
