"""`python -m tests.eval`: measure the desk on the evaluation conversations."""

import argparse
import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path

from tests.eval.cases import Conversation, load, sets
from tests.eval.playing import play_all, reference_of
from tests.eval.scoring import Score, score
from tests.eval.validating import complaints

COLUMNS = ("theme", "conv", "exact", "exact%", "passed", "silent", "needless", "unasked", "missed")


def main() -> None:
    """Play the chosen conversations, print the table and the failures; always exits 0."""
    options = _options()
    names = sets() if options.set == "all" else [options.set]
    cases = [case for name in names for case in load(name)]
    for complaint in complaints(cases, reference_of):
        print(f"WRONG EXPECTATION  {complaint}", file=sys.stderr)
    cases = [case for case in cases if case.id.startswith(options.only)]
    scores = [score(case, played) for case, played in zip(cases, play_all(cases), strict=True)]
    if options.json:
        options.json.write_text(json.dumps([_record(s) for s in scores], indent=1, default=str))
    _print_table(scores)
    failing = [s for s in scores if not s.passed or (options.only and s.case.id == options.only)]
    for result in failing[: options.show]:
        _print_failure(result)
    if len(failing) > options.show:
        print(f"\n{len(failing) - options.show} more; --show N shows them")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.eval", description=__doc__)
    parser.add_argument("--set", default="all", help=f"one of {', '.join(sets())}, or all")
    parser.add_argument("--show", type=int, default=20, metavar="N", help="failing conversations to print")
    parser.add_argument("--only", default="", metavar="ID", help="an id, or the start of several")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every result there")
    return parser.parse_args()


def _print_table(scores: list[Score]) -> None:
    themes: dict[str, list[Score]] = defaultdict(list)
    for result in scores:
        themes[f"{result.case.set_name}/{result.case.theme}"].append(result)
    wholes = sorted({result.case.set_name for result in scores})
    rows = [_row(theme, group) for theme, group in themes.items()]
    rows += [_row(name, [s for s in scores if s.case.set_name == name]) for name in wholes]
    rows.append(_row("all", scores))
    width = max(len(row[0]) for row in rows) + 2
    for row in (COLUMNS, *rows):
        print(row[0].ljust(width) + "".join(cell.rjust(10) for cell in row[1:]))
    taken = [step.milliseconds / step.messages for s in scores for step in s.played if step.milliseconds]
    if taken:
        print(f"\nengine: median {statistics.median(taken):.2f} ms a message, slowest {max(taken):.1f} ms")


def _row(theme: str, group: list[Score]) -> tuple[str, ...]:
    exact = sum(result.exact for result in group)
    counts = (
        len(group),
        exact,
        f"{100 * exact / max(len(group), 1):.1f}",
        sum(result.passed for result in group),
        sum(len(result.silent) for result in group),
        sum(result.needless for result in group),
        sum(result.unasked for result in group),
        sum(len(result.missed) for result in group),
    )
    return (theme, *(str(count) for count in counts))


def _print_failure(result: Score) -> None:
    case = result.case
    print(f"\n--- {case.id}  {case.now:%a %d %b %H:%M}  {case.sender}  {case.note}")
    for step in result.played:
        print(f"  > {step.turn.shown}")
        if step.messages:
            asked = " (asked)" if step.body.get("asked") else ""
            reply = str(step.body.get("reply", "")).replace("\n", "\n    ")
            print(f"    {reply}{asked}")
    for finding in result.findings:
        print(f"  ! {finding}")
    for line in result.silent:
        print(f"  ! SILENT WRONG LINE {line}")


def _record(result: Score) -> dict[str, object]:
    case: Conversation = result.case
    return {
        "id": case.id,
        "set": case.set_name,
        "theme": case.theme,
        "exact": result.exact,
        "passed": result.passed,
        "silent_wrong_lines": result.silent,
        "missed_lines": result.missed,
        "needless_questions": result.needless,
        "missed_questions": result.unasked,
        "findings": result.findings,
        "turns": [
            {"in": step.turn.shown, "body": step.body, "ms": round(step.milliseconds, 3)} for step in result.played
        ],
    }


if __name__ == "__main__":
    main()
