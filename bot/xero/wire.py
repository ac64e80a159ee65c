"""One call to Xero: through the SDK, in a thread, counted against the limits, its end told apart.

The SDK (xero-python 15.2) blocks, and by itself sends a request up to four times when a connection drops. Its answers
are read here and not by its models, which fail on a null and turn it into "None". Where it hands out an error, the
status and body are taken from the answer: its own `str(error)` needs a urllib3 that is older than ours may be.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from json import loads
from typing import Any

import structlog
import urllib3
from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.exceptions import ApiException, HTTPStatusException

from bot.storage.database import Database
from bot.xero.errors import ScopeMissing, XeroFailed, XeroLimited, XeroOffline, XeroRefused, XeroUnreached
from bot.xero.limits import CallCounter, Limits
from bot.xero.ports import HOW, Access, Connection, NotConnected
from core.ports import Clock

log = structlog.get_logger(__name__)

Send = Callable[[AccountingApi, str, Mapping[str, Any]], urllib3.BaseHTTPResponse]
"""Sends a request: the SDK's API, the tenant, and the options that every call takes."""

_LEASE_SPARE = timedelta(seconds=5)
_RETRY_SECONDS = 20.0
_DISCONNECTED_SECONDS = 300.0
_LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back with a 2xx: `content` as it came, `json` where that was asked for."""

    content: bytes
    json: Any


class Wire:
    """Calls one organisation's books. `at_once` calls of this process run at a time; the others wait here."""

    def __init__(
        self,
        connection: Connection,
        database: Database,
        clock: Clock,
        limits: Limits,
        *,
        api_url: str,
        timeout: int = 30,
    ) -> None:
        self._connection = connection
        self._counter = CallCounter(database, clock, limits, lease_of(timeout))
        self._base = f"{api_url}/api.xro/2.0"
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(limits.at_once, thread_name_prefix="xero")
        self._room = asyncio.Semaphore(limits.at_once)
        self._under_way: set[asyncio.Task[Answer]] = set()
        self._client: tuple[int, AccountingApi] | None = None

    async def tenant(self) -> str:
        """The organisation that is connected. Raises NotConnected or NotNow."""
        return (await self._connection.access()).tenant_id

    async def call(self, name: str, send: Send, *, timeout: int | None = None, as_json: bool = True) -> Answer:
        """One call, and its answer. A caller that is cancelled leaves it to end by itself.

        Raises NotConnected, XeroUnreached, XeroLimited, XeroRefused, or XeroFailed where it is not known what it did.
        """
        work = self._authorized(name, send, timeout or self._timeout, as_json)
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Wait for what is under way, and let the threads go."""
        if self._under_way:
            await asyncio.wait(self._under_way)
        self._threads.shutdown()
        if self._client is not None:
            self._client[1].api_client.rest_client.pool_manager.clear()

    def _done(self, task: "asyncio.Task[Answer]") -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # seen, although nobody may be waiting any more

    async def _authorized(self, name: str, send: Send, timeout: int, as_json: bool) -> Answer:
        """With a token; where Xero refuses that, once more with the next one."""
        for last in (False, True):
            async with self._room:
                access = await self._connection.access()
                async with self._counter.counted(access.tenant_id):
                    work = partial(self._send, self._api(access), access.tenant_id, send, timeout, as_json)
                    try:
                        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
                    except HTTPStatusException as error:
                        problem = _problem_of(error)
            log.info("xero_call_failed", call=name, status=error_status(problem), code=problem.code)
            if isinstance(problem, XeroLimited):
                await self._counter.rest(problem.problem, problem.retry_after or _RETRY_SECONDS)
            if not isinstance(problem, NotConnected):
                raise problem
            await self._connection.refused(access)
            if last:
                raise problem
        raise AssertionError("unreachable")

    def _send(self, api: AccountingApi, tenant_id: str, send: Send, timeout: int, as_json: bool) -> Answer:
        """In a thread. The body is read here too, so that an answer that breaks off counts as none."""
        options = {"_preload_content": False, "_request_timeout": timeout}
        try:
            response = send(api, tenant_id, options)
            content = response.data
            return Answer(content, loads(content, parse_float=Decimal) if as_json else None)
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
            raise XeroUnreached(f"Xero cannot be reached: {type(error).__name__}", _RETRY_SECONDS) from None
        except HTTPStatusException:
            raise
        except (urllib3.exceptions.HTTPError, ApiException, OSError, ValueError) as error:
            raise XeroFailed(f"Xero gave no answer that can be read: {type(error).__name__}") from None

    def _api(self, access: Access) -> AccountingApi:
        """The SDK's client with this token; one a token, all of them over the same connections."""
        if self._client is None or self._client[0] != access.generation:
            configuration = Configuration()
            configuration.oauth2_token = _Held(access.token)
            client = ApiClient(configuration)
            # Its default would send a request again by itself when a connection drops, invoices too.
            client.rest_client.pool_manager.connection_pool_kw["retries"] = False
            if self._client is not None:
                client.rest_client = self._client[1].api_client.rest_client
            self._client = (access.generation, AccountingApi(client, base_url=self._base))
        return self._client[1]


def lease_of(timeout: int) -> timedelta:
    """How long a call may be under way."""
    return timedelta(seconds=timeout) + _LEASE_SPARE


class _Held:
    """Stands where the SDK keeps its token: gives out ours, and refreshes nothing."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_auth_settings(self) -> dict[str, str]:
        """The header that authorizes a request."""
        return {"in": "header", "key": "Authorization", "value": f"Bearer {self._token}"}


def error_status(problem: Exception) -> str:
    """What a log line says of a problem: our own words, which hold nothing of a customer's."""
    return str(problem)[:80] if not isinstance(problem, XeroRefused) else "refused"


def _problem_of(error: HTTPStatusException) -> Any:
    """An answer that is no 2xx, as one of our errors."""
    answer = error.http_resp
    status, headers = int(answer.status), answer.urllib3_response.headers
    if status == 429:
        return XeroLimited(headers.get("X-Rate-Limit-Problem") or "unknown", _seconds(headers.get("Retry-After")))
    if status == 503:
        return XeroOffline("Xero is offline (503)", _seconds(headers.get("Retry-After")))
    if status >= 500:
        return XeroFailed(f"Xero answers {status}")
    if status == 403 or (status == 401 and "scope" not in (headers.get("WWW-Authenticate") or "")):
        return NotConnected(f"Xero refuses the connection ({status})", _DISCONNECTED_SECONDS)
    if status == 401:
        return ScopeMissing(f"Xero: the connection lacks a scope; see XERO_SCOPES and {HOW}", _DISCONNECTED_SECONDS)
    return XeroRefused(*messages_in(_json_of(answer.data), status), status=status)


def messages_in(body: Any, status: int = 400) -> list[str]:
    """What Xero says is wrong, element by element, each once and shortened."""
    found: list[str] = []
    elements = body.get("Elements") if isinstance(body, dict) else None
    for element in elements or ([body] if isinstance(body, dict) else []):
        found += [str(each.get("Message")) for each in element.get("ValidationErrors") or ()]
    if not found and isinstance(body, dict):
        found = [str(body.get("Message") or body.get("Detail") or f"status {status}")]
    return [message[:_LONGEST_MESSAGE] for message in dict.fromkeys(found)] or [f"status {status}"]


def _json_of(content: bytes) -> Any:
    try:
        return loads(content)
    except ValueError:
        return None


def _seconds(header: str | None) -> float:
    """Retry-After, in seconds."""
    try:
        return max(float(header or _RETRY_SECONDS), 0.5)
    except ValueError:
        return _RETRY_SECONDS
