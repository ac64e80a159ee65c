"""`python -m tests.eval.validating`: hold the expectations themselves against the suppliers' data."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator

from core.ports import Reference
from tests.eval.cases import Conversation, load, problems, sets
from tests.eval.loading import load_reference, supplier


def complaints(cases: list[Conversation], reference_of: Callable[[str], Reference]) -> Iterator[str]:
    """One sentence for every expectation that cannot be met, and for every id used twice."""
    for case_id, times in Counter(case.id for case in cases).items():
        if times > 1:
            yield f"{case_id}: used {times} times"
    for case in cases:
        for problem in problems(case, reference_of(case.supplier)):
            yield f"{case.id}: {problem}"


def main() -> None:
    """Print every complaint and the count by theme; exits 1 where there is a complaint."""
    cases = [case for name in sets() for case in load(name)]
    references = {name: load_reference(supplier(name)) for name in {case.supplier for case in cases}}
    found = list(complaints(cases, references.__getitem__))
    for complaint in found:
        print(complaint)
    for theme, count in Counter(f"{case.set_name}/{case.theme}" for case in cases).items():
        print(f"{count:5} {theme}")
    print(f"{len(cases):5} conversations, {len(found)} complaints")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
