"""Listening: the socket, the loop and the end of a serving process."""

import asyncio
import socket

import structlog
from aiohttp import web

from bot.app import Overrides, build_app
from bot.schema import check_schema
from bot.settings import InvalidSettings, Settings
from bot.storage.database import Database
from core.errors import InvalidInput

log = structlog.get_logger(__name__)

_PORTS_TRIED = 50


class PortTaken(InvalidInput):
    """Another program listens there."""

    code = "port_taken"


def listen(settings: Settings) -> socket.socket:
    """The bound socket. Raises InvalidSettings where it must not listen, PortTaken where it cannot."""
    for problem in (
        settings.binding_problem,
        settings.channel_problem,
        settings.knowledge_problem,
        settings.model_problem,
        settings.xero_problem,
    ):
        if problem:
            raise InvalidSettings(problem)
    try:
        return _bound(settings.host, settings.port)
    except OSError as error:
        reason = error.strerror or str(error)
        raise PortTaken(
            f"cannot listen on {settings.host}:{settings.port} ({reason}); choose another RESUPPLY_PORT"
        ) from None


def listen_nearby(settings: Settings) -> socket.socket:
    """Like `listen`, but takes the next free port instead of failing."""
    for port in range(settings.port, min(settings.port + _PORTS_TRIED, 65_536)):
        try:
            return listen(settings.model_copy(update={"port": port}))
        except PortTaken:
            continue
    return listen(settings.model_copy(update={"port": 0}))


def serve(settings: Settings, bound: socket.socket, overrides: Overrides | None = None) -> None:
    """Serve until SIGTERM or SIGINT; then finish the turns in flight."""

    async def stopping(_app: web.Application) -> None:
        log.info("stopping", grace_seconds=settings.stop_grace_seconds)

    async def make() -> web.Application:
        app = build_app(settings, overrides)
        app.on_shutdown.insert(0, stopping)
        return app

    web.run_app(
        make(),
        sock=bound,
        loop=new_loop(),
        access_log=None,
        print=None,
        shutdown_timeout=settings.stop_grace_seconds,
    )
    log.info("stopped")


def address_of(bound: socket.socket) -> str:
    """The address to open in a browser."""
    host, port = bound.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"


async def check_database(settings: Settings) -> None:
    """Raises SchemaBehind when the tables are not those of this program."""
    database = Database.open(settings.database)
    try:
        await check_schema(database)
    finally:
        await database.close()


def _bound(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop where it is installed (everywhere but Windows)."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
