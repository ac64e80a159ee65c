"""Questions about products, prices, stock, delivery and orders."""

from core.domain.commands import Ask, AskDelivery, AskProduct, Command, Menu, Show, Status, Wanted
from core.domain.units import UNITS
from core.understanding import cues
from core.understanding.burst import NOISE, Burst
from core.understanding.clauses import Clause
from core.understanding.dates import find_when
from core.understanding.items import read_items
from core.understanding.spelling import stem
from core.understanding.talk import code_in
from core.understanding.wanted import wanted_of


def question(burst: Burst, clause: Clause) -> list[Command] | None:
    text = clause.text
    code = code_in(burst, clause)
    if code and cues.STATUS_WORD.search(text) and not burst.any_product(clause):
        return [Status(code)]
    if cues.STATUS_FIRM.search(text) or (cues.STATUS.search(text) and not burst.any_product(clause)):
        return [Status(code_in(burst, clause))]
    if cues.REQUEST.match(text) and not cues.PRICE.search(text):
        return None
    if cues.PRICE.search(text) or cues.PACK.search(text):
        return _about_products(burst, clause, price=bool(cues.PRICE.search(text)), pack=bool(cues.PACK.search(text)))
    if (
        cues.DELIVERY_QUESTION.search(text)
        and (clause.asks or cues.QUESTION_WORD.match(text))
        and not _any_amount_of_product(burst, clause)
    ):
        return [AskDelivery()] if not cues.PAYMENT.search(text) else [Ask(text)]
    asks = clause.asks or bool(cues.QUESTION_WORD.match(text))
    menu = _menu_of(burst, clause)
    if menu:
        return menu
    if not asks and not cues.HAVE.search(text):
        return None
    if asks and not cues.HAVE.search(text) and not cues.QUESTION_WORD.match(text):
        return _trailing_question(burst, clause)
    return _about_products(burst, clause)


def _any_amount_of_product(burst: Burst, clause: Clause) -> bool:
    return burst.any_amount(clause) and burst.any_product(clause)


def _trailing_question(burst: Burst, clause: Clause) -> list[Command] | None:
    """ "12in box?" asks; "2 bundles 12in box can?" orders."""
    items = burst.read(clause.tokens)
    if any(i.amount and (i.match.skus or not i.names_something) for i in items):
        return None
    named = [i for i in items if i.names_something]
    if not named:
        return None
    return _about_products(burst, clause)


def _about_products(burst: Burst, clause: Clause, *, price: bool = False, pack: bool = False) -> list[Command] | None:
    tokens = burst.without(clause.tokens, find_when(list(clause.tokens), burst.context.now.date(), burst.index.names))
    items = [i for i in read_items(tokens, burst.index) if i.names_something]
    if pack:
        items = [i for i in items if any(UNITS.get(w) is None for w in i.words) or i.measures]
    for item in items:
        if item.match.unexplained and item.match.explained and set(item.match.unexplained) <= cues.QUESTION_NOISE:
            item.words = [w for w in item.words if w not in item.match.unexplained]
            item.match = burst.index.find(tuple(item.words), tuple(item.measures), tuple(item.optional))
    named = [i for i in items if i.match.explained]
    if not named:
        if price and cues.TOTAL.search(clause.text) and burst.lines:
            return [Show()]
        if price or pack:
            return (
                [AskProduct(_last_asked(burst), price, pack)]
                if _last_asked(burst)
                else [Show()]
                if price and burst.lines
                else [Ask(clause.text)]
            )
        strange = [i for i in items if i.words]
        if cues.HAVE.search(clause.text) and strange and not cues.PAYMENT.search(clause.text):
            return [AskProduct(tuple(wanted_of(i, burst.index) for i in strange[:2]), price, pack)]
        return [Ask(clause.text)] if clause.asks or cues.QUESTION_WORD.match(clause.text) else None
    if (
        not price
        and not pack
        and any(i.amount and i.match.skus and not i.match.unexplained for i in named)
        and not cues.HAVE.search(clause.text)
    ):
        return None
    if not price and not pack and cues.PAYMENT.search(clause.text):
        return [Ask(clause.text)]
    wanted = tuple(wanted_of(i, burst.index) for i in named)
    burst.asked = list(dict.fromkeys(s for w in wanted for s in w.skus))
    burst.focus = burst.asked if len(burst.asked) == 1 else burst.focus
    return [AskProduct(wanted, price, pack)]


def _last_asked(burst: Burst) -> tuple[Wanted, ...]:
    skus = burst.asked or burst.focus
    return (Wanted("", tuple(skus)),) if skus else ()


def _menu_of(burst: Burst, clause: Clause) -> list[Command] | None:
    found = cues.MENU_OF.match(clause.text)
    if not found:
        return None
    what = next(filter(None, found.groups()), "")
    words = {stem(w) for w in what.replace("&", " ").split()} - NOISE
    for category in burst.index.catalogue.categories:
        named = {stem(w) for w in category.casefold().replace("&", " ").replace(",", " ").split()}
        if words and words <= named:
            return [Menu(category)]
    return None
