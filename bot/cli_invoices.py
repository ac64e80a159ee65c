"""`resupply invoices list | paid | unpaid`: the ledger's invoices, and which of them were paid."""

from typing import Annotated

import typer
from rich.markup import escape

from bot.cli_output import out, run, table_of

invoices = typer.Typer(help="Invoices of the ledger, and recording payments. With Xero, payments are marked there.")

_Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The invoice's number, or its order's")]


def add_invoices(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(invoices, name="invoices", no_args_is_help=True)


@invoices.command("list")
def invoices_list(
    outlet: Annotated[str | None, typer.Option(help="Only of this outlet")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are to be paid")] = False,
    most: Annotated[int, typer.Option("--last", min=1, max=10_000, help="How many")] = 100,
) -> None:
    """List invoices, newest first."""
    from bot.commands import list_invoices

    table = table_of("Number", "Order", "Outlet", "Dated", "Due", "Total", "State")
    for each in run(list_invoices(outlet, most, open_only=open_only)):
        table.add_row(
            escape(each.number),
            escape(each.order_number),
            escape(each.outlet.code),
            each.issued_on.isoformat(),
            each.due_on.isoformat(),
            f"{each.order.currency} {each.order.total:.2f}",
            f"{each.status.value} {each.paid_on}" if each.paid_on else each.status.value,
        )
    out.print(table)


@invoices.command("paid")
def invoices_paid(
    number: _Number,
    on: Annotated[str | None, typer.Option("--on", help="The day of the payment, such as 2026-11-20; today")] = None,
) -> None:
    """Record that an invoice was paid in full."""
    from bot.commands import mark_paid

    paid = run(mark_paid(number, on))
    total = f"{paid.order.currency} {paid.order.total:.2f}"
    out.print(f"{paid.number} is paid: {total} on {paid.paid_on}.", highlight=False, markup=False)


@invoices.command("unpaid")
def invoices_unpaid(number: _Number) -> None:
    """Take back that an invoice was paid."""
    from bot.commands import mark_unpaid

    invoice, behind = run(mark_unpaid(number))
    out.print(f"{invoice.number} is open again.", highlight=False, markup=False)
    if behind:
        words = f"Order {invoice.order_number} has changed meanwhile: retry its parked job (`resupply parked list`)."
        out.print(words, style="yellow", highlight=False, markup=False)
