"""What a form says around its list: titles, letterheads, totals, labels, addresses, and words beside an item."""

import re
from collections.abc import Sequence

from core.domain.catalogue import Product
from core.domain.commands import (
    AskProduct,
    Cancel,
    Change,
    Clear,
    Command,
    Complain,
    Confirm,
    Drop,
    Refuse,
    Remove,
    Repeat,
    Replace,
)
from core.understanding.clauses import clauses_of
from core.understanding.context import Context
from core.understanding.index import CatalogueIndex
from core.understanding.lexicon import COLOURS, COURTESY, FILLER, PARTICLES, SIZES
from core.understanding.spelling import stem
from core.understanding.tokens import Kind, Token

_FLAGS = re.IGNORECASE
DELIVERY = re.compile(
    r"\bdeliver\w*|\bdlvr\b|\brequired (by|on|date)|\bneed(ed)? (by|on)\b|\bdate (required|needed)\b|\bfor (?:next |this |coming )?(?:mon|tue|wed|thu|fri|sat|sun|tomorrow|tmr|today)|\bsend (by|on)\b|\beta\b|送货",
    _FLAGS,
)
OUTLET = re.compile(
    r"^\W*(?:outlet|branch|store|shop|deliver(?:y)? to|ship to)(?: name)?\s*[:\-–]\s*(?P<name>\S.*)$", re.IGNORECASE
)
DELIVERY_LABEL = re.compile(
    r"^(requested |preferred |expected )?deliver\w*( ?/ ?\w+)? ?(date|day|time|window|slot|on|by)?( & time| / time)?\s*[:\-]?",
    _FLAGS,
)
ADDRESS = re.compile(
    r"\b(address|street|road|avenue|lane|crescent|boulevard|jalan|lorong|singapore|postal)\b|\b(st|rd|ave|dr|drive|blk)\.? \d|#\d+-\d+"
    r"|\b(bill|ship|deliver(ed)?|sold|invoice) to\b", _FLAGS,
)  # fmt: skip
NOTE = re.compile(
    r"^(?:special |delivery |order |other |additional )?(?:remarks?|notes?|comments?|instructions?|requests?)\s*(?:[:\-]|\b)\s*(?P<note>.*)$",
    _FLAGS,
)
ORDER_NUMBER = re.compile(
    r"^(?:your |our |customer )?(?:p\.?\s?o\.?|purchase order|ref)\s*(?:no|number|num|ref|#)?\s*[.:#\-]*\s*(?P<number>[a-z]{0,6}[-/]?\d[\w/-]{1,24})(?:\s.*)?$",
    _FLAGS,
)
STRUCK = re.compile(
    r"\b(cancel\w*|delete\w*|remove\w*|void|do not (send|order|deliver)|don'?t (send|order|want|need)|not (needed|required)|ignore|skip|no need)\b",
    _FLAGS,
)
_LABEL = re.compile(
    r"^(?:customer|company|outlet|branch|store|shop|name|contact|attn|attention|tel|phone|mobile|hp|fax|e-?mail|website|uen|gst reg"
    r"|from|to|bill to|ship to|sold to|address|date|order(?:ed)? (?:date|by|no|number)|issue date|valid|terms|payment|credit terms|due date"
    r"|invoice|quotation|quote|account|acct|page|sheet|prepared|approved|checked|received|signature|signed|requested by|person in charge|pic"
    r"|salesman|sales ?person|currency|ref(?:erence)?|no\.? of items|total items|cut-?off|minimum order|version|form)"
    r"(?:\s+(?:name|no|number|num|person|date|by|reg|id|code|address|terms|order|of \d+))*\s*(?:[.:#\-]|\d|$)",
    _FLAGS,
)
_TOTAL = re.compile(
    r"^(?:[\d.,$ ]+)?(?:\w+ )?(?:sub|grand|net)?[ -]?total\b|^\W*(?:gst|tax|amount due|balance due|discount|rounding)\b|合计",
    _FLAGS,
)
_TITLE = re.compile(
    r"\b(order (form|sheet|list)|purchase order|delivery order|tax invoice|price ?list|stock ?list|order template|catalogue|requisition)\b",
    _FLAGS,
)
_FIRM = re.compile(
    r"\b(pte|ltd|llp|llc|inc|sdn|bhd|pvt|gmbh|enterprises?|trading|supplies|supplier|suppliers|restaurant|caf[eé]|bistro|kitchen|holdings|group|wholesale\w*|distributors?|packaging)\b",
    _FLAGS,
)
_THANKS = re.compile(
    r"\b(thank(s| you)|regards|sincerely|e ?& ?o ?e|computer[ -]generated|terms and conditions|goods sold|all prices|prices? (are|is|exclude|include|subject)|subject to)\b",
    _FLAGS,
)
_HEADS = frozenset(
    """no s sn item items description product products name code sku qty quantity unit units uom price amount total remarks remark notes
    note order ordered size colour color type pack packing ea unitprice pcs category number of per rate cost value required req""".split()
)  # fmt: skip
_NOISE = FILLER | COURTESY | PARTICLES

# Commands that an item's row never carries by accident: beside an item they mean that it is not simply ordered.
TELLING: dict[type[Command], bool] = dict.fromkeys(
    (AskProduct, Cancel, Change, Clear, Complain, Confirm, Drop, Refuse, Remove, Repeat, Replace), True
)

# And these ask for goods in a way that no row of a list does.
ASKING = (Change, Remove, Repeat, Replace)


def is_furniture(text: str, context: Context) -> bool:
    """Whether a row plainly is no item: a label, a title, a total, heads of columns, a letterhead, a courtesy."""
    if _TOTAL.search(text) or _LABEL.match(text) or _THANKS.search(text):
        return True
    tokens = [t for clause in clauses_of(text, context.index) for t in clause.tokens]
    words = [t for t in tokens if t.kind is Kind.WORD]
    numbers = [t for t in tokens if t.kind is Kind.NUMBER]
    if not words and not any(t.kind is Kind.MEASURE for t in tokens):
        return not _could_be_code(tokens, context.index)
    if all(t.text in _HEADS for t in words) and not numbers:
        return True
    if _TITLE.search(text) and tokens[0].kind is Kind.WORD:
        return True
    if numbers:
        return bool(ADDRESS.search(text)) and not any(context.index.names(stem(t.text)) for t in words)
    if _FIRM.search(text) or ADDRESS.search(text):
        return True
    if any(t.kind is Kind.MEASURE for t in tokens):
        return False
    return _category(words, context.index) or (
        context.outlets.find(tokens) is not None and not looks_like_item(text, context.index)
    )


def _could_be_code(tokens: Sequence[Token], index: CatalogueIndex) -> bool:
    return any(t.text in index.skus for t in tokens)


def _category(words: Sequence[Token], index: CatalogueIndex) -> bool:
    """Whether words are a heading such as "Cups & Lids": nothing but words of the catalogue's categories."""
    known = {stem(w) for name in index.catalogue.categories for w in re.findall(r"[a-z]+", name.casefold())}
    said = [stem(t.text) for t in words if t.text not in _NOISE]
    return bool(said) and all(w in known for w in said)


def looks_like_item(text: str, index: CatalogueIndex) -> bool:
    """Whether an unread row may have ordered something: words of the catalogue, with an amount or among few others."""
    tokens = [t for clause in clauses_of(text, index) for t in clause.tokens]
    words = [stem(t.text) for t in tokens if t.kind is Kind.WORD and t.text not in _NOISE]
    telling = [w for w in words if _near_product(w, index) and w not in COLOURS and w not in SIZES]
    telling += [t.text for t in tokens if t.kind is Kind.MEASURE or t.text in index.skus]
    if any(t.kind is Kind.NUMBER for t in tokens):
        return bool(words or telling)
    return bool(telling) and len(telling) * 2 >= len(words)


def _near_product(word: str, index: CatalogueIndex) -> bool:
    """Whether a word stands in a product's name, or is a misspelling or abbreviation of one that does."""
    sure, perhaps = index.meanings(word)
    return index.names(word) or any(index.names(w) for w in sure | perhaps)


def digits_in(product: Product) -> list[str]:
    """The numbers in a product's name and other names."""
    return [n for text in (product.name, product.description, *product.aliases) for n in re.findall(r"\d+", text)]
