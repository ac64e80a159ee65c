"""Random orders whose truth is known by construction, over any catalogue; and what the desk made of them.

Nothing here uses the reader's own code: what a phrase means follows from the names it was made of, and what an
amount means from the policy, both written down again in the plainest way.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from random import Random
from typing import Any

from core.domain.catalogue import Catalogue, Product
from core.domain.messages import ChatRef, Inbound
from core.domain.sessions import Session
from core.engine import Engine
from core.ports import Reference
from core.understanding.indexes import Indexes
from tests.eval.cases import MONDAY_MORNING
from tests.eval.playing import RULES, SetClock, reference_of
from tests.sandbox.memory_store import MemoryStore

SENDERS = {"sample": "+6591230001", "hardware": "+6591240001", "drinks": "+6591250001"}
NOW = datetime.fromisoformat(MONDAY_MORNING)
SILENT = ("wrong product", "guessed product", "phantom", "wrong quantity", "guessed quantity", "extra line")
KINDS = (*SILENT, "crash", "silence", "lost", "needless", "stray question")

_UNIT = r"(?:sqmm|mm|cm|m|in|ft|oz|ml|l|kg|g|w|v|a|k)(?![a-z])"
_SIZE = rf"\d[\d./]*(?:-\d/\d)?\s?{_UNIT}"
_NUMBER = rf"\d[\d./]*(?:-\d/\d)?\s?(?:{_UNIT})?"
_CHUNK = re.compile(
    rf"\([^)]*\)|(?:{_NUMBER})(?:\sx\s|x(?=\d))(?:{_SIZE})|x\s\d+$|{_SIZE}|(?:{_NUMBER})x(?:{_NUMBER})"
    rf"|\d+\s(?:gang|way|deg)\b|(?:class|level|size|type)\s\w+|[^\s(),]+",
    re.IGNORECASE,
)
_JOINERS = frozenset("with x of and & - for the in".split())
_COLOURS = "black white brown blue red green yellow clear grey kraft".split()
_ABBREVIATIONS = {
    "black": "blk", "white": "wht", "brown": "brn", "large": "lrg", "small": "sml", "medium": "med",
    "container": "cntr", "aluminium": "alum",
}  # fmt: skip
UNIT_SPELLINGS = {
    "carton": "carton cartons ctn ctns case", "packet": "packet packets pkt pkts pack packs",
    "pack": "pack packs pkt", "bundle": "bundle bundles bdl bdls", "bottle": "bottle bottles btl btls",
    "box": "box boxes bx", "roll": "roll rolls", "sleeve": "sleeve sleeves slv", "bag": "bag bags",
    "piece": "pc pcs pieces", "tin": "tin tins", "can": "can cans", "tub": "tub tubs", "pail": "pail pails",
    "tray": "tray trays", "pair": "pair pairs", "length": "length lengths", "card": "card cards", "keg": "keg kegs",
}  # fmt: skip
OTHER_UNITS = ("carton", "packet", "bundle", "sleeve", "crate", "sack")
WORDS = {
    1: "one",
    2: "two",
    3: "three",
    4: "four",
    5: "five",
    6: "six",
    8: "eight",
    10: "ten",
    12: "twelve",
    20: "twenty",
}


def chunks(text: str) -> list[str]:
    """A name in the parts that people move or leave out: words, sizes, pack counts."""
    return [c.strip() for c in _CHUNK.findall(text)]


def key(chunk: str) -> str:
    """A chunk in the one form that is compared: lower case, no blanks or hyphens, singular."""
    bare = re.sub(r"[^\w./%]", "", chunk.casefold()).strip(".")
    return (
        bare[:-1]
        if len(bare) > 3 and bare.endswith("s") and not bare.endswith(("ss", "us")) and bare.isalpha()
        else bare
    )


def keys(text: str) -> frozenset[str]:
    """The keys of a text, and of the sides of its dimensions."""
    whole = {key(c) for c in chunks(text)} - _JOINERS
    return frozenset(whole | {part for k in whole if re.match(r"\d.*x\d", k) for part in k.split("x")}) - {""}


def is_pack(chunk: str) -> bool:
    """Whether a chunk tells how many are in a unit: "(100 pcs)", "x 24"."""
    return chunk.startswith("(") or bool(re.fullmatch(r"x\s\d+", chunk, re.IGNORECASE))


class Shelf:
    """A catalogue as plain sets of words."""

    def __init__(self, name: str, reference: Reference) -> None:
        self.name, self.reference = name, reference
        self.catalogue = reference.catalogue
        self.active = list(self.catalogue.active)
        self.sender = SENDERS[name.split("~", maxsplit=1)[0]]
        self.names = {p.sku: keys(p.name) for p in self.active}
        self.wide = {p.sku: keys(" ".join((p.name, *p.aliases, p.category, p.description))) for p in self.active}
        self.complete: dict[frozenset[str], set[str]] = {}
        for p in self.active:
            full = " ".join(c for c in chunks(p.name) if not c.startswith("("))
            for text in (p.name, full, *p.aliases):
                self.complete.setdefault(frozenset(map(key, chunks(text))) - _JOINERS - {""}, set()).add(p.sku)

    @cached_property
    def indexes(self) -> Indexes:
        """The reader's index of this catalogue, built once."""
        from bot.english import english_words

        return Indexes(english_words())

    def meaning(self, said: frozenset[str]) -> tuple[frozenset[str], bool]:
        """The products that fit every word of a phrase, and whether it is the full name or alias of them."""
        exact = self.complete.get(said)
        if exact:
            return frozenset(exact), True
        by_alias = {p.sku: self.names[p.sku] | keys(" ".join(p.aliases)) for p in self.active}
        return frozenset(s for s, words in by_alias.items() if said <= words), False

    def could_mean(self, said: frozenset[str]) -> frozenset[str]:
        """The products that fit every word of a phrase by anything the catalogue says about them."""
        return frozenset(s for s, words in self.wide.items() if said <= words)


@dataclass(frozen=True)
class Phrase:
    """How a product is named. `skus`: what the words fit; none where nothing sold does."""

    text: str
    kind: str
    skus: frozenset[str]
    wide: frozenset[str]


@dataclass(frozen=True)
class Quantity:
    """An amount: its words, and the sell units it comes to (None: has to be asked)."""

    text: str
    kind: str
    units: int | None


@dataclass(frozen=True)
class Item:
    """One thing asked for, with how it is written."""

    product: Product
    phrase: Phrase
    quantity: Quantity
    after: bool = False
    joint: str = " "

    @property
    def text(self) -> str:
        """The item as written."""
        if not self.quantity.text:
            return self.phrase.text
        if self.after:
            return f"{self.phrase.text}{self.joint}{self.quantity.text}"
        return f"{self.quantity.text} {self.phrase.text}"

    @property
    def certain(self) -> bool:
        """Whether the words and the amount leave nothing to ask."""
        return len(self.phrase.skus) == 1 and self.quantity.units is not None


@dataclass(frozen=True)
class Message:
    """A message: items in a list form between distractors."""

    items: tuple[Item, ...]
    form: str = "line"
    before: tuple[tuple[str, str], ...] = ()
    behind: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The message as sent."""
        lead = {"bullet": "- ", "dot": "• "}
        texts = [i.text for i in self.items]
        if self.form == "numbered":
            body = "\n".join(f"{n}. {t}" for n, t in enumerate(texts, 1))
        elif self.form == "numbered)":
            body = "\n".join(f"{n}) {t}" for n, t in enumerate(texts, 1))
        elif self.form in lead:
            body = "\n".join(lead[self.form] + t for t in texts)
        else:
            body = {
                "line": "\n",
                "comma": ", ",
                ";": "; ",
                "none": " ",
            }.get(self.form, f" {self.form} ").join(texts)
        listed = self.form in ("line", "numbered", "numbered)", "bullet", "dot")
        parts = [text for _, text in self.before]
        head = (
            "\n".join(parts) + ("\n" if listed or any("\n" in p or len(p) > 12 for p in parts) else " ")
            if parts
            else ""
        )
        tail = "".join(
            (" " if kind in ("particle", "thanks", "date", "window") and not listed else "\n") + text
            for kind, text in self.behind
        )
        return head + body + tail


@dataclass(frozen=True)
class Failure:
    """Something wrong with what the desk did. `item` is the item meant, None for the message as a whole."""

    kind: str
    detail: str
    item: Item | None = None


@dataclass
class Result:
    """A message, what came of it, and what is wrong with that."""

    message: Message
    shelf: Shelf
    failures: list[Failure] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    reply: str = ""


# -- truth of amounts ------------------------------------------------------------------------------------


def of_pieces(product: Product, pieces: int) -> int | None:
    """Sell units for a number of pieces, or None where the overshoot has to be asked."""
    units = -(-pieces // product.pieces_per_unit)
    over = units * product.pieces_per_unit - pieces
    return None if over * 2 > pieces else at_least(product, units)


def of_bare(product: Product, number: int) -> int | None:
    """Sell units for a number without a unit."""
    per = product.pieces_per_unit
    if per == 1:
        return at_least(product, number)
    if number < per or (number % per == 0 and number <= 12):
        return None
    return of_pieces(product, number)


def at_least(product: Product, units: int) -> int | None:
    """The quantity, or None where it is below the product's minimum."""
    return units if units >= product.min_quantity else None


def quantity(random: Random, product: Product) -> Quantity:
    """A random amount of a product in random words."""
    per, least = product.pieces_per_unit, product.min_quantity
    own = UNIT_SPELLINGS.get(product.unit, product.unit).split()
    n = (
        random.choice([1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20])
        if random.random() < 0.2
        else least * random.choice([1, 2, 3, 4, 5])
    )
    kind = random.choices(
        [
            "own",
            "glued",
            "word",
            "of",
            "other",
            "pieces",
            "bare",
            "x",
            "qty",
            "dozen",
            "none",
            "a",
            "vague",
            "range",
            "or",
        ],
        [30, 8, 6, 3, 5, 10, 10, 6, 4, 4, 3, 3, 1, 2, 1],
    )[0]
    pieces = (
        per * random.choice([1, 2, 3, 4, 10])
        if random.random() < 0.6
        else random.choice([30, 45, 60, 75, 80, 110, 120, 130, 150, 170, 250])
    )
    unit = random.choice(own)
    match kind:
        case "own":
            return Quantity(f"{n} {unit}", kind, at_least(product, n))
        case "glued":
            return Quantity(f"{n}{unit}", kind, at_least(product, n))
        case "word":
            n = random.choice(list(WORDS))
            return Quantity(f"{WORDS[n]} {unit}", kind, at_least(product, n))
        case "of":
            return Quantity(f"{n} {unit} of", kind, at_least(product, n))
        case "other":
            words = f"{product.name} {product.description} {product.category} {product.unit}".casefold()
            other = random.choice(
                [u for u in OTHER_UNITS if u not in words and not (u == "packet" and "pack" in words)]
            )
            return Quantity(f"{n} {random.choice(UNIT_SPELLINGS.get(other, other).split())}", kind, None)
        case "pieces":
            return Quantity(
                f"{pieces}{random.choice([' pcs', 'pcs', ' pieces', ' pc'])}", kind, of_pieces(product, pieces)
            )
        case "bare":
            n = random.choice([n, pieces])
            return Quantity(str(n), kind, of_bare(product, n))
        case "x":
            return Quantity(random.choice([f"x{n}", f"x {n}"]), kind, of_bare(product, n))
        case "qty":
            return Quantity(random.choice([f"qty: {n}", f"qty {n}"]), kind, of_bare(product, n))
        case "dozen":
            n = random.choice([1, 2, 3, 5])
            return Quantity(f"{'a' if n == 1 else n} dozen", kind, of_pieces(product, 12 * n))
        case "none":
            return Quantity("", kind, None)
        case "a":
            article = "an" if own[0][0] in "aeiou" else "a"
            return Quantity(f"{article} {own[0]} of", kind, at_least(product, 1))
        case "vague":
            return Quantity(random.choice(["a few", "some"]), kind, None)
        case "range":
            return Quantity(f"{n}-{n + 1} {unit}", kind, None)
        case _:
            return Quantity(f"{n} or {n + 1} {unit}", kind, None)


# -- phrases ---------------------------------------------------------------------------------------------


def phrase(random: Random, shelf: Shelf, product: Product) -> Phrase | None:
    """A random way to name a product, or None where the one drawn does not apply to it."""
    parts = chunks(product.name)
    kind = random.choices(
        [
            "full",
            "alias",
            "shuffled",
            "no brand",
            "no pack",
            "drop",
            "drop two",
            "size first",
            "sku",
            "phantom",
            "gone",
        ],
        [20, 12, 10, 10, 8, 14, 5, 6, 2, 6, 2],
    )[0]
    match kind:
        case "alias" if product.aliases:
            parts = chunks(random.choice(product.aliases))
        case "shuffled":
            random.shuffle(parts)
            parts = [p for p in parts if key(p) not in _JOINERS]
        case "no brand" if len(parts) > 3:
            parts = [p for p in parts[1:] if not is_pack(p)]
        case "no pack" if any(map(is_pack, parts)):
            parts = [p for p in parts if not is_pack(p)]
        case "drop" | "drop two":
            for _ in range(1 if kind == "drop" else 2):
                loose = [p for p in parts if key(p) not in _JOINERS]
                if len(loose) < 3:
                    return None
                parts.remove(random.choice(loose))
            parts = [p for n, p in enumerate(parts) if key(p) not in _JOINERS or 0 < n < len(parts) - 1]
        case "size first":
            parts = sorted(parts, key=lambda p: not p[0].isdigit())
            parts = [p for p in parts if key(p) not in _JOINERS]
        case "sku":
            return Phrase(product.sku, kind, frozenset({product.sku}), frozenset({product.sku}))
        case "phantom":
            return phantom(random, shelf, parts)
        case "gone":
            gone = [p for p in shelf.catalogue.products.values() if not p.active]
            if not gone:
                return None
            parts = chunks(random.choice(gone).name)
        case "full":
            pass
        case _:
            return None
    said = frozenset(map(key, parts)) - _JOINERS - {""}
    if not said:
        return None
    skus, _ = shelf.meaning(said)
    if kind == "gone" and skus:
        return None
    text, spelling = spelled(random, shelf, parts)
    return Phrase(text, kind + spelling, skus, shelf.could_mean(said) | skus)


def phantom(random: Random, shelf: Shelf, parts: list[str]) -> Phrase | None:
    """A name with a colour or size that nothing sold has together with its other words."""
    spots = [n for n, p in enumerate(parts) if key(p) in _COLOURS or re.fullmatch(_SIZE, p, re.IGNORECASE)]
    if not spots:
        return None
    spot = random.choice(spots)
    new = random.choice([c for c in [*_COLOURS, "purple", "pink"] if c != key(parts[spot])])
    if key(parts[spot]) not in _COLOURS:
        number = random.choice(["7", "11", "13", "22", "35"])
        new = re.sub(r"^[\d./-]+", number, parts[spot])
    parts = [*parts[:spot], new, *parts[spot + 1 :]]
    said = frozenset(map(key, parts)) - _JOINERS - {""}
    if shelf.could_mean(said):
        return None
    return Phrase(" ".join(parts), "phantom", frozenset(), frozenset())


def spelled(random: Random, shelf: Shelf, parts: list[str]) -> tuple[str, str]:
    """The parts as typed: case, plural, abbreviation, one wrong letter, sizes spelled otherwise."""
    style = random.choices(
        ["", "plural", "typo", "abbreviated", "upper", "lower", "spaced", "inch"], [30, 8, 10, 6, 8, 24, 8, 4]
    )[0]
    words = list(parts)
    plain = [
        n
        for n, p in enumerate(parts)
        if p.isalpha() and len(p) > 3 and key(p) not in _JOINERS and p.casefold() not in _COLOURS
    ]
    if style == "plural" and plain:
        n = plain[-1]
        if not words[n].casefold().endswith(("s", "x", "y", "h", "e", "ed")):
            words[n] += "s"
        else:
            style = ""
    elif style == "typo" and any(len(parts[n]) > 5 for n in plain):
        n = random.choice([n for n in plain if len(parts[n]) > 5])
        words[n] = mistyped(random, parts[n])
        if any(key(words[n]) in known for known in shelf.wide.values()):
            words[n], style = parts[n], ""
    elif style == "abbreviated" and any(p.casefold() in _ABBREVIATIONS for p in parts):
        words = [_ABBREVIATIONS.get(p.casefold(), p) for p in parts]
    elif style == "spaced":
        words = [re.sub(rf"^(\d[\d.]*)({_UNIT})$", r"\1 \2", p, flags=re.IGNORECASE) for p in parts]
        style = "spaced" if words != parts else ""
    elif style == "inch":
        form = random.choice([r"\1 inch", r"\1-inch", r'\1"'])
        words = [re.sub(r"^(\d+)in$", form, p, flags=re.IGNORECASE) for p in parts]
        style = "inch" if words != parts else ""
    elif style not in ("upper", "lower"):
        style = ""
    text = " ".join(words)
    text = (
        text.upper()
        if style == "upper"
        else text.lower()
        if style == "lower" or (style and random.random() < 0.5)
        else text
    )
    return text, f" {style}" if style else ""


def mistyped(random: Random, word: str) -> str:
    """A word with one letter left out, doubled or swapped with the next; the first one stays."""
    at = random.randrange(1, len(word) - 1)
    match random.randrange(3):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + word[at] + word[at:]
        case _:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


# -- messages --------------------------------------------------------------------------------------------

BEFORE = (
    ("greeting", "hi"),
    ("greeting", "good morning boss"),
    ("greeting", "hello uncle,"),
    ("greeting", "Hi Wei Ling"),
    ("header", "order:"),
    ("header", "order for tmr"),
    ("header", "need these pls:"),
    ("name", "This is Ahmad from kitchen"),
    ("code", "PO 4500123"),
    ("code", "PO#88213"),
    ("date", "for wed"),
    ("lead", "can i have"),
    ("lead", "pls send"),
    ("lead", "want to order"),
)
BEHIND = (
    ("date", "tmr"),
    ("date", "for tomorrow morning"),
    ("date", "deliver wed"),
    ("date", "on 25 nov"),
    ("date", "25/11"),
    ("date", "this fri pls"),
    ("date", "by 26th"),
    ("window", "before 10am"),
    ("window", "b4 10"),
    ("window", "9-11am"),
    ("window", "after 2pm"),
    ("phone", "call 91234567 when reach"),
    ("phone", "my no. 9123 4567"),
    ("phone", "+65 9123 4567"),
    ("code", "PO 4500123"),
    ("code", "po no. 88-213"),
    ("code", "ref INV-20331"),
    ("address", "deliver to 442 Pasir Ris Drive 6 #01-28"),
    ("address", "S(510442)"),
    ("address", "#01-45"),
    ("address", "singapore 510442"),
    ("address", "level 3 unit 12"),
    ("price", "last time $12.50 right"),
    ("price", "total about $300?"),
    ("name", "- Ahmad"),
    ("name", "regards, Mei Ling"),
    ("name", "thanks, Mr Tan"),
    ("thanks", "thanks"),
    ("thanks", "tks boss"),
    ("thanks", "🙏"),
    ("particle", "lah"),
    ("particle", "pls"),
    ("particle", "ah"),
    ("particle", "can?"),
    ("talk", "we open at 11am"),
    ("talk", "for 30 pax on saturday"),
    ("talk", "leave at back door"),
    ("talk", "2 staff on leave today so call first"),
)
FORMS = ("comma", "line", "line", "bullet", "dot", "numbered", "numbered)", "and", "n", "+", "&", "none", ";", "/")
JOINTS = (" ", " ", " - ", ": ", " = ", ", ")


def message(random: Random, shelf: Shelf) -> Message:
    """A random order."""
    count = random.choices([1, 2, 3, 4, 5, 6], [30, 25, 18, 12, 9, 6])[0]
    after = random.random() < 0.4
    joint = random.choice(JOINTS)
    form = random.choice(FORMS)
    items: list[Item] = []
    while len(items) < count:
        item = _item(random, shelf, after, joint, form)
        if item and not any(_overlap(item, other) for other in items):
            items.append(item)
    before = tuple(random.sample(BEFORE, random.choices([0, 1, 2], [60, 30, 10])[0]))
    behind = tuple(random.sample(BEHIND, random.choices([0, 1, 2, 3], [45, 30, 18, 7])[0]))
    return Message(tuple(items), form, before, behind)


def _item(random: Random, shelf: Shelf, after: bool, joint: str, form: str) -> Item | None:
    product = random.choice(shelf.active)
    named = phrase(random, shelf, product)
    if named is None:
        return None
    target = product
    if len(named.skus) == 1:
        target = shelf.catalogue.products[next(iter(named.skus))]
    amount = quantity(random, target)
    if amount.kind in ("a", "of", "vague"):
        after = False
    if amount.kind in ("x", "qty"):
        after = True
        joint = joint if joint not in (" - ", " = ", ": ") else " "
    if form in ("none", "/", "&") and not amount.text:
        return None
    if form in ("none", "comma") and joint == ", ":
        joint = " "
    if form == "none" and amount.kind in ("bare", "x", "qty"):
        return None
    return Item(target, named, amount, after, joint)


def _overlap(one: Item, other: Item) -> bool:
    ours, theirs = one.phrase.skus | {one.product.sku}, other.phrase.skus | {other.product.sku}
    return bool(ours & theirs)


# -- catalogues ------------------------------------------------------------------------------------------


def mutated(random: Random, name: str, number: int) -> Shelf:
    """A supplier's catalogue, named as another supplier might name it."""
    reference = reference_of(name)
    products = list(reference.catalogue.products.values())
    for change in random.sample(_MUTATIONS, random.choice([1, 2, 2, 3])):
        products = change(random, products)
    catalogue = Catalogue({p.sku: p for p in products}, {})
    return Shelf(f"{name}~{number}", replace(reference, version=number + 2, catalogue=catalogue))


def _renamed(products: list[Product], rename: Callable[[list[str]], list[str]]) -> list[Product]:
    return [replace(p, name=" ".join(rename(chunks(p.name)))) for p in products]


def _shuffle_names(random: Random, products: list[Product]) -> list[Product]:
    def shuffled(parts: list[str]) -> list[str]:
        parts = [p for p in parts if key(p) not in _JOINERS]
        random.shuffle(parts)
        return parts

    return _renamed(products, shuffled)


def _sizes_first(random: Random, products: list[Product]) -> list[Product]:
    last = random.random() < 0.5
    return _renamed(products, lambda parts: sorted(parts, key=lambda p: p[0].isdigit() is last))


def _brands(random: Random, products: list[Product]) -> list[Product]:
    brands = ["Nordix", "Hakuto", "EcoServe", "Bestari", "PakLah"]
    of = {p.category: random.choice(brands) for p in products}
    return [replace(p, name=f"{of[p.category]} {p.name}") for p in products]


def _categories(random: Random, products: list[Product]) -> list[Product]:
    of = {p.category: f"Range {n}" for n, p in enumerate(products)}
    return [replace(p, category=of[p.category]) for p in products]


def _no_categories(random: Random, products: list[Product]) -> list[Product]:
    return [replace(p, category="") for p in products]


def _capitals(random: Random, products: list[Product]) -> list[Product]:
    return [
        replace(p, name=p.name.upper(), aliases=tuple(a.upper() for a in p.aliases), category=p.category.upper())
        for p in products
    ]


def _no_descriptions(random: Random, products: list[Product]) -> list[Product]:
    return [replace(p, description="", aliases=()) for p in products]


def _other_packs(random: Random, products: list[Product]) -> list[Product]:
    return [
        replace(
            p,
            pieces_per_unit=random.choice([1, 6, 10, 12, 20, 24, 50, 100]),
            unit=random.choice(["carton", "packet", "box"]),
        )
        for p in products
    ]


_MUTATIONS = (
    _shuffle_names,
    _sizes_first,
    _brands,
    _categories,
    _no_categories,
    _capitals,
    _no_descriptions,
    _other_packs,
)


# -- judging ---------------------------------------------------------------------------------------------


async def play(shelf: Shelf, said: Message) -> Result:
    """Send a message as a fresh chat and judge what came of it."""
    store = MemoryStore(shelf.reference)
    engine = Engine(store, SetClock(NOW), RULES, shelf.indexes)
    chat = ChatRef("api", shelf.sender, "generated")
    result = Result(said, shelf)
    try:
        accepted = await store.accept(Inbound(chat, "1", said.text, NOW, None, None), open_as="generator")
        assert accepted.turn is not None
        outcome = await engine.take_turn(accepted.turn)
    except Exception as error:  # noqa: BLE001 - a crash is a finding
        result.failures.append(Failure("crash", f"{type(error).__name__}: {error}"))
        return result
    commit = store.turns_of(chat)[-1]
    if commit.parked:
        result.failures.append(Failure("crash", commit.parked.strip().splitlines()[-1]))
        return result
    session = Session.from_json(commit.session)
    result.lines = {line.sku: line.quantity for line in session.draft.lines}
    result.reply = outcome.body["reply"]
    result.failures = list(_judge(said, result, session, outcome.body))
    return result


def _judge(said: Message, result: Result, session: Session, body: dict[str, Any]) -> Iterator[Failure]:
    asked = {o.sku for q in session.questions for o in q.options if o.sku}
    if session.handoff is not None or not body["reply"]:
        yield Failure("silence", str(session.handoff))
        return
    for sku, count in result.lines.items():
        if sku not in asked:
            yield from _judge_line(said, result.shelf.catalogue, sku, count)
    shown = _words(" ".join([body["reply"], *(q.said for q in session.questions)]))
    explained: set[str] = set()
    for item in said.items:
        fits = item.phrase.skus | item.phrase.wide | {item.product.sku}
        about = [q for q in session.questions if {o.sku for o in q.options} & fits or _mentions(q.said, item)]
        explained |= {q.id for q in about}
        if fits & result.lines.keys():
            continue
        if not about and not _named(item, shown):
            yield Failure("lost", "neither in the draft, nor asked, nor named", item)
        elif item.certain and item.phrase.kind != "phantom":
            note = about[0].note if about else "not taken, only named"
            yield Failure("needless", f"{about[0].kind if about else 'named'}: {note}"[:160], item)
    for question in session.questions:
        if question.id not in explained and question.kind in (
            "product",
            "unknown",
            "units",
            "quantity",
            "minimum",
            "line",
            "total",
        ):
            yield Failure("stray question", f"{question.kind}: {question.said!r}")


def _sold_by_unit(item: Item, catalogue: Catalogue) -> list[str]:
    """Of several products that fit, the one that alone is sold by the unit said."""
    if item.quantity.kind not in ("own", "glued", "word", "of", "a"):
        return []
    sold = [s for s in item.phrase.skus if catalogue.products[s].unit == item.product.unit]
    return sold if len(sold) == 1 else []


def _judge_line(said: Message, catalogue: Catalogue, sku: str, count: int) -> Iterator[Failure]:
    got = f"{count} x {sku}"
    meant = next((i for i in said.items if sku in i.phrase.skus), None) or next(
        (i for i in said.items if sku in i.phrase.wide), None
    )
    if meant is not None and sku in _sold_by_unit(meant, catalogue):
        meant = replace(meant, phrase=replace(meant.phrase, skus=frozenset({sku})))
    if meant is None:
        aim = next((i for i in said.items if i.product.sku == sku), None)
        if aim is not None:
            yield Failure("phantom", got, aim)
        else:
            lone = [i for i in said.items if i.phrase.kind in ("phantom", "gone")] or said.items
            yield Failure(
                "phantom" if not lone[0].phrase.skus else "wrong product",
                got,
                lone[0] if len(said.items) == 1 else None,
            )
    elif len(meant.phrase.skus) > 1:
        yield Failure(
            "guessed product",
            f"{got}, of {len(meant.phrase.skus)} that fit: {', '.join(sorted(meant.phrase.skus)[:4])}",
            meant,
        )
    elif sku not in meant.phrase.skus:
        yield Failure("wrong product", got, meant)
    elif meant.quantity.units is None:
        yield Failure("guessed quantity", got, meant)
    elif meant.quantity.units != count:
        yield Failure("wrong quantity", f"{got}, not {meant.quantity.units}", meant)


def _words(text: str) -> set[str]:
    return {key(w) for w in re.findall(r"[^\s,:;\"“”?()]+", text)} - _JOINERS


def _named(item: Item, shown: set[str]) -> bool:
    words = {w for w in _words(item.phrase.text) if w.isalpha() and len(w) > 2}
    return len(words & shown) * 2 > len(words) or (bool(words) and words <= shown)


def _mentions(text: str, item: Item) -> bool:
    words = _words(text)
    return bool(words) and len(words & _words(item.phrase.text)) * 2 > len(words)


# -- shrinking -------------------------------------------------------------------------------------------


async def shrink(result: Result, failure: Failure) -> Result:
    """The smallest message found that still fails in the same way."""
    best = result
    progress = True
    while progress:
        progress = False
        for smaller in _smaller(best.message):
            tried = await play(best.shelf, smaller)
            if any(f.kind == failure.kind for f in tried.failures):
                best, progress = tried, True
                break
    return best


def _smaller(said: Message) -> Iterator[Message]:
    if said.behind:
        yield replace(said, behind=())
        for n in range(len(said.behind)):
            yield replace(said, behind=said.behind[:n] + said.behind[n + 1 :])
    if said.before:
        yield replace(said, before=())
    if len(said.items) > 1:
        for n in range(len(said.items)):
            yield replace(said, items=said.items[:n] + said.items[n + 1 :])
    if said.form != "line":
        yield replace(said, form="line")
    for n, item in enumerate(said.items):
        for simpler in _simpler(item):
            yield replace(said, items=(*said.items[:n], simpler, *said.items[n + 1 :]))


def _simpler(item: Item) -> Iterator[Item]:
    lowered = item.phrase.text.lower()
    if item.phrase.skus == {item.product.sku} and item.phrase.kind != "full" and lowered != item.product.name.lower():
        full = Phrase(item.product.name.lower(), "full", item.phrase.skus, item.phrase.wide)
        yield replace(item, phrase=full)
    if item.quantity.kind != "own":
        count = max(2, item.product.min_quantity)
        spelling = UNIT_SPELLINGS.get(item.product.unit, item.product.unit).split()[0]
        yield replace(item, quantity=Quantity(f"{count} {spelling}", "own", count))
    if item.after and item.quantity.kind not in ("x", "qty"):
        yield replace(item, after=False, joint=" ")
    if item.after and item.joint != " ":
        yield replace(item, joint=" ")


# -- runs ------------------------------------------------------------------------------------------------


def shelves(random: Random, suppliers: list[str], count: int) -> list[Shelf]:
    """The catalogues of a run: each supplier's own, and changed ones, about one for every 60 messages."""
    own = [Shelf(name, reference_of(name)) for name in suppliers]
    changed = [mutated(random, random.choice(suppliers), n) for n in range(max(3, count // 60))]
    return own + changed


def run(seed: int, count: int, suppliers: list[str]) -> list[Result]:
    """Play `count` random messages; half of them over the suppliers' own catalogues."""
    random = Random(seed)
    stock = shelves(random, suppliers, count)
    own = len(suppliers)

    async def all_of_them() -> list[Result]:
        results = []
        for _ in range(count):
            shelf = random.choice(stock[:own]) if random.random() < 0.5 else random.choice(stock[own:])
            results.append(await play(shelf, message(random, shelf)))
        return results

    return asyncio.run(all_of_them())
