"""The composition root: settings in, the running program out. Tests build with the same functions."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from babel import Locale
from holidays import country_holidays

from bot.clock import SystemClock
from bot.deliveries import InvoiceMaker, ReplySender, note_for_staff
from bot.desk import Desk
from bot.dispatcher import Backoff, Dispatcher, Handler
from bot.documents import Addresses, Documents, open_addresses
from bot.english import english_words
from bot.http.access import KeyCheck, client_address
from bot.http.api import ChatApi
from bot.http.documents import DocumentApi
from bot.http.health import Health
from bot.http.invites import InviteApi
from bot.http.limits import RateLimits
from bot.http.middleware import around
from bot.http.staff import StaffApi
from bot.http.xero_connect import XeroConnectApi
from bot.http.xero_webhook import XeroDoor
from bot.keeping import ChoiceKeeper, ClaimKeeper
from bot.knowing import Knowing
from bot.ledger import Ledger, SqlInvoiceBook, Supplier
from bot.live import LiveReplies, Watched
from bot.messengers import Doors, Messengers, open_doors, open_messengers
from bot.metrics import Metrics
from bot.order_sheets import FileReader
from bot.ports import Books, DeskStore, TurnTaker
from bot.reminders import Reminding, open_reminders
from bot.scheduler import Scheduler
from bot.settings import InvalidSettings, Settings
from bot.storage.database import Database
from bot.storage.store import SqlStore
from bot.undelivered import FilesAside, RefusalsTold, Undelivered
from bot.web_chat.hub import Hub
from bot.web_chat.ports import WebChatSettings
from bot.web_chat.routes import setup as add_web_chat
from bot.xero.changes import KIND as CHANGE
from bot.xero.changes import ChangedInvoices, ChangeLookup, ChangeNotes
from bot.xero.connection import XeroConnection, open_connection
from bot.xero.keeping import Looking, between_looks, keep_alive, keep_looking
from channels.contract import Channel
from core.domain.delivery import ZoneRules
from core.domain.messages import ChatRef, Inbound
from core.engine import Engine
from core.flows import DeskRules
from core.ports import Accepted, Clock, Knowledge, Model
from core.understanding.indexes import Indexes

log = structlog.get_logger(__name__)

_BOOKS_SECONDS = 900.0  # between tries at most: 50 of them outlast most of a working day that the books are down

if TYPE_CHECKING:
    from bot.llm.client import ModelClient


@dataclass(frozen=True)
class Overrides:
    """Parts that a test hands in instead of what the settings would choose.

    With a `store` that is not an SqlStore, hand in `accounting` as well.
    """

    store: DeskStore | None = None
    engine: TurnTaker | None = None
    clock: Clock | None = None
    accounting: Books | None = None
    knowledge: Knowledge | None = None
    model: Model | None = None
    channels: Sequence[Channel] = ()
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    backoff: Backoff | None = None


@dataclass(frozen=True)
class Program:
    """The desk and everything beside it, wired but not started."""

    settings: Settings
    clock: Clock
    store: DeskStore
    accounting: Books
    desk: Desk
    dispatcher: Dispatcher
    metrics: Metrics
    hub: Hub
    live: LiveReplies
    messengers: Messengers
    doors: Doors
    replies: ReplySender
    knowing: Knowing
    model: "ModelClient | None"
    addresses: Addresses
    reminding: Reminding | None
    scheduler: Scheduler
    xero: XeroConnection | None = None

    def state_of(self, channel: str) -> str:
        """How a channel is, for /health: as it says itself, and how its last reply went."""
        return self.replies.state_of(channel, self.messengers.state_of(channel))

    def stir(self, chat: ChatRef) -> None:
        """Something was written into a chat: show it to those who watch, and look at the outbox."""
        self.hub.notify(chat.key)
        self.dispatcher.wake()

    async def _warm(self) -> None:
        """Spare the first question the wait; while the database is away there is nothing to spare."""
        try:
            await self.knowing.warm(await self.store.reference())
        except Exception as error:  # noqa: BLE001 - whoever needs it next fails and tells
            log.info("not_warmed", error=type(error).__name__)

    async def _keep_xero(self) -> None:
        if self.xero is None:
            return
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_alive(self.xero, self.dispatcher.wake))
            if isinstance(self.accounting, Looking):
                tasks.create_task(keep_looking(self.accounting, between_looks(self.settings.xero_poll_seconds)))

    @asynccontextmanager
    async def running(self, *, listening: bool = True) -> AsyncIterator["Program"]:
        """Run the background work; on the way out finish what is in flight and close the store.

        Without `listening` nothing is taken from messengers: of a bot's polls only one may be under way. Nobody is
        reminded then either.
        """
        tasks = [asyncio.create_task(self.desk.run()), asyncio.create_task(self.dispatcher.run())]
        warming = asyncio.create_task(self._warm())
        keeping = asyncio.create_task(self._keep_xero())
        if listening:
            await self.messengers.start()
            self.scheduler.start()
        try:
            yield self
        finally:
            await self.scheduler.stop()
            await self.desk.stop()
            self.dispatcher.stop()
            _, late = await asyncio.wait(tasks, timeout=self.settings.stop_grace_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.doors.intake.stop()
            await self.messengers.stop()
            warming.cancel()
            keeping.cancel()
            await asyncio.gather(warming, keeping, return_exceptions=True)
            await self.knowing.close()
            if self.model is not None:
                await self.model.close()
            await self.accounting.stop()
            if self.xero is not None:
                await self.xero.close()
            await self.store.close()


PROGRAM: web.AppKey[Program] = web.AppKey("program", Program)


def build_program(settings: Settings, overrides: Overrides | None = None) -> Program:
    """Wire the desk without a server, as the terminal chat uses it."""
    given = overrides or Overrides()
    clock = given.clock or SystemClock(settings.zone)
    store = given.store or open_store(settings)
    xero = _open_xero(settings, store, clock)
    accounting = given.accounting or open_books(settings, store, clock, xero)
    metrics, hub = Metrics(), Hub()

    def on_commit(chat: ChatRef) -> None:
        hub.notify(chat.key)
        dispatcher.wake()

    async def receive(inbound: Inbound) -> Accepted:
        return await desk.receive(inbound)

    model = _open_model(settings, store, clock, metrics)
    writer = given.model or model
    knowing = Knowing(settings, metrics, writer.name if writer is not None else "")
    others = {channel.name: channel for channel in given.channels}
    messengers = open_messengers(settings, store, clock, others, on_commit)
    addresses = open_addresses(settings, clock)
    replies = ReplySender(messengers.channels.values(), store, clock, Documents(accounting, addresses))
    reminding = None
    if isinstance(store, SqlStore):
        reminding = open_reminders(settings, store, clock, messengers.channels, receive, metrics)
    backoff = given.backoff or Backoff(attempts=settings.delivery_attempts)
    handlers = {**_handlers(messengers, replies, store, accounting, clock, reminding, backoff), **given.handlers}
    files = FileReader(messengers.channels, settings.media_max_bytes)
    live = LiveReplies({"telegram": messengers.telegram.draft} if messengers.telegram is not None else {})
    engine = given.engine or Engine(
        store,
        clock,
        desk_rules(settings),
        Indexes(english_words()),
        files,
        given.knowledge or knowing.desk,
        given.model or model,
        live.of,
        accounting=accounting,
    )
    desk = Desk(store, Watched(engine, live), clock, settings, metrics, on_commit)
    doors = open_doors(messengers, desk, store, settings, clock)
    slow = replace(backoff, longest=max(backoff.longest, _BOOKS_SECONDS)) if given.backoff is None else backoff
    patience = {"invoice": slow, CHANGE: slow}
    dispatcher = Dispatcher(store, handlers, desk.owner, backoff, metrics, patience)
    return Program(
        settings=settings,
        clock=clock,
        store=store,
        accounting=accounting,
        desk=desk,
        dispatcher=dispatcher,
        metrics=metrics,
        hub=hub,
        live=live,
        messengers=messengers,
        doors=doors,
        replies=replies,
        knowing=knowing,
        model=model,
        xero=xero,
        addresses=addresses,
        reminding=reminding,
        scheduler=Scheduler(reminding.tick if reminding is not None else None),
    )


def _open_xero(settings: Settings, store: DeskStore, clock: Clock) -> XeroConnection | None:
    """The connection to Xero, where the settings name an app of it. Raises InvalidSettings."""
    if settings.xero_problem is not None:
        raise InvalidSettings(settings.xero_problem)
    if settings.xero_client_id is None or not isinstance(store, SqlStore):
        return None
    return open_connection(settings, store.database, clock)


def _open_model(settings: Settings, store: DeskStore, clock: Clock, metrics: Metrics) -> "ModelClient | None":
    """The model that the settings name. Its library is loaded where there is one. Raises InvalidSettings."""
    if settings.model_problem is not None:
        raise InvalidSettings(settings.model_problem)
    if settings.openai_model is None or not isinstance(store, SqlStore):
        return None
    from bot.llm.client import open_model

    return open_model(settings, store.database, clock, metrics)


def _handlers(
    messengers: Messengers,
    replies: ReplySender,
    store: DeskStore,
    accounting: Books,
    clock: Clock,
    reminding: Reminding | None,
    backoff: Backoff,
) -> dict[str, Handler]:
    """What does each kind of job."""
    room = messengers.staff_room
    handlers: dict[str, Handler] = {
        "reply": replies,
        "invoice": InvoiceMaker(store, accounting),
        "staff": room.announce if room is not None else note_for_staff,
    }
    if isinstance(accounting, ChangedInvoices):
        handlers[CHANGE] = ChangeLookup(accounting)
    if isinstance(store, SqlStore) and reminding is not None:
        handlers["reply"] = reminding.sender(replies, RefusalsTold(FilesAside(replies, store), store), backoff)
        handlers["undelivered"] = Undelivered(store, clock, reminding.failover)
        handlers["claim"] = ClaimKeeper(store)
        handlers["reminder choice"] = ChoiceKeeper(store)
    return handlers


def build_app(settings: Settings, overrides: Overrides | None = None) -> web.Application:
    """The whole server. `settings.binding_problem` says where it may listen; `serve` heeds it."""
    program = build_program(settings, overrides)
    app = web.Application(middlewares=[around(program.metrics)], client_max_size=settings.max_body_bytes)
    app[PROGRAM] = program
    limits = RateLimits(settings)
    keys = KeyCheck(settings.api_key, limits, settings.trusted_proxies)

    async def lifetime(_app: web.Application) -> AsyncIterator[None]:
        async with program.running():
            yield
        await limits.close()

    app.cleanup_ctx.append(lifetime)
    app.router.add_post("/api/chatbot", _chat_api(program, keys, limits).chatbot)
    staff = StaffApi(
        program.store,
        program.accounting,
        program.clock,
        settings.max_message_chars,
        program.stir,
        program.messengers.channels,
        settings.media_max_bytes,
    )
    staff.add_to(app, keys)
    _add_invites(app, program, keys)
    _add_xero(app, program, keys, limits)
    program.doors.add_to(app)
    _add_xero_webhook(app, program)
    DocumentApi(program.accounting, program.addresses).add_to(app)
    health = Health(program.store, limits, program.metrics, version("resupply"), lambda: _parts(program))
    app.router.add_get("/health", health.health)
    app.router.add_get("/metrics", health.metrics)
    _add_browser_chat(app, program, limits)
    return app


def open_store(settings: Settings, kind: type[SqlStore] = SqlStore) -> SqlStore:
    """The database that the settings name; it connects at the first use."""
    return kind(
        Database.open(settings.database),
        zone=settings.zone,
        holidays=country_holidays(settings.country),
        default_rules=ZoneRules(
            cut_off=settings.cut_off,
            lead_days=settings.lead_days,
            minimum_order=settings.minimum_order,
        ),
        lease=timedelta(seconds=settings.lease_seconds),
    )


def desk_rules(settings: Settings) -> DeskRules:
    """The supplier's rules as the engine knows them."""
    return DeskRules(
        tax_rate=settings.tax_rate,
        currency=settings.currency,
        supplier=settings.supplier_name,
        name_claim_channels=settings.may_name_an_outlet,
        staff_room=settings.staff_chat is not None,
        reminders=settings.reminders,
        invoice_prefix=settings.invoice_prefix,
    )


def open_books(settings: Settings, store: DeskStore, clock: Clock, connection: XeroConnection | None = None) -> Books:
    """The accounting that the settings name. Xero's libraries are loaded where it is Xero.

    `connection` is the program's own; the books open and close one themselves where none is given.
    """
    if not isinstance(store, SqlStore):
        raise TypeError("the books keep their invoices in the desk's own database")
    supplier = Supplier(
        name=settings.supplier_name,
        address=settings.supplier_address,
        uen=settings.supplier_uen,
        gst_number=settings.supplier_gst_number,
        phone=settings.supplier_phone,
        email=settings.supplier_email,
        payment=settings.supplier_payment,
        country=str(Locale("en").territories.get(settings.country, settings.country)),
        font=settings.invoice_font,
    )
    if settings.xero_client_id is None:
        return Ledger(SqlInvoiceBook(store.database, clock), supplier, clock, settings.invoice_prefix)
    from bot.xero.books import XeroBooks

    connected = connection or open_connection(settings, store.database, clock)
    return XeroBooks(settings, store.database, clock, supplier, connected)


def _add_xero_webhook(app: web.Application, program: Program) -> None:
    key = program.settings.xero_webhook_key
    if key is not None and isinstance(program.store, SqlStore):
        notes = ChangeNotes(program.settings, program.store.database)
        XeroDoor(notes, key, program.dispatcher.wake).add_to(app)


def _chat_api(program: Program, keys: KeyCheck, limits: RateLimits) -> ChatApi:
    return ChatApi(program.desk, program.settings, keys, limits, program.live, addresses=program.addresses)


def _add_browser_chat(app: web.Application, program: Program, limits: RateLimits) -> None:
    settings = program.settings

    async def admit(request: web.Request, sender: str) -> None:
        await limits.count_address(client_address(request, settings.trusted_proxies))
        await limits.count_user(sender)

    add_web_chat(
        app,
        program.desk,
        WebChatSettings(
            demo=settings.demo,
            enabled=settings.web_chat,
            supplier=settings.supplier_name,
            tax_rate=settings.tax_rate,
            public_origin=settings.public_url.rstrip("/") if settings.public_url else None,
            max_text=settings.max_message_chars,
        ),
        log=program.store,
        invoices=program.accounting,
        hub=program.hub,
        live=program.live,
        admit=admit,
        now=program.clock.now,
    )


def _add_invites(app: web.Application, program: Program, keys: KeyCheck) -> None:
    if not isinstance(program.store, SqlStore):
        return
    telegram = program.messengers.telegram

    def bot_name() -> str | None:
        return telegram.me.username or None if telegram is not None else None

    InviteApi(program.store, program.clock, program.settings, bot_name).add_to(app, keys)


def _add_xero(app: web.Application, program: Program, keys: KeyCheck, limits: RateLimits) -> None:
    if program.xero is not None and isinstance(program.store, SqlStore):
        database, clock = program.store.database, program.clock
        XeroConnectApi(program.settings, database, clock, program.xero, limits).add_to(app, keys)


async def _parts(program: Program) -> dict[str, str]:
    """How the parts are."""
    return {
        "knowledge": await program.knowing.state(),
        "model": program.model.state if program.model is not None else "not configured",
        "telegram": program.state_of("telegram"),
        "whatsapp": program.state_of("whatsapp"),
        "accounting": "ledger" if program.settings.xero_client_id is None else "xero",
        "xero": await program.xero.state() if program.xero is not None else "not configured",
        "dispatcher": "running" if program.dispatcher.running else "stopped",
        "reminders": program.scheduler.state,
    }
