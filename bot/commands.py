"""What the commands do, apart from how they are typed and printed."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from bot.app import build_program, open_books, open_store
from bot.clock import SystemClock
from bot.exports import orders_csv, read_day, read_period
from bot.handoff import Said, answer_chat, release_chat
from bot.http.cleaning import clean
from bot.identities import normalise
from bot.importing import ImportKind, ImportSummary, import_file
from bot.invites import MadeInvite, ask_links, find_outlet, make_invite, unlink
from bot.ledger import Form, Ledger
from bot.parked import ParkedItem, drop_parked, parked_items, retry_kind, retry_parked
from bot.ports import ChatRow, ClaimFile, ClaimRow, TranscriptLine
from bot.schema import check_schema
from bot.settings import Settings, load_settings
from bot.settling import Settled, settle
from bot.storage.onboarding import Invite, Linked
from bot.storage.reminding import EVERY_KIND, Reminder
from bot.storage.store import SqlStore
from bot.terminal import TerminalChat
from core.domain.invoices import Invoice
from core.domain.orders import OrderStatus
from core.domain.outlets import Outlet
from core.domain.reminders import ReminderKind, wanted
from core.errors import InvalidInput

if TYPE_CHECKING:
    from bot.xero.books import XeroBooks


async def import_data(kind: str, file: Path) -> ImportSummary:
    """Import a file. Raises InvalidInput or ImportProblems, having changed nothing."""
    try:
        wanted = ImportKind(kind)
    except ValueError:
        raise InvalidInput(f"cannot import {kind!r}; one of: {', '.join(ImportKind)}") from None
    settings = load_settings()
    async with _store(settings) as store:
        return await import_file(wanted, file, store, country=settings.country, currency=settings.currency)


async def chat_as(settings: Settings, sender: str, console: Console) -> None:
    """Chat as a sender until the input ends."""
    identity = normalise(sender)
    if not identity or "|" in identity:
        raise InvalidInput("--as must be a number such as +6591230001, or an id without '|'")
    async with _store(settings):
        pass
    program = build_program(settings)
    async with program.running(listening=False):
        await TerminalChat(program, identity, console).run()


async def invite_to(settings: Settings, outlet: str, uses: int, days: int) -> MadeInvite:
    """A new invite for an outlet, with the links that the settings allow. Raises InvalidInput."""
    async with _store(settings) as store:
        code, found, until = await make_invite(store, outlet, uses, days, SystemClock(settings.zone).now())
    return MadeInvite(code, found, uses, until, await ask_links(code, settings))


async def list_invites(settings: Settings) -> Sequence[Invite]:
    """Every invite that was made."""
    async with _store(settings) as store:
        return await store.invite_rows()


async def revoke_invite(code: str) -> None:
    """Make an invite unusable. Raises InvalidInput for one that was never made."""
    async with _store(load_settings()) as store:
        await store.revoke_invite(code)


async def people_of(outlet: str) -> tuple[Outlet, Sequence[Linked]]:
    """An outlet and the senders who order for it. Raises InvalidInput."""
    async with _store(load_settings()) as store:
        found = find_outlet((await store.reference()).directory.outlets, outlet)
        return found, await store.linked_to(found.code)


async def unlink_from(outlet: str, identity: str) -> str:
    """Take a sender off an outlet; returns the sender as it was stored. Raises InvalidInput or Busy."""
    sender = normalise(identity)
    async with _store(load_settings()) as store:
        found = find_outlet((await store.reference()).directory.outlets, outlet)
        await unlink(store, found.code, sender)
    return sender


async def list_chats(*, for_a_person: bool = False) -> list[ChatRow]:
    """The chats that moved last; or those that wait for a person."""
    async with _store(load_settings()) as store:
        return list(await store.chat_rows(for_a_person=for_a_person))


async def show_chat(chat_id: int, most: int) -> tuple[ChatRow, list[TranscriptLine]]:
    """A chat and the newest of its messages."""
    async with _store(load_settings()) as store:
        row = await store.chat(chat_id)
        if row is None:
            raise InvalidInput(f"there is no chat {chat_id}")
        return row, list(await store.transcript(chat_id, limit=most, newest=True))


async def release(chat_id: int) -> None:
    """Give a chat back to the desk."""
    async with _store(load_settings()) as store:
        if await release_chat(store, chat_id) is None:
            raise InvalidInput(f"there is no chat {chat_id}")


async def reply(chat_id: int, text: str) -> Said:
    """Write into a chat as a person of the supplier's."""
    settings = load_settings()
    text = clean(text)
    if not text or len(text) > settings.max_message_chars:
        raise InvalidInput(f"the text must have 1 to {settings.max_message_chars} characters")
    async with _store(settings) as store:
        said = await answer_chat(store, chat_id, text, SystemClock(settings.zone).now())
    if said is None:
        raise InvalidInput(f"there is no chat {chat_id}")
    return said


async def list_claims(most: int, *, settled_too: bool) -> list[ClaimRow]:
    """The newest claims: those that are open, or all of them."""
    async with _store(load_settings()) as store:
        return list(await store.claim_rows(None if settled_too else "open", most))


async def show_claim(claim_id: str) -> tuple[ClaimRow, list[ClaimFile]]:
    """A claim and what was sent with it. Raises InvalidInput."""
    async with _store(load_settings()) as store:
        row = await store.claim_row(claim_id)
        if row is None:
            raise InvalidInput(f"there is no claim {claim_id}")
        return row, list(await store.claim_files(row))


async def settle_claim(claim_id: str, note: str, tell: str | None) -> Settled:
    """Settle a claim, and tell the customer where there is something to tell. Raises InvalidInput."""
    settings = load_settings()
    note, words = clean(note), clean(tell) if tell is not None else None
    for option, text in (("--note", note), ("--tell", words)):
        if text is not None and not 0 < len(text) <= settings.max_message_chars:
            raise InvalidInput(f"{option} must have 1 to {settings.max_message_chars} characters")
    async with _store(settings) as store:
        return await settle(store, claim_id, note, SystemClock(settings.zone).now(), words)


async def list_parked() -> list[ParkedItem]:
    """What was set aside for a person."""
    async with _store(load_settings()) as store:
        return await parked_items(store)


async def retry(item: str) -> None:
    """Give a parked item back."""
    async with _store(load_settings()) as store:
        await retry_parked(store, item)


async def retry_all(kind: str) -> int:
    """Give back all parked jobs of a kind; how many they were."""
    async with _store(load_settings()) as store:
        return await retry_kind(store, kind)


async def drop(item: str) -> None:
    """Take a parked item off the list."""
    async with _store(load_settings()) as store:
        await drop_parked(store, item)


async def export(what: str, first: str, last: str, form: str | None) -> str:
    """Invoices dated, or orders placed, within both days, as CSV."""
    if what not in ("invoices", "orders"):
        raise InvalidInput(f"cannot export {what!r}; one of: invoices, orders")
    if form is not None and (what == "orders" or form not in list(Form)):
        raise InvalidInput(f"--format is for invoices: {' or '.join(Form)}")
    days = read_period(first, last)
    settings = load_settings()
    async with _store(settings) as store:
        if what == "orders":
            return orders_csv(await store.orders_placed(*days))
        books = open_books(settings, store, SystemClock(settings.zone))
        try:
            return await books.export(*days, form or Form.REGISTER)
        finally:
            await books.stop()


async def list_invoices(outlet: str | None, most: int, *, open_only: bool) -> list[Invoice]:
    """The newest invoices of the ledger. Raises InvalidInput, with Xero too."""
    async with _ledger() as (store, ledger):
        code = find_outlet((await store.reference()).directory.outlets, outlet).code if outlet is not None else None
        return await ledger.listed(code, most, open_only=open_only)


async def mark_paid(number: str, on: str | None) -> Invoice:
    """Record that an invoice of the ledger was paid. Raises InvalidInput, with Xero too."""
    day = read_day(on, "--on") if on is not None else None
    async with _ledger() as (_, ledger):
        return await ledger.mark_paid(number, day)


async def mark_unpaid(number: str) -> tuple[Invoice, bool]:
    """Take that back; the invoice, and whether its order has changed meanwhile. Raises InvalidInput, with Xero too."""
    async with _ledger() as (store, ledger):
        invoice = await ledger.mark_unpaid(number)
        order = await store.order(invoice.order_number)
        cancelled = order is not None and order.status is OrderStatus.CANCELLED
        return invoice, order is not None and (cancelled or order.version > invoice.version)


async def list_reminders(outlet: str | None, most: int) -> tuple[list[Reminder], dict[ReminderKind, str]]:
    """The reminders due last, and of a single outlet whether it gets each kind. Raises InvalidInput."""
    settings = load_settings()
    async with _store(settings) as store:
        if outlet is None:
            return await store.reminder_rows(limit=most), {}
        code = find_outlet((await store.reference()).directory.outlets, outlet).code
        choices = await store.reminder_choices(code)
        chosen = {kind: "on" if wanted(kind, choices) else "off" for kind in ReminderKind}
        unsent = dict.fromkeys(set(ReminderKind) - settings.reminder_rules.kinds, "off for everybody")
        return await store.reminder_rows(code, most), {**chosen, **unsent}


async def choose_reminders(outlet: str, kind: str | None, *, on: bool) -> tuple[str, bool]:
    """Turn a kind of reminders, or all, on or off for an outlet. Raises InvalidInput.

    Its code, and whether the settings let the kind, or any, be sent.
    """
    if kind is not None and kind not in list(ReminderKind):
        raise InvalidInput(f"there is no kind {kind!r} of reminders; one of: {', '.join(ReminderKind)}")
    settings = load_settings()
    async with _store(settings) as store:
        code = find_outlet((await store.reference()).directory.outlets, outlet).code
        await store.choose_reminders(code, kind or EVERY_KIND, on, "staff", SystemClock(settings.zone).now())
    kinds = settings.reminder_rules.kinds
    return code, ReminderKind(kind) in kinds if kind is not None else bool(kinds)


@asynccontextmanager
async def _ledger() -> AsyncIterator[tuple[SqlStore, Ledger]]:
    """The database and the ledger, for the length of a command. Raises InvalidInput where the books are in Xero."""
    settings = load_settings()
    if settings.xero_client_id is not None:
        raise InvalidInput("XERO_CLIENT_ID is set: the books are in Xero, so see and mark payments there")
    async with _store(settings) as store:
        books = open_books(settings, store, SystemClock(settings.zone))
        if not isinstance(books, Ledger):
            raise InvalidInput("the books are not in the ledger")
        yield store, books


@asynccontextmanager
async def xero_books() -> AsyncIterator[tuple[SqlStore, "XeroBooks"]]:
    """The database and the books in Xero, for the length of a command. Raises InvalidInput without Xero."""
    from bot.xero.books import XeroBooks

    settings = load_settings()
    async with _store(settings) as store:
        books = open_books(settings, store, SystemClock(settings.zone))
        if not isinstance(books, XeroBooks):
            raise InvalidInput("XERO_CLIENT_ID is not set: the invoices are in the ledger")
        try:
            yield store, books
        finally:
            await books.stop()


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[SqlStore]:
    """The database, checked and open for the length of a command."""
    store = open_store(settings)
    try:
        await check_schema(store.database)
        yield store
    finally:
        await store.close()
