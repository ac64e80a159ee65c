"""The Bot API client: python-telegram-bot's ExtBot without its updater, with limits that really hold."""

import asyncio
import logging
from dataclasses import dataclass
from functools import lru_cache
from ssl import SSLContext
from typing import Any

import httpx
from telegram.error import TimedOut
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest, RequestData

from channels.telegram.parsing import MalformedUpdate, parse_update

API_URL = "https://api.telegram.org"
_POOL = 64


@dataclass(frozen=True, slots=True)
class BotSelf:
    """Who the bot is. `username` is without "@" and empty until Telegram has told it."""

    id: int
    username: str = ""


class PatientRequest(HTTPXRequest):
    """HTTPXRequest whose read timeout also bounds the whole answer, not just the gap between two bytes."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *timeouts: Any, **named: Any
    ) -> tuple[int, bytes]:
        """As the base class; TimedOut also when the whole takes twice the read timeout."""
        wanted = named.get("read_timeout")
        read = wanted if isinstance(wanted, int | float) else self.read_timeout
        try:
            async with asyncio.timeout(None if read is None else read * 2):
                return await super().do_request(url, method, request_data, *timeouts, **named)
        except TimeoutError:
            raise TimedOut from None


class UpdatesRequest(PatientRequest):
    """For getUpdates: one update that cannot be parsed would otherwise make the whole batch fail."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer; an update that cannot be parsed is reduced to its id, so that the others get through."""
        answer: dict[str, Any] = PatientRequest.parse_json_payload(payload)
        if isinstance(answer.get("result"), list):
            answer["result"] = [kept for update in answer["result"] if (kept := _parsable(update)) is not None]
        return answer


class DeskBot(ExtBot[int]):
    """ExtBot that can be closed without `initialize`, whose error message would hold the token."""

    __slots__ = ("_requests",)

    def __init__(self, token: str, base: str, own: PatientRequest, for_updates: UpdatesRequest) -> None:
        super().__init__(
            token=token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=own,
            get_updates_request=for_updates,
            rate_limiter=AIORateLimiter(max_retries=0),
        )
        self._requests = (own, for_updates)

    async def close_connections(self) -> None:
        """Close them for good. (`close` is a method of the Bot API and something else.)"""
        await asyncio.gather(*(request.shutdown() for request in self._requests))


def make_bot(token: str, api_url: str = API_URL, timeout: float = 10.0) -> DeskBot:
    """The client. `api_url` is what stands before `/bot<token>/`; `timeout` in seconds for each request.

    The rate limiter holds Telegram's 30 a second overall and 20 a minute for a group, and repeats nothing.
    """
    quiet_loggers()
    limits: dict[str, Any] = {
        "read_timeout": timeout,
        "write_timeout": timeout,
        "connect_timeout": min(timeout, 5.0),
        "pool_timeout": timeout,
        "media_write_timeout": timeout,
        "httpx_kwargs": {"verify": trusted()},
    }
    own = PatientRequest(connection_pool_size=_POOL, **limits)
    return DeskBot(token, api_url.rstrip("/"), own, UpdatesRequest(connection_pool_size=1, **limits))


@lru_cache(maxsize=1)
def trusted() -> SSLContext:
    """The certificates that httpx trusts; one for all clients, as reading them takes a while."""
    return httpx.create_ssl_context()


def quiet_loggers() -> None:
    """Keep the token and customers' words out of the log.

    httpx logs every URL at INFO, and the token is in it; python-telegram-bot logs parameters at DEBUG and
    unreadable answers at ERROR. What they have to tell reaches our own log through their exceptions.
    """
    for name, level in (("httpx", logging.WARNING), ("httpcore", logging.WARNING), ("telegram", logging.CRITICAL)):
        logging.getLogger(name).setLevel(level)


def id_in(token: str) -> int:
    """The bot's user id, which stands before the token's colon; 0 where there is none."""
    head = token.partition(":")[0]
    return int(head) if head.isdecimal() else 0


def _parsable(update: Any) -> dict[str, Any] | None:
    """The update, or only its id when the rest cannot be parsed, or None when there is no id either."""
    try:
        parse_update(update)
    except MalformedUpdate:
        number = update.get("update_id") if isinstance(update, dict) else None
        return {"update_id": number} if isinstance(number, int) else None
    return dict(update)
