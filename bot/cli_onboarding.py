"""`resupply invite | invites | outlets`: how people come to order for an outlet, and stop."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bot.cli_output import err, moment, out, run, table_of

_SOURCES = {"file": "import file", "link": "invite"}

invites = typer.Typer(help="Invite codes: which there are, and taking one back.")
outlets = typer.Typer(help="Outlets: who is linked to one, and unlinking somebody.")


def add_onboarding(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(invite)
    app.add_typer(invites, name="invites", no_args_is_help=True)
    app.add_typer(outlets, name="outlets", no_args_is_help=True)


def invite(
    outlet: Annotated[str, typer.Argument(help="The outlet's code")],
    uses: Annotated[int, typer.Option(min=1, max=10_000, help="How many senders may use it")] = 1,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="How many days it is good for")] = 14,
    qr: Annotated[
        Path | None, typer.Option(help="The QR picture's name; invite-OUTLET.png here if not given", dir_okay=False)
    ] = None,
) -> None:
    """Make an invite code with which an unknown sender can order for an outlet: links, QR and a page to print."""
    from bot.commands import invite_to
    from bot.invites import write_files
    from bot.settings import load_settings

    settings = load_settings()
    made = run(invite_to(settings, outlet, uses, days))
    out.print(f"[bold]{made.code}[/] links a sender to {escape(made.outlet.code)} ({escape(made.outlet.name)}):")
    out.print(f"good for {uses} use(s), until {made.expires_at:%d %b %Y %H:%M}.", highlight=False)
    for name, link in made.links.by_channel.items():
        out.print(f"{name}: {escape(link)}", highlight=False, soft_wrap=True)
    for reason in made.links.missing:
        err.print(reason, style="yellow", highlight=False, markup=False, soft_wrap=True)
    for path in write_files(made, settings, qr):
        out.print(f"wrote {escape(str(path))}", highlight=False, soft_wrap=True)


@invites.command("list")
def invites_list() -> None:
    """List every invite: for which outlet, how often it was used, and whether it still works."""
    from bot.clock import SystemClock
    from bot.commands import list_invites
    from bot.settings import load_settings

    settings = load_settings()
    now = SystemClock(settings.zone).now()
    table = table_of("Code", "Outlet", "Used", "Until", "State")
    for row in run(list_invites(settings)):
        until = _with_year(row.expires_at)
        table.add_row(row.code, escape(row.outlet), f"{row.uses} of {row.max_uses}", until, row.state(now))
    out.print(table)


@invites.command("revoke")
def invites_revoke(code: Annotated[str, typer.Argument(help="The code, in small or capital letters")]) -> None:
    """Make an invite unusable. Whoever used it stays linked: see `resupply outlets people`."""
    from bot.commands import revoke_invite

    run(revoke_invite(code))
    out.print(f"{escape(code.strip().upper())} is revoked.", highlight=False)


@outlets.command("people")
def outlets_people(outlet: Annotated[str, typer.Argument(help="The outlet's code")]) -> None:
    """List who orders for an outlet."""
    from bot.commands import people_of

    found, people = run(people_of(outlet))
    table = table_of("Sender", "Through", "Since", title=f"{found.code} {found.name}")
    for person in people:
        table.add_row(escape(person.identity), _SOURCES.get(person.source, person.source), moment(person.since))
    out.print(table)


@outlets.command("unlink")
def outlets_unlink(
    outlet: Annotated[str, typer.Argument(help="The outlet's code")],
    identity: Annotated[str, typer.Argument(help="As `resupply outlets people` lists it")],
) -> None:
    """Take a sender off an outlet. What they ordered stays."""
    from bot.commands import unlink_from

    sender = run(unlink_from(outlet, identity))
    out.print(f"{escape(sender)} does not order for {escape(outlet.upper())} any more.", highlight=False)
    out.print("The next import links them again if the outlets file still lists them.", highlight=False)


def _with_year(at: datetime | None) -> str:
    return at.strftime("%d %b %Y %H:%M") if at else "no end"
