"""`resupply doctor`: looks at everything the desk needs and says what to do about what is missing."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot.app import open_store
from bot.channel_checks import examine_channels
from bot.clock import SystemClock
from bot.findings import Finding
from bot.knowledge_files import is_there, open_documents_of
from bot.reminders.checks import reminder_settings, reminder_zones
from bot.schema import check_schema
from bot.settings import Settings
from bot.storage.errors import StorageDown
from bot.storage.store import SqlStore
from bot.xero.checks import xero_connection, xero_settings
from core.errors import DeskError, InvalidInput

_SECONDS = 5.0
_PYTHONS = ((3, 11), (3, 13))


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at everything, one finding at a time. Nothing is changed."""
    yield _python()
    yield Finding("settings", True, "readable")
    yield _binding(settings)
    yield _data_dir(settings.data_dir)
    yield Finding("time zone", True, settings.timezone)
    async for finding in examine_channels(settings):
        yield finding
    yield reminder_settings(settings)
    yield await _redis(settings)
    yield await _documents(settings)
    yield _model(settings)
    if told := xero_settings(settings):
        yield told
    store = open_store(settings)
    try:
        database = await _database(store)
        yield database
        if database.well:
            yield await _reference(store)
            outlets = (await store.reference()).directory.outlets.values()
            if outlets and (found := reminder_zones(settings, {outlet.zone for outlet in outlets})):
                yield found
            if told is None:
                yield await xero_connection(settings, store.database, SystemClock(settings.zone))
    finally:
        await store.close()


def _python() -> Finding:
    version = sys.version_info[:2]
    well = _PYTHONS[0] <= version <= _PYTHONS[1]
    return Finding("python", well, ".".join(map(str, version)), "use Python 3.11, 3.12 or 3.13")


def _binding(settings: Settings) -> Finding:
    key = "with an API key" if settings.api_key else "without an API key"
    problem = settings.binding_problem
    return Finding("address", problem is None, f"{settings.host}:{settings.port} {key}", problem or "")


def _data_dir(folder: Path) -> Finding:
    """Whether files can be made in the data folder; it is not made here."""
    existing = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    advice = f"make {folder} writable, or set RESUPPLY_DATA_DIR"
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return Finding("data folder", False, f"{folder} is not writable", advice)
    try:
        with tempfile.TemporaryFile(dir=existing):
            return Finding("data folder", True, f"{folder} is writable")
    except OSError as error:
        return Finding("data folder", False, f"{folder}: {error.strerror}", advice)


async def _redis(settings: Settings) -> Finding:
    if settings.redis_url is None:
        return Finding("redis", True, "not configured (limits are kept in the process)")
    client = Redis.from_url(
        settings.redis_url.get_secret_value(), socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS
    )
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        return Finding("redis", False, type(error).__name__, "check REDIS_URL and that the server runs")
    finally:
        await client.aclose()
    return Finding("redis", True, "ok")


async def _documents(settings: Settings) -> Finding:
    """Whether there are documents to answer from. Nothing is made here."""
    if settings.knowledge_problem is not None:
        return Finding("documents", False, "not readable", settings.knowledge_problem)
    none = Finding("documents", True, "none, so questions go to a person: `resupply knowledge ingest DIR`")
    if not is_there(settings.knowledge):
        return none
    try:
        library = await open_documents_of(settings)
        try:
            state = await library.state()
        finally:
            await library.close()
    except DeskError as error:
        return Finding("documents", False, str(error), "check RESUPPLY_KNOWLEDGE_URI")
    if not state.generation:
        return none
    return Finding("documents", True, f"{state.documents} documents, {state.passages} passages")


def _model(settings: Settings) -> Finding:
    """The model's settings; it is not called."""
    if settings.model_problem is not None:
        return Finding("model", False, "not usable", settings.model_problem)
    if settings.openai_model is None:
        return Finding("model", True, "not configured (orders are read and documents quoted without one)")
    budget = settings.model_daily_budget_usd
    return Finding(
        "model", True, f"{settings.openai_model}, " + (f"US${budget} a day" if budget else "no daily budget")
    )


async def _database(store: SqlStore) -> Finding:
    kind = "SQLite" if store.database.sqlite else "PostgreSQL"
    if store.database.sqlite and not store.database.path.exists():
        return Finding("database", False, "SQLite, no file yet", "run `resupply migrate`")
    try:
        async with asyncio.timeout(_SECONDS):
            await check_schema(store.database)
    except InvalidInput as error:
        return Finding("database", False, kind, str(error))
    except (SQLAlchemyError, StorageDown, OSError) as error:
        advice = "check DATABASE_URL and that the server runs"
        return Finding("database", False, f"{kind}, {type(error).__name__}", advice)
    return Finding("database", True, f"{kind}, tables up to date")


async def _reference(store: SqlStore) -> Finding:
    reference = await store.reference()
    products, outlets = len(reference.catalogue.active), len(reference.directory.outlets)
    return Finding(
        "reference data",
        bool(products and outlets),
        f"{products} products, {outlets} outlets",
        "run `resupply import catalogue FILE` and `resupply import outlets FILE`",
    )
