"""The language model of the desk: any server that speaks OpenAI's chat completions."""

import asyncio

from httpx2 import InvalidURL
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Omit
from redis.asyncio import Redis

from bot.impatient_redis import connect
from bot.llm.accounts import Accounts
from bot.llm.bounds import Deadline, keep_short
from bot.llm.breaker import CLOSED, Breaker
from bot.llm.call import Endpoint, Parts
from bot.llm.turn import Turn
from bot.llm.wire import Dialect
from bot.metrics import Metrics
from bot.settings import InvalidSettings, Settings
from bot.storage.database import Database
from bot.storage.model_spend import ModelSpend
from core.ports import Clock

_PROBE_MARGIN_SECONDS = 1.0
_NO_KEY = "none"  # the SDK wants one; no header is sent with it


class ModelClient:
    """Implements `core.ports.Model`. Made by `open_model`; connects at the first call."""

    def __init__(self, parts: Parts, redis: Redis | None) -> None:
        self._parts = parts
        self._redis = redis

    @property
    def name(self) -> str:
        """What the provider calls the model."""
        return self._parts.chat.model

    @property
    def transcribes(self) -> bool:
        """Whether voice notes can be read."""
        return self._parts.transcription is not None

    @property
    def sees(self) -> bool:
        """Whether photos can be read."""
        return self._parts.vision

    def turn(self) -> Turn:
        """Begin the calls of one turn; its deadline runs from here."""
        return Turn(self._parts)

    @property
    def state(self) -> str:
        """For /health: "configured" (not called yet), "connected", or "degraded: ..." with the reason."""
        endpoints = [endpoint for endpoint in (self._parts.chat, self._parts.transcription) if endpoint is not None]
        if any(endpoint.breaker.state != CLOSED for endpoint in endpoints):
            return "degraded: breaker open"
        if self._parts.accounts.over_budget:
            return "degraded: over budget"
        if failed := next((endpoint.last for endpoint in endpoints if endpoint.last), None):
            return f"degraded: last call failed ({failed})"
        return "configured" if all(endpoint.last is None for endpoint in endpoints) else "connected"

    async def accounted(self) -> None:
        """Wait until what the calls have cost is in the database, or cannot be written now."""
        await self._parts.accounts.written()

    async def close(self) -> None:
        """Write the accounts and close the connections. The database is closed by whoever opened it, later."""
        await self._parts.accounts.close()
        await self._parts.sdk.close()
        if self._redis is not None:
            await self._redis.aclose()


def open_model(settings: Settings, database: Database, clock: Clock, metrics: Metrics) -> ModelClient | None:
    """The model that the settings name, None where they name none. Raises InvalidSettings for half of them."""
    if settings.model_problem is not None:
        raise InvalidSettings(settings.model_problem)
    if settings.openai_model is None:
        return None
    redis = connect(settings.redis_url.get_secret_value()) if settings.redis_url is not None else None
    accounts = Accounts(ModelSpend(database), settings.model_prices, settings.model_daily_budget_usd, clock)
    transcription = settings.openai_transcription_model
    parts = Parts(
        sdk=_sdk(settings),
        headers=_headers(settings),
        chat=_endpoint("chat", settings.openai_model, settings, redis),
        transcription=_endpoint("transcription", transcription, settings, redis) if transcription else None,
        dialect=_dialect(settings),
        accounts=accounts,
        metrics=metrics,
        slots=asyncio.Semaphore(settings.model_concurrency),
        deadline_seconds=settings.model_deadline_seconds,
        attempts=settings.model_attempts,
        vision=settings.model_vision,
    )
    return ModelClient(parts, redis)


def _sdk(settings: Settings) -> AsyncOpenAI:
    """The SDK's client with our limits: no tries of its own, no redirects, no endless answers."""
    try:
        return AsyncOpenAI(
            api_key=settings.openai_api_key.get_secret_value() if settings.openai_api_key else _NO_KEY,
            base_url=settings.openai_base_url,
            max_retries=0,
            timeout=Deadline(settings.model_deadline_seconds).of_a_request(),
            http_client=DefaultAsyncHttpxClient(follow_redirects=False, event_hooks={"response": [keep_short]}),
        )
    except InvalidURL:
        raise InvalidSettings("OPENAI_BASE_URL is not an address") from None


def _headers(settings: Settings) -> dict[str, str | Omit]:
    """What goes with every request. Answers are not compressed, so that their size is known as they come."""
    plain: dict[str, str | Omit] = {"Accept-Encoding": "identity"}
    return plain if settings.openai_api_key is not None else {**plain, "Authorization": Omit()}


def _endpoint(name: str, model: str, settings: Settings, redis: Redis | None) -> Endpoint:
    breaker = Breaker(
        f"{name}:{model}",
        redis,
        failures=settings.model_breaker_failures,
        seconds=settings.model_breaker_seconds,
        probe_seconds=settings.model_deadline_seconds + _PROBE_MARGIN_SECONDS,
    )
    return Endpoint(name, model, breaker)


def _dialect(settings: Settings) -> Dialect:
    """OpenAI itself wants the newer name of the limit; other servers know the older one for certain."""
    return Dialect(
        schema_form=settings.model_schema_form,
        limit="max_completion_tokens" if settings.openai_base_url is None else "max_tokens",
        effort=settings.model_reasoning_effort,
    )
