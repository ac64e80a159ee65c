"""`resupply knowledge ingest | status | search`: the documents that questions are answered from."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.markup import escape

from bot.cli_output import err, out, table_of

if TYPE_CHECKING:
    from knowledge.library import Library
    from knowledge.ports import Passage
    from knowledge.reports import IngestReport
    from knowledge.store import State

Value = TypeVar("Value")

knowledge = typer.Typer(help="The documents that questions are answered from.")


def add_knowledge(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(knowledge, name="knowledge", no_args_is_help=True)


@knowledge.command()
def ingest(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of md, txt, html, pdf, docx, csv and xlsx")],
    allow_empty: Annotated[bool, typer.Option("--allow-empty", help="Forget everything if it holds nothing")] = False,
) -> None:
    """Answer from what is in a folder, and from nothing else. Files that did not change are not read again."""
    from bot.ingest_progress import shown_progress

    with shown_progress() as progress:
        report = _run(lambda library: library.ingest(folder, progress, allow_empty=allow_empty))
    _print_report(report)
    if report.bad:
        raise typer.Exit(1)


@knowledge.command()
def status() -> None:
    """Show what the desk answers from: documents, version, embedder, and where it is kept."""
    from bot.settings import load_settings

    state, passages = _run(_state_of)
    out.print(f"where      {escape(load_settings().knowledge)}", highlight=False, soft_wrap=True)
    if not state.generation:
        out.print("Nothing is known yet: resupply knowledge ingest DIR", style="yellow", highlight=False)
        return
    out.print(f"version    {state.version}, ingested {state.ingested_at}", highlight=False)
    out.print(f"embedder   {escape(state.embedder)}", highlight=False)
    out.print(f"documents  {state.documents} with {state.passages} passages", highlight=False)
    table = table_of("Document", "Passages")
    for name, count in sorted(Counter(passage.document for passage in passages).items()):
        table.add_row(escape(name), str(count))
    out.print(table)


@knowledge.command()
def search(
    question: Annotated[str, typer.Argument(help="As a customer would ask it")],
    most: Annotated[int, typer.Option("--top", min=1, max=50, help="How many passages")] = 5,
) -> None:
    """Show the passages that are nearest to a question, with their scores from 0 to 1."""
    found = _run(lambda library: library.search(question, most))
    if not found:
        out.print("Nothing is found.", style="yellow")
    for passage in found:
        out.print(f"[bold]{passage.score:.2f}[/]  {escape(_place(passage))}", highlight=False, soft_wrap=True)
        asked = passage.question.partition("|")[0]
        words = f"{asked}\n{passage.text}" if asked else passage.text
        for line in words.splitlines():
            out.print(f"      {escape(line)}", highlight=False, soft_wrap=True)


def _run(work: "Callable[[Library], Coroutine[Any, Any, Value]]") -> Value:
    """Do something with the library of the settings, and close it."""
    from bot.knowledge_files import open_documents_of
    from bot.settings import load_settings

    async def opened() -> Value:
        library = await open_documents_of(load_settings())
        try:
            return await work(library)
        finally:
            await library.close()

    return asyncio.run(opened())


async def _state_of(library: "Library") -> "tuple[State, tuple[Passage, ...]]":
    return await library.state(), await library.passages()


def _place(passage: "Passage") -> str:
    page = f", page {passage.page}" if passage.page is not None else ""
    return f"{passage.document}{page}" + (f": {passage.section}" if passage.section else "")


def _print_report(report: "IngestReport") -> None:
    for bad in report.bad:
        kept = "; what it said before still counts" if bad.kept else ""
        err.print(f"[yellow]not read:[/] {escape(f'{bad.name}: {bad.reason}{kept}')}", highlight=False, soft_wrap=True)
    for word, names in (("added", report.added), ("changed", report.changed), ("removed", report.removed)):
        for name in names:
            out.print(f"{word:8} {escape(name)}", highlight=False, soft_wrap=True)
    if report.reembedded:
        out.print("Another embedder made the index before: all vectors were made anew.", highlight=False)
    out.print(
        f"{len(report.added)} added, {len(report.changed)} changed, {len(report.removed)} removed, "
        f"{len(report.unchanged)} unchanged, {len(report.bad)} not read.",
        highlight=False,
    )
    out.print(
        f"{report.documents} documents with {report.passages} passages, version {report.version}.", highlight=False
    )
