"""`resupply export`, `parked` and `chats` as they are typed, on both databases."""

import asyncio
import csv
import io
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.app import Overrides, open_store
from bot.cli import app, out
from bot.settings import load_settings
from bot.storage.store import SqlStore
from channels.contract import Status
from core.domain.messages import Attachment, ChatRef, Kind
from core.domain.sessions import Handoff, Session
from core.errors import InvalidInput
from core.ports import Job
from tests.integration.storage.builders import NOW, commit, message, opened
from tests.sandbox.sample import PASIR_RIS, StoppedClock, open_shop, sample_settings, until

DIALOGUE = ("100 12-inch pizza boxes", "Deliver on Tuesday morning", "note: ring the bell", "confirm")
TELEGRAM, WHATSAPP = ChatRef("telegram", "telegram:123456789"), ChatRef("whatsapp", PASIR_RIS)
Type = Callable[..., Result]


@pytest.fixture
def typed(sample_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Types a command for the test's database."""
    monkeypatch.chdir(tmp_path)
    for name, value in (("DATABASE_URL", sample_url), ("RESUPPLY_DATA_DIR", str(tmp_path))):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(out, "width", 200)
    return lambda *words: CliRunner().invoke(app, words)


def on_store(work: Callable[[SqlStore], Coroutine[Any, Any, None]]) -> None:
    """Do something to the database that the commands use."""

    async def run() -> None:
        store = open_store(load_settings())
        try:
            await work(store)
        finally:
            await store.close()

    asyncio.run(run())


async def leave_some_parked(store: SqlStore) -> None:
    """A parked message of a telegram chat, a parked job of a whatsapp chat, and a chat handed over."""
    broken = await opened(store, message(chat=TELEGRAM))
    trace = "Traceback (most recent call last):\n  File ...\nValueError: no price for +65 9123 0001\n"
    await store.commit_turn(commit(broken, parked=trace))
    jobs = (Job("reply", "k1", WHATSAPP.key), Job("invoice", "k2", "invoice:RS-1"))
    handed = Session(handoff=Handoff("a complaint", NOW)).to_json()
    await store.commit_turn(commit(await opened(store, message(chat=WHATSAPP)), jobs=jobs, session=handed))
    await opened(store, message(chat=ChatRef("api", "quiet-one")))
    for job in await store.claim_jobs("me"):
        await store.job_parked(job.job_id, f"refused {job.key}", "me")


def ids(listed: Result) -> dict[str, str]:
    """The ids of `parked list`, with the rest of their lines."""
    lines = [line.split("│") for line in listed.stdout.splitlines() if line.startswith("│")]
    return {cells[1].strip(): " ".join(" ".join(cells[2:]).split()) for cells in lines}


def test_what_is_parked_is_listed_masked_and_given_back_or_dropped_once(typed: Type) -> None:
    on_store(leave_some_parked)
    listed = ids(typed("parked", "list"))
    (message_id,) = [item for item in listed if item.startswith("m")]
    reply_id, invoice_id = sorted(item for item in listed if item.startswith("j"))
    assert "telegram tele***89" in listed[message_id]
    assert listed[message_id].endswith("ValueError: no price for +65***01")
    assert listed[reply_id].startswith("reply whatsapp +65***01")
    assert listed[reply_id].endswith("refused k1")
    assert listed[invoice_id].startswith("invoice invoice:RS-1")
    assert not any("9123" in line or "123456789" in line for line in listed.values())

    assert typed("parked", "retry", message_id).exit_code == 0
    assert typed("parked", "retry", reply_id.upper()).exit_code == 0
    assert typed("parked", "drop", invoice_id).exit_code == 0
    assert ids(typed("parked", "list")) == {}
    for words in (("retry", message_id), ("drop", invoice_id), ("drop", "m999"), ("retry", "7"), ("drop", "jx")):
        assert isinstance(typed("parked", *words).exception, InvalidInput)

    async def look(store: SqlStore) -> None:
        assert [job.key for job in await store.claim_jobs("me")] == ["k1"]
        assert len(await store.due_chats()) == 1

    on_store(look)


def test_all_parked_jobs_of_a_kind_are_given_back_at_once(typed: Type) -> None:
    async def leave_three(store: SqlStore) -> None:
        for number in (1, 2, 3):
            kind = "invoice" if number < 3 else "reply"
            await store.add_job(Job(kind, f"k{number}", f"lane {number}"))
        for job in await store.claim_jobs("me"):
            await store.job_parked(job.job_id, "refused", "me")

    nothing = typed("parked", "retry", "--kind", "invoice")
    assert str(nothing.exception) == "no job of kind 'invoice' is parked; no job is"
    on_store(leave_three)
    unknown = typed("parked", "retry", "--kind", "invoices")
    assert str(unknown.exception) == "no job of kind 'invoices' is parked; there are: invoice, reply"
    done = typed("parked", "retry", "--kind", "invoice")
    assert (done.exit_code, done.stdout) == (0, "2 invoice jobs are given back; the running desk takes them next.\n")
    (left,) = ids(typed("parked", "list")).values()
    assert left.startswith("reply")
    for words in ((), ("j1", "--kind", "reply")):
        assert "name one parked item by its id" in str(typed("parked", "retry", *words).exception)

    async def look(store: SqlStore) -> None:
        assert [job.key for job in await store.claim_jobs("me")] == ["k1", "k2"]

    on_store(look)


def test_chats_for_a_person_are_listed_and_answered_in(typed: Type) -> None:
    on_store(leave_some_parked)
    every, wanted = typed("chats", "list").stdout, typed("chats", "list", "--handoff").stdout
    assert "quiet-one" in every
    assert "quiet-one" not in wanted
    assert "a complaint" in wanted
    assert "a message could not be handled" in wanted

    async def find(store: SqlStore) -> None:
        found.update({row.chat.channel: row.chat_id for row in await store.chat_rows()})

    found: dict[str, int] = {}
    on_store(find)
    assert "sent on whatsapp" in typed("chats", "reply", str(found["whatsapp"]), "Mei here").stdout
    assert "cannot be written to" in typed("chats", "reply", str(found["api"]), "Mei here").stdout
    assert typed("chats", "release", str(found["whatsapp"])).exit_code == 0
    assert "a complaint" not in typed("chats", "list", "--handoff").stdout
    for words in (("reply", "99", "hi"), ("reply", str(found["api"]), " "), ("release", "99")):
        assert isinstance(typed("chats", *words).exception, InvalidInput)

    async def look(store: SqlStore) -> None:
        (job,) = await store.claim_jobs("me")
        assert (job.payload["to"], job.payload["text"]) == (PASIR_RIS, "Mei here")

    on_store(look)


def test_a_chat_is_shown_with_who_said_what_and_how_far_it_got(typed: Type) -> None:
    async def talk(store: SqlStore) -> None:
        sheet = Attachment("ME1", "application/pdf", "order [1].pdf", 12_000)
        turn = await opened(
            store, message("our order", WHATSAPP, author="Ann", attachments=(sheet,), kind=Kind.DOCUMENT)
        )
        await store.commit_turn(commit(turn, "Two cartons.", jobs=(Job("reply", f"{turn.turn_id}:0", WHATSAPP.key),)))
        for job in await store.claim_jobs("me"):
            await store.begin(WHATSAPP, job.key, 0)
            await store.finish(job.key, 0, "SM1")
            await store.job_done(job.job_id, "me")
        await store.record_status("whatsapp", "SM1", Status.FAILED, "63016", "outside the window")
        await store.log_staff_message(turn.chat_id, "Mei here", NOW, push=True)
        await store.set_reach(WHATSAPP, "opted out", NOW)
        chats.append(turn.chat_id)

    chats: list[int] = []
    on_store(talk)
    shown = typed("chats", "show", str(chats[0])).stdout
    for words in (
        f"whatsapp {PASIR_RIS}, opted out",
        "Ann",
        "(document)",
        "[order [1].pdf: application/pdf, 12 kB]",
        "[Confirm]",
        "failed: 63016 outside the window",
        "Mei here",
        "waiting",
    ):
        assert words in shown
    assert "our order" not in typed("chats", "show", str(chats[0]), "--last", "2").stdout
    assert isinstance(typed("chats", "show", "99").exception, InvalidInput)


def test_orders_and_invoices_are_exported_to_a_file_or_the_standard_output(
    typed: Type, sample_url: str, tmp_path: Path
) -> None:
    async def place() -> None:
        settings = sample_settings(sample_url, tmp_path)
        async with open_shop(settings, Overrides(clock=StoppedClock("2026-11-23T09:30"))) as shop:
            for text in DIALOGUE:
                number = (await shop.customer(PASIR_RIS).say(text))["order"]["number"]

            async def invoiced() -> bool:
                return await shop.program.accounting.find(number) is not None

            await until(invoiced)

    asyncio.run(place())
    period = ("--from", "2026-11-23", "--to", "2026-11-23")
    (line,) = csv.DictReader(io.StringIO(typed("export", "orders", *period).stdout))
    assert (line["quantity"], line["order_total"]) == ("2", "69.76")
    assert "ring the bell" in line["notes"]
    (row,) = csv.DictReader(io.StringIO(typed("export", "invoices", *period).stdout))
    assert (row["InvoiceDate"], row["Total"]) == ("2026-11-23", "69.76")
    file = tmp_path / "xero.csv"
    done = typed("export", "invoices", *period, "--format", "xero", "--out", str(file))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "*ContactName" in file.read_text()
    assert len(typed("export", "orders", "--from", "2026-11-24", "--to", "2026-11-24").stdout.splitlines()) == 1
    for words in (
        ("export", "nonsense", *period),
        ("export", "orders", *period, "--format", "xero"),
        ("export", "invoices", *period, "--format", "pdf"),
        ("export", "invoices", "--from", "yesterday", "--to", "2026-11-23"),
        ("export", "invoices", *period, "--out", str(tmp_path / "no" / "such.csv")),
    ):
        assert isinstance(typed(*words).exception, InvalidInput)
