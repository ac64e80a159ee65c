"""The composition root: settings in, the running program out. Tests build with the same functions."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version

import structlog
from aiohttp import web

from bot.clock import SystemClock
from bot.deliveries import ReplySender, note_for_staff
from bot.desk import Desk
from bot.dispatcher import Backoff, Dispatcher, Handler
from bot.http.access import KeyCheck
from bot.http.api import ChatApi
from bot.http.health import Health, not_configured
from bot.http.limits import RateLimits
from bot.http.middleware import around
from bot.metrics import Metrics
from bot.ports import DeskStore, TurnTaker
from bot.settings import Settings
from channels.contract import Channel
from core.ports import Clock

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Overrides:
    """Parts that a test hands in instead of what the settings would choose."""

    store: DeskStore | None = None
    engine: TurnTaker | None = None
    clock: Clock | None = None
    channels: Sequence[Channel] = ()
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    backoff: Backoff | None = None


@dataclass(frozen=True)
class Program:
    """The desk and everything beside it, wired but not started."""

    settings: Settings
    clock: Clock
    store: DeskStore
    desk: Desk
    dispatcher: Dispatcher
    metrics: Metrics

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Program"]:
        """Run the background work; on the way out finish what is in flight and close the store."""
        tasks = [asyncio.create_task(self.desk.run()), asyncio.create_task(self.dispatcher.run())]
        try:
            yield self
        finally:
            await self.desk.stop()
            self.dispatcher.stop()
            _, late = await asyncio.wait(tasks, timeout=self.settings.stop_grace_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await close(self.store)


PROGRAM: web.AppKey[Program] = web.AppKey("program", Program)


def build_program(settings: Settings, overrides: Overrides | None = None) -> Program:
    """Wire the desk without a server, as the terminal chat uses it."""
    given = overrides or Overrides()
    clock = given.clock or SystemClock(settings.zone)
    store = given.store or open_store(settings, clock)
    engine = given.engine or make_engine(settings, store, clock)
    metrics = Metrics()
    backoff = given.backoff or Backoff(attempts=settings.delivery_attempts)
    handlers = {"reply": ReplySender(given.channels), "staff": note_for_staff, **given.handlers}
    desk = Desk(store, engine, clock, settings, metrics, lambda _chat: dispatcher.wake())
    dispatcher = Dispatcher(store, handlers, desk.owner, backoff, metrics)
    return Program(settings, clock, store, desk, dispatcher, metrics)


def build_app(settings: Settings, overrides: Overrides | None = None) -> web.Application:
    """The whole server. `settings.binding_problem` says where it may listen; `serve` asks it."""
    program = build_program(settings, overrides)
    app = web.Application(middlewares=[around(program.metrics)], client_max_size=settings.max_body_bytes)
    app[PROGRAM] = program
    limits = RateLimits(settings)
    keys = KeyCheck(settings.api_key)

    async def lifetime(_app: web.Application) -> AsyncIterator[None]:
        async with program.running():
            yield
        await limits.close()

    app.cleanup_ctx.append(lifetime)
    api = ChatApi(program.desk, settings, keys, limits)
    health = Health(
        program.store, limits, program.metrics, settings, version("resupply"), lambda: _parts(program)
    )
    app.router.add_post("/api/chatbot", api.chatbot)
    app.router.add_get("/health", health.health)
    app.router.add_get("/metrics", health.metrics)
    return app


def open_store(settings: Settings, clock: Clock) -> DeskStore:
    """The database that the settings name."""
    from bot.storage.store import SqlStore

    raise NotImplementedError(SqlStore)


def make_engine(settings: Settings, store: DeskStore, clock: Clock) -> TurnTaker:
    """The core's engine with the supplier's rules."""
    from core.engine import DeskRules, Engine

    rules = DeskRules(
        tax_rate=settings.tax_rate,
        currency=settings.currency,
        supplier=settings.supplier_name,
        name_claim_channels=settings.name_claim_channels,
    )
    return Engine(store, clock, rules)


async def close(store: DeskStore) -> None:
    """Close a store that holds connections."""
    with suppress(AttributeError):
        await store.close()  # type: ignore[attr-defined]


def _parts(program: Program) -> dict[str, str]:
    """The parts whose state needs no asking."""
    settings = program.settings
    return {
        "knowledge": "not configured",
        "model": not_configured(settings.openai_api_key or settings.openai_base_url),
        "telegram": not_configured(settings.telegram_bot_token),
        "whatsapp": not_configured(settings.twilio_account_sid),
        "accounting": "xero" if settings.xero_client_id else "ledger",
        "xero": not_configured(settings.xero_client_id),
        "dispatcher": "running" if program.dispatcher.running else "stopped",
    }
