"""Desks with a model on the wire and the sample supplier's documents: in this process, or as processes of their own."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.app import Overrides
from bot.demo import SAMPLE
from bot.knowledge_files import open_documents_of
from bot.settings import load_settings
from bot.storage.tables import inbox, outbox
from tests.sandbox.openai.clients import PRICES
from tests.sandbox.openai_server import MODEL, TRANSCRIPTION_MODEL, OpenAIServer
from tests.sandbox.sample import Shop, StoppedClock, open_shop, sample_settings, until

MONDAY = "2026-11-23T09:30"

Value = TypeVar("Value")

FreshUrl = Callable[[], str]
OpenDesk = Callable[..., AbstractAsyncContextManager[Shop]]


def with_model(openai: OpenAIServer, **changes: Any) -> dict[str, Any]:
    """The settings that make the stand-in a desk's model."""
    return {
        "openai_base_url": openai.url,
        "openai_api_key": openai.key,
        "openai_model": MODEL,
        "openai_transcription_model": TRANSCRIPTION_MODEL,
        "model_prices": PRICES,
        **changes,
    }


def environment(openai: OpenAIServer, documents: str, **more: str) -> dict[str, str]:
    """The same as a process gets them, with the documents."""
    fields = with_model(openai)
    prices = json.dumps(fields.pop("model_prices"))
    usual = {name.upper(): str(value) for name, value in fields.items()}
    return {**usual, "RESUPPLY_MODEL_PRICES": prices, "RESUPPLY_KNOWLEDGE_URI": documents, **more}


async def settled(shop: Shop, messages: int) -> None:
    """Wait until so many messages are answered and everything is sent."""

    async def quiet() -> bool:
        states = [row.state for row in await shop.rows(inbox)]
        if len(states) < messages or any(state != "answered" for state in states):
            return False
        return all(job.state != "waiting" for job in await shop.rows(outbox))

    await until(quiet)


async def told(shop: Shop) -> list[str]:
    """What the supplier's people are told about."""
    return [job.payload["about"] for job in await shop.rows(outbox) if job.kind == "staff"]


def fresh_urls(sample: Path, folder: Path) -> FreshUrl:
    """Makes SQLite databases with the sample supplier in a folder, each another one."""
    made: list[Path] = []

    def make() -> str:
        made.append(folder / f"fresh-{len(made)}.db")
        shutil.copy(sample, made[-1])
        return f"sqlite:///{made[-1]}"

    return make


def desks_on(fresh_url: FreshUrl, documents: str, folder: Path) -> OpenDesk:
    """Opens desks with the documents, each on a database of its own; with a model where it is given one's server."""

    @asynccontextmanager
    async def opened(openai: OpenAIServer | None = None, url: str = "", **more: Any) -> AsyncIterator[Shop]:
        fields = with_model(openai, **more) if openai is not None else more
        fields = {"burst_seconds": 0.05, "knowledge_uri": documents, **fields}
        settings = sample_settings(url or fresh_url(), folder, **fields)
        async with open_shop(settings, Overrides(clock=StoppedClock(MONDAY))) as shop:
            # What the first question would wait for counts against its deadline, which tests set small.
            await shop.program.knowing.warm(await shop.store.reference())
            yield shop

    return opened


def run(work: Coroutine[Any, Any, Value]) -> Value:
    """Run something asynchronous for a fixture that outlives its test's loop."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


@pytest.fixture(scope="session")
def sample_documents(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the index of the sample supplier's documents is. Modules that import this share it."""
    settings = load_settings(_env_file=None, data_dir=tmp_path_factory.getbasetemp() / "sample-documents")

    async def ingest() -> None:
        library = await open_documents_of(settings)
        report = await library.ingest(SAMPLE / "documents")
        await library.close()
        assert not report.bad

    if not settings.data_dir.exists():
        run(ingest())
    return str(settings.knowledge)


@pytest.fixture
def fresh_url(sample_file: Path, tmp_path: Path) -> FreshUrl:
    """Makes SQLite databases with the sample supplier."""
    return fresh_urls(sample_file, tmp_path)


@pytest.fixture
def open_desk(fresh_url: FreshUrl, sample_documents: str, tmp_path: Path) -> OpenDesk:
    """Opens desks, as `desks_on` says."""
    return desks_on(fresh_url, sample_documents, tmp_path)


@pytest.fixture(scope="session")
def open_plain(sample_file: Path, sample_documents: str, tmp_path_factory: pytest.TempPathFactory) -> OpenDesk:
    """Opens desks for fixtures that outlive a test."""
    folder = tmp_path_factory.mktemp("plain")
    return desks_on(fresh_urls(sample_file, folder), sample_documents, folder)
