"""`resupply claims list | show | settle`: what customers reported of their deliveries, for staff to settle."""

from typing import Annotated

import typer
from rich.markup import escape

from bot.cli_output import moment, out, run, table_of

claims = typer.Typer(help="Claims: short, damaged or wrong goods that customers reported, and settling them.")

_Id = Annotated[str, typer.Argument(metavar="ID", help="From the list, such as RS-10001:short:PB-12")]


def add_claims(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(claims, name="claims", no_args_is_help=True)


@claims.command("list")
def claims_list(
    settled_too: Annotated[bool, typer.Option("--all", help="Also those that are settled")] = False,
    most: Annotated[int, typer.Option("--last", min=1, max=10_000, help="How many")] = 100,
) -> None:
    """List the claims that wait to be settled, newest first."""
    from bot.commands import list_claims

    table = table_of("Id", "Outlet", "Reported", "Said", "Chat", "State")
    table.columns[0].no_wrap = True  # it is copied whole
    for row in run(list_claims(most, settled_too=settled_too)):
        said, state = escape(row.claim.said), row.state
        state += f": {row.note}" if row.note and row.settled_at else ""
        table.add_row(
            escape(row.claim.id), escape(row.claim.outlet), moment(row.made_at), said, str(row.chat_id), escape(state)
        )
    out.print(table)


@claims.command("show")
def claims_show(claim_id: _Id) -> None:
    """Print a claim: what is wrong, what was said, and the photos that came with it."""
    from bot.commands import show_claim
    from bot.transcripts import named

    row, files = run(show_claim(claim_id))
    claim, table = row.claim, table_of("", "", title=escape(row.claim.id))
    table.show_header = False
    facts = {
        "Order": claim.order,
        "Outlet": claim.outlet,
        "Wrong": f"{claim.kind.value}: {claim.sku or 'all of it'}",
        "Said": claim.said,
        "Reported": f"{moment(row.made_at)}, chat {row.chat_id}",
        "State": row.state,
        "Settled": moment(row.settled_at),
        "Note": row.note or "",
    }
    for name, value in facts.items():
        table.add_row(name, escape(value))
    for each in files:
        table.add_row(f"Chat {each.chat_id}, message {each.seq}, file {each.index}", escape(named(each.file)))
    out.print(table)


@claims.command("settle")
def claims_settle(
    claim_id: _Id,
    note: Annotated[str, typer.Option("--note", help="How it was settled, for the record")],
    tell: Annotated[str | None, typer.Option("--tell", help="What to say to the customer, in their chat")] = None,
) -> None:
    """Settle a claim. The customer hears of it only with --tell."""
    from bot.commands import settle_claim

    done = run(settle_claim(claim_id, note, tell))
    out.print(f"{escape(done.claim_id)} is settled.", highlight=False)
    if done.told is None:
        return
    channel = done.told.chat.channel
    if done.queued:
        out.print(f"It will be told on {channel} by the running desk.", highlight=False)
    elif channel == "web":
        out.print("The browser chat shows it.")
    else:
        words = f"It is in the log, but {channel} cannot be written to: reach the customer otherwise."
        out.print(words, style="yellow", highlight=False)
