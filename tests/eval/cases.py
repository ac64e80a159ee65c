"""The conversations of the evaluation set: their format, and a check that each expectation can be true.

A file holds one conversation a line; blank lines and lines that start with `//` are skipped:

    {"id": "lists-003", "turns": ["hi", "2 bdl 12in box"], "expect": {"lines": [["PB-12-PLN", 2, "bundle"]]}}

`as` (who writes), `now` and `supplier` have defaults; `channel` and `invites` ({code: outlet}) are for
strangers. A turn is one of:
- a text, or {"say": text, "quoted": text}
- {"burst": [texts]}, read together
- {"tap": choice}, or {"pick": choice}, which types that choice's number; a choice of the last reply is named
  by words of its title or by its 1-based position
- {"wait": ISO 8601 duration}

All but a wait may carry expectations of their own. The keys of an expectation are `CHECKED`; what is left out
is not checked, but the last `lines` always are. "number": "kept" is the last number seen; "says" are texts
that the reply must hold; "silent" means no reply at all.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.domain.messages import Intent
from core.domain.orders import OrderStatus
from core.ports import Reference

FOLDER = Path(__file__).parent / "conversations"
MONDAY_MORNING = "2026-11-23T09:30:00+08:00"
PASIR_RIS = "+6591230001"
ACTIONS = ("say", "tap", "pick", "burst", "wait")
CHECKED = ("lines", "asked", "status", "date", "window", "intent", "outlet", "number", "says", "silent")
KEYS = {"id", "as", "now", "supplier", "channel", "invites", "turns", "expect", "note"}
DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")

Line = tuple[str, int, str]


@dataclass(frozen=True)
class Expected:
    """What must hold after a turn: the checks by name."""

    checks: Mapping[str, Any]

    @property
    def lines(self) -> dict[str, Line]:
        """The expected draft by SKU."""
        return {sku: (sku, quantity, unit) for sku, quantity, unit in self.checks.get("lines", ())}


@dataclass(frozen=True)
class Turn:
    """One step of the customer's side."""

    action: str
    value: Any
    quoted: str | None = None
    expected: Expected | None = None

    @property
    def shown(self) -> str:
        """The turn as a reader of the report sees it."""
        return str(self.value) if self.action == "say" else f"[{self.action}: {self.value}]"


@dataclass(frozen=True)
class Conversation:
    """A conversation with what must stand at its end."""

    id: str
    set_name: str
    theme: str
    supplier: str
    sender: str
    channel: str
    now: datetime
    turns: tuple[Turn, ...]
    expected: Expected
    invites: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


def sets() -> list[str]:
    """The names of the conversation sets that are there."""
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def load(set_name: str) -> list[Conversation]:
    """Every conversation of a set, in file order. Raises ValueError naming the wrong file and line."""
    return [case for path in sorted((FOLDER / set_name).glob("*.jsonl")) for case in _read(path, set_name)]


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours and minutes."""
    match = DURATION.fullmatch(text)
    if not match or not any(match.groups()):
        raise ValueError(f"not a duration: {text}")
    days, hours, minutes = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def problems(case: Conversation, reference: Reference) -> list[str]:
    """What makes an expectation impossible to meet under this supplier's data; empty when it is sound."""
    found: list[str] = []
    now = case.now
    for turn in case.turns:
        if turn.action == "wait":
            now += duration(turn.value)
        if turn.expected:
            found.extend(_problems_of(turn.expected, case, reference, now))
    if "lines" not in case.expected.checks:
        found.append("no lines expected")
    found.extend(_problems_of(case.expected, case, reference, now))
    return found


def _read(path: Path, set_name: str) -> Iterator[Conversation]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("//"):
            continue
        try:
            yield _conversation(json.loads(line), path.stem, set_name)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name}:{number}: {error}") from error


def _conversation(raw: dict[str, Any], theme: str, set_name: str) -> Conversation:
    if unknown := raw.keys() - KEYS:
        raise ValueError(f"unknown keys {sorted(unknown)}")
    own_catalogue = (Path(__file__).parent / "catalogues" / f"{set_name}.csv").exists()
    return Conversation(
        id=raw["id"],
        set_name=set_name,
        theme=theme,
        supplier=raw.get("supplier") or (set_name if own_catalogue else "sample"),
        sender=raw.get("as", PASIR_RIS),
        channel=raw.get("channel", "api"),
        now=datetime.fromisoformat(raw.get("now", MONDAY_MORNING)),
        turns=tuple(_turn(turn) for turn in raw["turns"]),
        expected=_expected(raw["expect"]),
        invites=raw.get("invites", {}),
        note=raw.get("note", ""),
    )


def _turn(raw: str | dict[str, Any]) -> Turn:
    if isinstance(raw, str):
        return Turn("say", raw)
    actions = [action for action in ACTIONS if action in raw]
    if len(actions) != 1:
        raise ValueError(f"a turn is one of {ACTIONS}: {raw}")
    action = actions[0]
    checks = {key: value for key, value in raw.items() if key not in (action, "quoted")}
    return Turn(action, raw[action], raw.get("quoted"), _expected(checks) if checks else None)


def _expected(raw: dict[str, Any]) -> Expected:
    if unknown := raw.keys() - set(CHECKED):
        raise ValueError(f"unknown checks {sorted(unknown)}")
    return Expected(raw)


def _problems_of(expected: Expected, case: Conversation, reference: Reference, now: datetime) -> Iterator[str]:
    checks = expected.checks
    if len(expected.lines) != len(checks.get("lines", ())):
        yield "a SKU is expected twice"
    for line in expected.lines.values():
        yield from _line_problems(line, reference)
    yield from _value_problems(expected)
    if checks.get("date"):
        yield from _date_problems(expected, case, reference, now)
    outlets = [outlet.code for outlet in reference.directory.outlets_of(case.sender)]
    known = outlets or list(reference.directory.outlets)
    if checks.get("outlet") and checks["outlet"] not in known:
        yield f"outlet {checks['outlet']} is not one of {known}"
    if checks.get("status") == OrderStatus.CONFIRMED:
        yield from _confirmed_problems(expected, case, reference)


def _line_problems(line: Line, reference: Reference) -> Iterator[str]:
    sku, quantity, unit = line
    product = reference.catalogue.products.get(sku)
    if product is None:
        yield f"no product {sku}"
        return
    if not product.active:
        yield f"{sku} is discontinued"
    if unit != product.unit:
        yield f"{sku} is sold by the {product.unit}, not {unit}"
    if type(quantity) is not int or quantity < 1:
        yield f"{sku}: {quantity!r} is not a quantity"
    elif quantity < product.min_quantity:
        yield f"{sku}: {quantity} is below the minimum of {product.min_quantity}"


def _value_problems(expected: Expected) -> Iterator[str]:
    checks = expected.checks
    if not isinstance(checks.get("asked", False), bool):
        yield "asked is true or false"
    if checks.get("intent") is not None and checks["intent"] not in set(Intent):
        yield f"no intent {checks['intent']}"
    status = checks.get("status")
    if status is not None and status not in set(OrderStatus):
        yield f"no status {status}"
    if "status" in checks and "lines" in checks and (status is None) != (not checks["lines"]):
        yield f"status {status} with {len(checks['lines'])} lines"
    if checks.get("number") not in (None, "kept"):
        yield "number is kept or null"


def _date_problems(expected: Expected, case: Conversation, reference: Reference, now: datetime) -> Iterator[str]:
    day = date.fromisoformat(expected.checks["date"])
    linked = reference.directory.outlets_of(case.sender)
    outlet = reference.directory.outlets.get(expected.checks.get("outlet") or "")
    outlet = outlet or (linked[0] if len(linked) == 1 else None)
    when = case.now if expected.checks.get("status") == OrderStatus.CONFIRMED else now
    problem = reference.calendar.problem_with(day, outlet, when)
    if problem:
        yield f"{day:%A %d %B} cannot be had: {problem}"


def _confirmed_problems(expected: Expected, case: Conversation, reference: Reference) -> Iterator[str]:
    if "lines" not in expected.checks:
        return
    linked = reference.directory.outlets_of(case.sender)
    outlet = reference.directory.outlets.get(expected.checks.get("outlet") or "")
    outlet = outlet or (linked[0] if len(linked) == 1 else None)
    price_list = outlet.price_list if outlet else "standard"
    prices = (
        reference.catalogue.price_of(sku, price_list) * quantity
        for sku, quantity, _ in expected.lines.values()
        if sku in reference.catalogue.products
    )
    minimum = reference.calendar.rules_for(outlet).minimum_order
    if (subtotal := sum(prices, Decimal(0))) < minimum:
        yield f"confirmed at {subtotal}, below the zone's minimum of {minimum}"
    if not expected.checks.get("date", True):
        yield "confirmed without a date"
