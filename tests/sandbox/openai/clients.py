"""The desk's model client, opened on the stand-in as `build_app` opens it on the real one."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
import pytest_asyncio

from bot.llm.client import ModelClient, open_model
from bot.metrics import Metrics
from bot.settings import Settings, load_settings
from bot.storage.database import Database
from core.errors import ModelUnavailable
from core.ports import Prompt
from tests.databases import SINGAPORE
from tests.sandbox.openai.answers import Reply, plain_reply
from tests.sandbox.openai.requests import Asked
from tests.sandbox.openai.server import MODEL, TRANSCRIPTION_MODEL, OpenAIServer

PRICES = {
    MODEL: {"input": "2.00", "output": "8.00", "cached_input": "0.50"},
    TRANSCRIPTION_MODEL: {"audio_minute": "0.006"},
}
ASK = Prompt("write", "Answer from the evidence.", "How long does delivery take?", max_tokens=100)
SCHEMA = {
    "type": "object",
    "properties": {"sku": {"type": "string", "enum": ["PB-12", "PB-10"]}, "quantity": {"type": "integer"}},
    "required": ["sku", "quantity"],
    "additionalProperties": False,
}
READ = Prompt("read", "Read the order.", "two boxes", schema=SCHEMA, max_tokens=100)


class Day:
    """A clock that stands still until the test moves it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 23, 30, tzinfo=SINGAPORE)

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


def settings_for(server: OpenAIServer, **changes: Any) -> Settings:
    """The settings of a desk whose model is the stand-in."""
    fields = {
        "openai_base_url": server.url,
        "openai_api_key": server.key,
        "openai_model": MODEL,
        "openai_transcription_model": TRANSCRIPTION_MODEL,
        "model_prices": PRICES,
        "model_schema_form": "json_object" if server.rules.local else "json_schema",
    }
    return load_settings(**{**fields, **changes})


OpenClient = Callable[..., ModelClient]


class Desk:
    """Opens clients on one server and one database, each like another process; closes them in the end."""

    def __init__(self, server: OpenAIServer, url: str) -> None:
        self.server = server
        self.url = url
        self.clock = Day()
        self.metrics = Metrics()
        self._opened: list[tuple[ModelClient, Database]] = []

    def open(self, server: OpenAIServer | None = None, **changes: Any) -> ModelClient:
        """A client with connections of its own, on another server if one is given."""
        database = Database.open(self.url)
        client = open_model(settings_for(server or self.server, **changes), database, self.clock, self.metrics)
        assert client is not None
        self._opened.append((client, database))
        return client

    async def close(self) -> None:
        """Close what is open; a closed client may be closed again."""
        for client, database in self._opened:
            await client.close()
            await database.close()

    def count(self, task: str, outcome: str) -> float:
        """How many requests of a task ended so."""
        return (
            self.metrics.registry.get_sample_value("resupply_model_calls_total", {"task": task, "outcome": outcome})
            or 0.0
        )


async def why(work: Any) -> str:
    """The reason for which a call has no answer."""
    with pytest.raises(ModelUnavailable) as failed:
        await work
    return failed.value.reason


async def heard(stream: AsyncIterator[str]) -> tuple[list[str], str | None]:
    """The pieces of a stream, and the reason for which it broke off, None where it did not."""
    pieces: list[str] = []
    try:
        async for piece in stream:
            pieces.append(piece)
    except ModelUnavailable as failed:
        return pieces, failed.reason
    return pieces, None


@pytest_asyncio.fixture
async def openai() -> AsyncIterator[OpenAIServer]:
    """The stand-in for OpenAI."""
    async with OpenAIServer() as server:
        yield server
        assert not server.refusals


@pytest_asyncio.fixture
async def desk(openai: OpenAIServer, migrated_file: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    """Clients on the stand-in and an SQLite database of their own."""
    path = tmp_path / "resupply.db"
    copy(migrated_file, path)
    made = Desk(openai, f"sqlite:///{path}")
    yield made
    await made.close()


def says(text: str) -> Callable[[Asked], Reply]:
    """A model that says this to texts, and the plainest value to schemas."""
    return lambda asked: Reply(text) if asked.schema is None else plain_reply(asked)
