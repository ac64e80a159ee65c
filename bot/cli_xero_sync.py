"""`resupply xero sync`: orders and invoices of a period, held against each other."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from bot.cli_output import out, run, table_of

if TYPE_CHECKING:
    from bot.xero.sync import Difference


def add_xero_sync(app: typer.Typer) -> None:
    """Add the command to the `xero` group."""
    app.command("sync")(sync)


def sync(
    first: Annotated[str, typer.Option("--from", help="The first day, such as 2026-11-01")],
    last: Annotated[str, typer.Option("--to", help="The last day")],
    repair: Annotated[
        bool, typer.Option("--repair", help="Put right what is safe; a bookkeeper's changes stay")
    ] = False,
) -> None:
    """Compare orders and invoices of a period. Ends with 1 while there are differences."""
    from bot.exports import read_period

    before, refused, after = run(_sync(*read_period(first, last), repair=repair))
    if not before:
        out.print("Orders and invoices agree.")
        return
    _print(before, refused, after, repair=repair)
    if after:
        raise typer.Exit(1)


async def _sync(
    first: date, last: date, *, repair: bool
) -> "tuple[list[Difference], dict[Difference, str], list[Difference]]":
    """(what was different, what stood against putting it right, what is different still)"""
    from bot.commands import xero_books
    from bot.xero.sync import Sync

    async with xero_books() as (store, books):
        work = Sync(store, books)
        before = await work.compare(first, last)
        refused: dict[Difference, str] = {}
        if not (repair and before):
            return before, refused, before
        for difference in before:
            if says := await work.repair(difference):
                refused[difference] = says
        return before, refused, await work.compare(first, last)


def _print(
    before: "Sequence[Difference]",
    refused: "dict[Difference, str]",
    after: "Sequence[Difference]",
    *,
    repair: bool,
) -> None:
    table = table_of("Order", "Invoice", "What", "Detail", *(["Repaired"] if repair else []))
    left = {(each.order_number, each.kind) for each in after}
    for each in before:
        done = "no" if (each.order_number, each.kind) in left else "yes"
        reason = f"{done}: {refused[each]}" if each in refused and refused[each] not in each.detail else done
        cells = [each.order_number, each.invoice_number, each.kind.value, each.detail, *([reason] if repair else [])]
        table.add_row(*(escape(cell) for cell in cells))
    seen = {(each.order_number, each.kind) for each in before}
    for each in after:
        if (each.order_number, each.kind) not in seen:
            cells = [each.order_number, each.invoice_number, each.kind.value, each.detail, "no"]
            table.add_row(*(escape(cell) for cell in cells))
    out.print(table)
