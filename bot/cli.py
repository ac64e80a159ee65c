"""The command line: `resupply demo | serve | chat | migrate | import | export | chats | parked | ...`."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from bot.cli_cache import add_cache
from bot.cli_claims import add_claims
from bot.cli_invoices import add_invoices
from bot.cli_knowledge import add_knowledge
from bot.cli_onboarding import add_onboarding
from bot.cli_output import age_of, err, moment, out, run, table_of
from bot.cli_reminders import add_reminders
from bot.cli_xero import add_xero
from core.errors import DeskError, InvalidInput

if TYPE_CHECKING:
    from pydantic import SecretStr

app = typer.Typer(
    help="Resupply: the ordering desk of a wholesale supplier.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
chats = typer.Typer(help="Chats: who waits for a person, answering, and giving one back to the desk.")
app.add_typer(chats, name="chats", no_args_is_help=True)
parked = typer.Typer(help="Messages and jobs that were set aside for a person.")
app.add_typer(parked, name="parked", no_args_is_help=True)

add_cache(app)
add_claims(app)
add_onboarding(app)
add_invoices(app)
add_knowledge(app)
add_reminders(app)
add_xero(app)


def main() -> None:
    """Run the command line. Bad input ends with one clear message and exit code 2, an outage with 1."""
    try:
        app()
    except InvalidInput as error:
        _fail(error, 2)
    except DeskError as error:
        _fail(error, 1)
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)


@app.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    from bot.settings import load_settings
    from bot.storage.migrate import migrate as bring_up_to_date

    run(bring_up_to_date(load_settings().database))
    out.print("The database is up to date.")


@app.command("import")
def import_(
    kind: Annotated[str, typer.Argument(help="catalogue, outlets, prices or zones")],
    file: Annotated[Path, typer.Argument(help="A CSV or XLSX file")],
) -> None:
    """Import a supplier's file: all of it or, with every bad row named, nothing."""
    from bot.commands import import_data

    summary = run(import_data(kind, file))
    for warning in summary.warnings:
        err.print(f"warning: {escape(str(warning))}", style="yellow", highlight=False)
    out.print(escape(str(summary)), highlight=False)


@app.command("export")
def export_(
    what: Annotated[str, typer.Argument(help="invoices or orders")],
    first: Annotated[str, typer.Option("--from", help="The first day, such as 2026-11-01")],
    last: Annotated[str, typer.Option("--to", help="The last day")],
    form: Annotated[str | None, typer.Option("--format", help="Of invoices: register (the default) or xero")] = None,
    file: Annotated[
        Path | None, typer.Option("--out", help="Where to write it; the standard output if not given")
    ] = None,
) -> None:
    """Write the invoices dated, or the orders placed, within both days as CSV."""
    from bot.commands import export

    data = run(export(what, first, last, form)).encode()
    try:
        if file is None:
            typer.echo(data, nl=False)
        else:
            file.write_bytes(data)
    except OSError as error:
        raise InvalidInput(f"cannot write {file}: {error.strerror}") from None


@app.command()
def serve() -> None:
    """Serve the chat API and the channels."""
    from bot.logs import configure_logs
    from bot.serving import address_of, check_database, listen
    from bot.serving import serve as serve_until_stopped
    from bot.settings import load_settings

    settings = load_settings()
    configure_logs(settings)
    bound = listen(settings)
    run(check_database(settings))
    out.print(f"Resupply listens on {address_of(bound)}", highlight=False)
    serve_until_stopped(settings, bound)


@app.command()
def demo(
    telegram: Annotated[bool, typer.Option("--telegram", help="Also as a Telegram bot: needs a bot's token")] = False,
) -> None:
    """Start with sample data on embedded defaults: no account, key or server needed."""
    from rich.panel import Panel

    from bot.clock import SystemClock
    from bot.demo import demo_settings, prepare_demo
    from bot.logs import configure_logs
    from bot.serving import address_of, listen_nearby
    from bot.serving import serve as serve_until_stopped
    from bot.telegram_account import username

    settings = demo_settings(telegram=telegram)
    configure_logs(settings)
    bot_name = ""
    if telegram:
        if settings.telegram_bot_token is None:
            settings = demo_settings(telegram=True, token=_ask_token())
        bot_name = run(username(settings))
    bound = listen_nearby(settings)
    loaded = run(prepare_demo(settings, SystemClock(settings.zone).now()))
    port = bound.getsockname()[1]
    if settings.port not in (0, port):
        out.print(f"Port {settings.port} is taken, so this is on {port}.", style="yellow", highlight=False)
    out.print(
        f"The demo keeps its own data in {settings.data_dir} and listens on 127.0.0.1 only; "
        "DATABASE_URL, REDIS_URL and RESUPPLY_HOST are not used.",
        highlight=False,
    )
    if loaded:
        out.print("Sample data loaded.")
    words = f"Open [bold]{address_of(bound)}[/] and order.\n"
    if bot_name:
        words += f"Or on Telegram: [bold]https://t.me/{escape(bot_name)}[/], as any outlet you name.\n"
    out.print(Panel.fit(f"{words}Ctrl+C stops.", title="Resupply demo"))
    serve_until_stopped(settings, bound)


def _ask_token() -> "SecretStr":
    """The bot's token, typed unseen. Raises InvalidInput where nobody is there to type it."""
    from pydantic import SecretStr

    if not sys.stdin.isatty():
        raise InvalidInput("TELEGRAM_BOT_TOKEN is not set; @BotFather on Telegram makes a bot and tells its token")
    return SecretStr(str(typer.prompt("The bot's token, from @BotFather", hide_input=True)).strip())


@app.command()
def chat(
    sender: Annotated[str, typer.Option("--as", help="Who writes: a number such as +6591230001")],
) -> None:
    """Chat in the terminal, straight on the database."""
    from bot.commands import chat_as
    from bot.logs import configure_logs
    from bot.settings import load_settings

    settings = load_settings()
    if "log_level" not in settings.model_fields_set:
        settings = settings.model_copy(update={"log_level": "error"})
    configure_logs(settings)
    run(chat_as(settings, sender, out))


@chats.command("list")
def chats_list(
    handoff: Annotated[bool, typer.Option(help="Only chats that wait for a person")] = False,
) -> None:
    """List the chats that moved last, and why a person is wanted in them."""
    from bot.commands import list_chats
    from bot.handoff import session_of, waiting_for_a_person

    table = table_of("Id", "Channel", "Sender", "Outlet", "Waiting", "Last", "For a person", "Since")
    for row in run(list_chats(for_a_person=handoff)):
        why = waiting_for_a_person(row)
        table.add_row(
            str(row.chat_id),
            row.chat.channel,
            escape(row.chat.sender),
            session_of(row).outlet or "",
            str(row.waiting),
            moment(row.last_at),
            escape(why.reason) if why else "",
            moment(why.since) if why else "",
        )
    out.print(table)


@chats.command("show")
def chats_show(
    chat_id: int,
    most: Annotated[int, typer.Option("--last", min=1, max=500, help="How many messages")] = 50,
) -> None:
    """Print what was said in a chat, and how far each reply got."""
    from bot.commands import show_chat
    from bot.transcripts import how_far, who, words

    row, lines = run(show_chat(chat_id, most))
    title = f"{row.chat.channel} {row.chat.sender}" + (f", {row.reach}" if row.reach else "")
    table = table_of("No", "When", "Who", "Message", "State", title=escape(title))
    for line in lines:
        table.add_row(str(line.seq), moment(line.at), escape(who(line)), escape(words(line)), escape(how_far(line)))
    out.print(table)


@chats.command("release")
def chats_release(chat_id: int) -> None:
    """Give a chat back to the desk."""
    from bot.commands import release

    run(release(chat_id))
    out.print(f"Chat {chat_id} is with the desk again.", highlight=False)


@chats.command("reply")
def chats_reply(chat_id: int, text: str) -> None:
    """Write to the customer in a chat, as a person of the supplier's."""
    from bot.commands import reply

    said = run(reply(chat_id, text))
    if said.queued:
        out.print(f"It will be sent on {said.row.chat.channel} by the running desk.", highlight=False)
    elif said.row.chat.channel == "web":
        out.print("The browser chat shows it.")
    else:
        out.print(
            f"It is in the log, but {said.row.chat.channel} cannot be written to: reach the customer otherwise.",
            style="yellow",
            highlight=False,
        )


@parked.command("list")
def parked_list() -> None:
    """List what is parked: why, since when, and in whose chat."""
    from bot.commands import list_parked

    table = table_of("Id", "Kind", "Chat", "Age", "Reason")
    for item in run(list_parked()):
        age = datetime.now(UTC) - item.since
        table.add_row(item.id, item.kind, escape(item.about), age_of(age.total_seconds()), escape(item.reason))
    out.print(table)


@parked.command("retry")
def parked_retry(
    item: Annotated[str | None, typer.Argument(metavar="ID", help="From the list: m9 or j7")] = None,
    kind: Annotated[str | None, typer.Option(help="Instead of an id: all jobs of a kind, such as invoice")] = None,
) -> None:
    """Give it back: a job is tried again, a message is read and answered as if it had just come."""
    from bot.commands import retry, retry_all

    if (item is None) == (kind is None):
        raise InvalidInput("name one parked item by its id, or a kind of jobs with --kind")
    if kind is not None:
        count = run(retry_all(kind))
        jobs = "job is" if count == 1 else "jobs are"
        out.print(f"{count} {escape(kind)} {jobs} given back; the running desk takes them next.", highlight=False)
        return
    run(retry(item or ""))
    out.print(f"{item} is given back; the running desk takes it next.", highlight=False)


@parked.command("drop")
def parked_drop(item: Annotated[str, typer.Argument(metavar="ID", help="From the list: m9 or j7")]) -> None:
    """Take it off the list: it was settled by hand. The database keeps it as dropped."""
    from bot.commands import drop

    run(drop(item))
    out.print(f"{item} is off the list.", highlight=False)


@app.command()
def doctor() -> None:
    """Check that everything the desk needs is there; say what to do about what is not."""
    from bot.settings import load_settings

    ill = run(_examine(load_settings()))
    if ill:
        raise typer.Exit(1)


@app.command()
def bench(
    quick: Annotated[bool, typer.Option(help="Only show that it works; the figures mean nothing")] = False,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long each run takes")] = 8.0,
) -> None:
    """Measure turns, reply times, the reader, questions by cache level and what a model costs."""
    from bot.bench.run import run_bench

    if run_bench(out, quick=quick, seconds=seconds):
        raise typer.Exit(1)


async def _examine(settings: Any) -> int:
    """Print every finding; returns how many are not well."""
    from bot.doctor import examine

    ill = 0
    async for finding in examine(settings):
        mark = "[green]ok  [/]" if finding.well else "[red]fail[/]"
        out.print(f"{mark} {finding.name}: {escape(finding.state)}", highlight=False)
        if not finding.well:
            ill += 1
            out.print(f"     {escape(finding.advice)}", highlight=False)
    return ill


def _fail(error: Exception, code: int) -> None:
    err.print(f"[red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
    sys.exit(code)
