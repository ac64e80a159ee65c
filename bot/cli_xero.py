"""`resupply xero connect | status | disconnect | sync`: the connection to Xero."""

import webbrowser
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from bot.cli_output import err, out, run
from bot.cli_xero_sync import add_xero_sync

if TYPE_CHECKING:
    from bot.xero.authorizing import Undecided
    from bot.xero.tokens import Organisation

xero = typer.Typer(help="Xero, where orders become invoices: connecting, and how the connection is.")


def add_xero(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    add_xero_sync(xero)
    app.add_typer(xero, name="xero", no_args_is_help=True)


@xero.command()
def connect(
    tenant: Annotated[str, typer.Option("--tenant", help="The organisation's id, where you have several")] = "",
    switch: Annotated[bool, typer.Option("--switch", help="Change to another organisation than before")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address")] = False,
    timeout: Annotated[int, typer.Option("--timeout", min=1, max=600, help="Seconds to wait for you at Xero")] = 300,
) -> None:
    """Connect to an organisation: sign in to Xero in the browser and allow it."""
    from bot.settings import load_settings
    from bot.xero.authorizing import Wish
    from bot.xero.commands import Talk
    from bot.xero.commands import connect as connect_through

    def show(address: str, redirect_uri: str) -> None:
        out.print(f"The app's redirect URI has to be {redirect_uri}", highlight=False, soft_wrap=True)
        out.print("Open this address, sign in and choose the organisation:", highlight=False)
        typer.echo(address)
        if not no_browser:
            webbrowser.open(address)

    def warn(text: str) -> None:
        err.print(f"[yellow]not taken:[/] {escape(text)}", highlight=False, soft_wrap=True)

    wish = Wish(tenant.strip(), switch)
    chosen = run(connect_through(load_settings(), wish, timeout, Talk(show, warn, _ask)))
    out.print(f"Connected to {escape(chosen.name)}.", highlight=False)


@xero.command()
def status() -> None:
    """Show the connection; exit code 1 while there is none."""
    from bot.settings import load_settings
    from bot.xero.commands import status as look
    from bot.xero.ports import DAY_LIMIT
    from bot.xero.tokens import REFRESH_LIFE

    settings = load_settings()
    row, state = run(look(settings))
    _line("state", state)
    if row is not None:

        def at(moment: datetime | None) -> str:
            return moment.astimezone(settings.zone).strftime("%d %b %Y %H:%M") if moment else "never"

        _line("organisation", f"{row.tenant_name} ({row.tenant_id})")
        _line("scopes", row.scopes or "")
        _line("connected", at(row.connected_at))
        _line("refreshed", at(row.refreshed_at))
        if row.connected and row.refreshed_at:
            _line("access ends", f"{at(row.access_until)} (it is refreshed when it is needed)")
            _line("refresh ends", f"{at(row.refreshed_at + REFRESH_LIFE)} (the running desk moves that on daily)")
    if state != "connected" and DAY_LIMIT not in state:
        raise typer.Exit(1)


@xero.command()
def disconnect() -> None:
    """Disconnect here and at Xero. Orders go on; their invoices wait."""
    from bot.settings import load_settings
    from bot.xero.commands import disconnect as take_away

    run(take_away(load_settings()))
    out.print("Disconnected. Orders go on; their invoices wait until `resupply xero connect`.", highlight=False)


def _line(name: str, value: str) -> None:
    out.print(f"{name:13} {escape(value)}", highlight=False, soft_wrap=True)


def _ask(undecided: "Undecided") -> "Organisation":
    """Let the person choose. Raises what was undecided, with the choices, where nobody answers."""
    from bot.xero.authorizing import NotAuthorized
    from bot.xero.page import listed

    organisations = undecided.organisations
    for number, each in enumerate(listed(organisations), 1):
        out.print(f"{number:3} {escape(each)}", highlight=False, soft_wrap=True)
    number = 0
    try:
        while not 1 <= number <= len(organisations):
            number = typer.prompt("Which organisation? Its number", type=int)
    except typer.Abort:
        raise NotAuthorized(f"{undecided}, with --tenant ID or XERO_TENANT_ID") from None
    return organisations[number - 1]
