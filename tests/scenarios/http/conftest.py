"""A desk on a real server at a free loopback port, and what the tests ask it with."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientResponse, ClientSession, web

from bot.app import Overrides, build_app
from bot.clock import SystemClock
from bot.dispatcher import Backoff
from bot.settings import Settings, load_settings
from tests.sandbox.memory import EchoEngine, MemoryStore, NoBooks
from tests.sandbox.redis_server import RedisServer

SENDER = "+6591230001"


@dataclass
class Server:
    """A running desk."""

    url: str
    session: ClientSession
    store: MemoryStore
    engine: EchoEngine
    app: web.Application

    async def post(self, path: str, **options: Any) -> ClientResponse:
        """POST, the body read."""
        async with self.session.post(self.url + path, **options) as response:
            await response.read()
            return response

    async def get(self, path: str, **options: Any) -> ClientResponse:
        """GET, the body read."""
        async with self.session.get(self.url + path, **options) as response:
            await response.read()
            return response

    async def say(self, message: Any = "hello", user: Any = SENDER, **more: Any) -> ClientResponse:
        """One message to the chat API; `headers` go to the request, the rest into its body."""
        headers = more.pop("headers", {})
        body = {"message": message, "user_id": user, "session_id": "s", **more}
        return await self.post("/api/chatbot", json=body, headers=headers)


StartServer = Callable[..., Awaitable[Server]]


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """Serve an application; yields its address."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings from nothing but what the test gives."""

    def make(**given: Any) -> Settings:
        return load_settings(_env_file=None, data_dir=tmp_path, sweep_seconds=0.1, **given)

    return make


@pytest.fixture
async def start(settings: Callable[..., Settings]) -> AsyncIterator[StartServer]:
    """Starts desks; `store` may be shared among several."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession())

        async def start_one(
            store: MemoryStore | None = None, handlers: Any = None, channels: Any = (), **given: Any
        ) -> Server:
            clock = SystemClock(ZoneInfo("Asia/Singapore"))
            store = store or MemoryStore(clock)
            engine = EchoEngine(store, clock.now)
            overrides = Overrides(
                store=store,
                engine=engine,
                clock=clock,
                accounting=NoBooks(),
                channels=channels,
                handlers=handlers or {},
                backoff=Backoff(first=0.01, longest=0.02, attempts=3),
            )
            app = build_app(settings(**given), overrides)
            url = await stack.enter_async_context(served(app))
            return Server(url, session, store, engine, app)

        yield start_one


@pytest.fixture
async def server(start: StartServer) -> Server:
    """A desk with default settings."""
    return await start()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A running redis-server."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()
