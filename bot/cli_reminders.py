"""`resupply reminders list | off | on`: what outlets were reminded of, and what they are not to be."""

from typing import Annotated

import typer
from rich.markup import escape

from bot.cli_output import moment, out, run, table_of

reminders = typer.Typer(help="Reminders: what was said to whom, and turning them off and on for an outlet.")

_Outlet = Annotated[str, typer.Argument(help="The outlet's code")]
_Kind = Annotated[str | None, typer.Argument(help="Such as 'delivery tomorrow'; all of them if not given")]


def add_reminders(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(reminders, name="reminders", no_args_is_help=True)


@reminders.command("list")
def reminders_list(
    outlet: Annotated[str | None, typer.Option(help="Only of this outlet, with what it wants")] = None,
    most: Annotated[int, typer.Option("--last", min=1, max=1_000, help="How many")] = 50,
) -> None:
    """List reminders, those due last at the top: what became of each, and in which chat."""
    from bot.commands import list_reminders

    rows, choices = run(list_reminders(outlet, most))
    table = table_of("Due", "Outlet", "Reminder", "For", "State", "Chat", "Detail")
    for row in rows:
        chats = ", ".join(f"{each.ref.channel} {each.ref.sender}" for each in row.handed)
        table.add_row(
            moment(row.due_at),
            escape(row.occasion.outlet),
            row.occasion.kind.value,
            f"{row.occasion.day:%a %d %b}",
            row.state.value,
            escape(chats),
            escape(row.detail),
        )
    out.print(table)
    for kind, state in choices.items():
        out.print(f"{kind.value}: {state}", highlight=False)


@reminders.command("off")
def reminders_off(outlet: _Outlet, kind: _Kind = None) -> None:
    """Stop reminding an outlet."""
    _choose(outlet, kind, on=False)


@reminders.command("on")
def reminders_on(outlet: _Outlet, kind: _Kind = None) -> None:
    """Remind an outlet again. Overdue invoices are only spoken of where they are turned on by name."""
    _choose(outlet, kind, on=True)


def _choose(outlet: str, kind: str | None, *, on: bool) -> None:
    from bot.commands import choose_reminders

    code, sent = run(choose_reminders(outlet, kind, on=on))
    what = f"Reminders of the kind {kind!r}" if kind else "All reminders"
    why = "leaves this kind out" if kind else "names no kind"
    unsent = "" if sent or not on else f", but RESUPPLY_REMINDERS {why}, so none are sent"
    out.print(f"{what} are {'on' if on else 'off'} for {code}{unsent}.", highlight=False, markup=False)
