"""Scores a played conversation against what was expected of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.eval.cases import Conversation, Expected, Line
from tests.eval.playing import Played, expectations

ORDER_CHECKS = ("status", "date", "window", "outlet", "number")


@dataclass
class Score:
    """How a conversation went.

    `exact`: every SKU, quantity and unit after the last turn, and the status, date, window, outlet and number
    that were expected. `silent`: wrong lines in a draft although the turn asked nothing.
    """

    case: Conversation
    played: list[Played]
    exact: bool = True
    silent: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    needless: int = 0
    unasked: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Nothing at all to find fault with."""
        return not self.findings


def score(case: Conversation, played: list[Played]) -> Score:
    """Hold a played conversation to its expectations."""
    result = Score(case, played)
    errors = [f"turn {n}: {step.error}" for n, step in enumerate(played, 1) if step.error]
    if errors:
        result.exact, result.findings = False, errors
    if len(played) < len(case.turns):
        result.missed = [_shown(line) for line in case.expected.lines.values()]
        return result
    for turn, expected in expectations(case, played):
        _hold(result, turn, expected, last=expected is case.expected)
    return result


def lines_of(order: dict[str, Any]) -> dict[str, Line]:
    """An order's lines by SKU."""
    return {line["sku"]: (line["sku"], line["quantity"], line["unit"]) for line in order.get("lines", ())}


def _hold(result: Score, turn: int, expected: Expected, *, last: bool) -> None:
    step = result.played[turn]
    where = "" if last else f"turn {turn + 1}: "
    if "lines" in expected.checks:
        got, wanted = lines_of(step.order), expected.lines
        wrong = [line for line in got.values() if line not in wanted.values()]
        missing = [line for line in wanted.values() if line not in got.values()]
        if wrong or missing:
            result.exact = result.exact and not last
            result.findings.append(f"{where}lines: expected {_all(wanted)}, got {_all(got)}")
        if not last or not step.body.get("asked"):
            result.silent += [where + _shown(line) for line in wrong]
        if last:
            result.missed += [_shown(line) for line in missing]
    for name, wanted_value, got_value in _differences(step, expected):
        result.findings.append(f"{where}{name}: expected {wanted_value!r}, got {got_value!r}")
        if name == "asked":
            result.needless += got_value is True
            result.unasked += wanted_value is True
        elif last and name in ORDER_CHECKS:
            result.exact = False


def _differences(step: Played, expected: Expected) -> Iterator[tuple[str, Any, Any]]:
    reply = step.body.get("reply", "")
    for name, wanted in expected.checks.items():
        if name == "lines":
            continue
        if name == "says":
            absent = [text for text in wanted if text.casefold() not in reply.casefold()]
            if absent:
                yield name, absent, reply
            continue
        got = _value(step, name)
        if name == "number" and wanted == "kept":
            wanted = step.number_before or "a number"
        if got != wanted:
            yield name, wanted, got


def _value(step: Played, name: str) -> Any:
    match name:
        case "asked" | "intent":
            return step.body.get(name)
        case "silent":
            return not step.body.get("messages") and not step.body.get("reply")
        case "date" | "window":
            return step.order.get(f"delivery_{name}")
        case _:
            return step.order.get(name)


def _all(lines: dict[str, Line]) -> str:
    return ", ".join(_shown(line) for line in lines.values()) or "nothing"


def _shown(line: Line) -> str:
    sku, quantity, unit = line
    return f"{quantity} {unit} {sku}"
