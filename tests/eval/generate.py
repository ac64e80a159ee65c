"""`python -m tests.eval.generate`: search for silent wrong lines with random orders; always exits 0."""

import argparse
import asyncio
from collections import Counter

from tests.eval.generating import KINDS, SENDERS, SILENT, Failure, Result, run, shrink


def main() -> None:
    """Play, count, shrink and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.eval.generate", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=500, help="messages to play")
    parser.add_argument("--supplier", choices=sorted(SENDERS), help="only this one's catalogue and its variations")
    parser.add_argument("--kind", choices=KINDS, help="show only failures of this kind")
    parser.add_argument("--show", type=int, default=40, help="examples to print")
    options = parser.parse_args()
    results = run(options.seed, options.count, [options.supplier] if options.supplier else sorted(SENDERS))
    _print_rates(results)
    examples = asyncio.run(_examples(results, options.kind, options.show))
    for alike, result, failure in examples:
        _print_example(alike, result, failure)


def _print_rates(results: list[Result]) -> None:
    items = sum(len(r.message.items) for r in results)
    own = [r for r in results if "~" not in r.shelf.name]
    print(f"{len(results)} messages ({len(own)} over the suppliers' own catalogues), {items} items")
    silent = [r for r in results if any(f.kind in SILENT for f in r.failures)]
    print(
        f"messages with a silent wrong line: {len(silent)} ({len(silent) / len(results):.2%}); "
        f"of own catalogues {sum(r in own for r in silent)}"
    )
    print(f"messages with no fault at all: {sum(not r.failures for r in results) / len(results):.1%}")
    for kind in KINDS:
        found = [f for r in results for f in r.failures if f.kind == kind]
        ours = sum(f.kind == kind for r in own for f in r.failures)
        if found:
            print(f"  {kind:18}{len(found):6}  {len(found) / items:7.2%} of items   own catalogues {ours}")
            by = Counter(f"{f.item.phrase.kind} / {f.item.quantity.kind}" for f in found if f.item)
            print("      " + ", ".join(f"{name} {n}" for name, n in by.most_common(6)))


async def _examples(results: list[Result], kind: str | None, show: int) -> list[tuple[int, Result, Failure]]:
    """Shrunk failures, one of a sort, worst kinds first and in each the frequent ones first."""
    failing = [(r, f) for r in results for f in r.failures if kind in (None, f.kind)]
    failing.sort(key=lambda rf: (KINDS.index(rf[1].kind), "~" in rf[0].shelf.name, len(rf[0].message.text)))
    groups: dict[tuple[object, ...], list[tuple[Result, Failure]]] = {}
    taken: Counter[str] = Counter()
    for result, failure in failing:
        taken[failure.kind] += 1
        if taken[failure.kind] > show * 2:
            continue
        small = await shrink(result, failure)
        same = next(f for f in small.failures if f.kind == failure.kind)
        groups.setdefault(_sort_of(small, same), []).append((small, same))
    ranked = sorted(groups.values(), key=lambda g: (KINDS.index(g[0][1].kind), -len(g)))
    best = [(len(g), *min(g, key=lambda rf: len(rf[0].message.text))) for g in ranked]
    return best[:show]


def _sort_of(result: Result, failure: Failure) -> tuple[object, ...]:
    said = result.message
    return (
        failure.kind, len(said.items), said.form,
        tuple(sorted({i.phrase.kind.split()[0] for i in said.items})),
        tuple(sorted({i.quantity.kind for i in said.items})),
        tuple(text for _, text in said.before + said.behind),
    )  # fmt: skip


def _print_example(alike: int, result: Result, failure: Failure) -> None:
    print(f"\n[{failure.kind}] x{alike}  {result.shelf.name}")
    print(f"  > {result.message.text!r}")
    for item in result.message.items:
        wanted = "ask" if not item.certain else f"{item.quantity.units} x {next(iter(item.phrase.skus))}"
        aim = item.product
        product = f"{aim.sku} {aim.name!r}, {aim.unit} of {aim.pieces_per_unit}, min {aim.min_quantity}"
        print(f"    {item.phrase.kind} / {item.quantity.kind}: {wanted}   ({product}, {len(item.phrase.skus)} fit)")
    catalogue = result.shelf.catalogue.products
    lines = [f"{n} x {sku} {catalogue[sku].name!r}" for sku, n in result.lines.items()]
    print(f"    draft: {', '.join(lines) or 'nothing'}")
    print(f"    ! {failure.detail}")
    if failure.kind not in SILENT:
        print(f"    reply: {result.reply[:200]!r}")


if __name__ == "__main__":
    main()
