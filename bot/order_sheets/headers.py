"""Which column of a table holds what, by the words in its header row."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.order_sheets.amounts import unit_in
from core.domain.units import UNITS


class Role(StrEnum):
    """What a column holds."""

    QUANTITY = "quantity"
    DESCRIPTION = "description"
    DETAIL = "detail"
    CODE = "code"
    UNIT = "unit"
    PACK = "pack"
    REMARK = "remark"
    INDEX = "index"
    PRICE = "price"
    DATE = "date"
    IGNORED = "ignored"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Columns:
    """Roles by column. `quantities`: every column that may hold what is ordered, with the unit its header names.

    `guessed`: from the content of a table without header; one of several quantities may be another number.
    """

    roles: tuple[Role, ...]
    quantities: dict[int, str] = field(default_factory=dict)
    guessed: bool = False

    def of(self, role: Role) -> list[int]:
        """The columns of a role, from left to right."""
        return [n for n, r in enumerate(self.roles) if r is role]


_LONGEST_HEADER = 48
_LEAST = 2

# First match wins: what can never be the ordered quantity comes before what looks like one.
_RULES: tuple[tuple[Role, re.Pattern[str]], ...] = tuple(
    (role, re.compile(pattern))
    for role, pattern in (
        (Role.DATE, r"deliver\w* (date|day)|date (required|needed|of delivery)|required (by|date)|need(ed)? by|\beta\b"),
        (Role.PRICE, r"price|cost|\brate\b|\$|sgd|\bgst\b|\btax\b|discount|\bdisc\b|单价|价格|金额|小计"),
        (Role.PACK, r"(pcs|pieces|qty|quantity|units?|nos?) ?(per|/|in) ?\w+|\bpack(ing|aging)?( ?size)?$|^pkg|per (pack|carton|ctn|unit)|^pack"),
        (Role.IGNORED, r"\bstock\b(?! ?(code|no|num|item|id))|on hand|balance|\bpar\b|\bmin\b|\bmax\b|minimum|maximum|\bmoq\b|deliver(ed|y)|received|rec'd|invoiced?|\blast\b|previous|\bprev\b|usual|average|\bavg\b|supplied|shipped|back ?order|outstanding|forecast|usage|used|sold"),
        (Role.CODE, r"\b(code|sku|barcode|upc|ean)\b|\b(item|product|stock|part|art|article|cat|catalogue|model|ref|material|prod)\.? ?(no|number|num|id|#|ref)\b|\bref(erence)?\b|编号|货号|代码"),
        (Role.QUANTITY, r"\b(qty|quantity|quantities|qnty|qtty|qtys?)\b|^(no|number|nos)\.? of\b|^how many|^(your |my |new |to )?order(ed)?( \(.*\))?$|^nos$|^pax$|^count$|数量"),
        (Role.REMARK, r"remark|\bnotes?\b|comment|special|instruction|request|备注"),
        (Role.PRICE, r"\btotal\b|\bamount\b|\bamt\b|\bvalue\b|\bsum\b"),
        (Role.UNIT, r"^(unit|units|uom|u/?m|unit of measure(ment)?|(order|sell|selling|packing|sales?) unit|单位)$"),
        (Role.INDEX, r"^(no|s/?n|sn|sr|#|nr|line|row|seq|sno|s/no|item #|ln)( ?no)?$|^序号$"),
        (Role.IGNORED, r"category|\bdept\b|department|group|section|supplier|vendor|outlet|location|storage|shelf|currency|photo|image|picture"),
        (Role.DETAIL, r"^(size|sizes|colou?r|type|spec|specs|specification|variant|brand|grade|flavou?r|material|dimension|dimensions|规格)$"),
        (Role.DESCRIPTION, r"\b(items?|products?|descriptions?|desc|descr|particulars?|goods|articles?|materials?|name|things?)\b|品名|名称|产品|商品"),
    )
)  # fmt: skip
_ORDERED = re.compile(r"order|req|need|want")


def role_of(cell: str) -> Role:
    """The role that a header cell names; UNKNOWN for any other words."""
    text = " ".join(re.sub(r"[.:*_]+", " ", cell.casefold()).split())
    if not text or len(text) > _LONGEST_HEADER or re.fullmatch(r"[\d\W]+", text.replace("#", "n")):
        return Role.UNKNOWN
    if text in UNITS and text not in ("unit", "units", "can", "set", "box", "card", "case"):
        # A column headed "Ctn" or "Pcs" counts them.
        return Role.QUANTITY
    return next((role for role, pattern in _RULES if pattern.search(text)), Role.UNKNOWN)


def columns_of(cells: Sequence[str]) -> Columns | None:
    """The columns of a header row, or None where the row is none: it names items and at least one more thing."""
    roles = [role_of(cell) if cell else Role.UNKNOWN for cell in cells]
    named = {r for r in roles if r is not Role.UNKNOWN}
    if len(named) < _LEAST or not named & {Role.DESCRIPTION, Role.CODE, Role.DETAIL}:
        return None
    if not named & {Role.QUANTITY, Role.UNIT, Role.PRICE, Role.PACK, Role.CODE, Role.INDEX} - {Role.DESCRIPTION}:
        return None
    return Columns(tuple(roles), _quantities(cells, roles))


def _quantities(cells: Sequence[str], roles: Sequence[Role]) -> dict[int, str]:
    """The columns for what is ordered: one that says "order" goes before a plain "Qty"."""
    found = [n for n, role in enumerate(roles) if role is Role.QUANTITY]
    ordered = [n for n in found if _ORDERED.search(cells[n].casefold())]
    return {n: unit_in(cells[n]) for n in (ordered or found)}
