"""Calls to Twilio with its own SDK, and what came of them: a result, or one of `problems`.

The SDK's asynchronous HTTP client (twilio 9.13) cannot be used as it is: it ignores its `timeout=` and passes
`timeout=None` to aiohttp, which then waits for ever; it sends the Content API's JSON as a form; it uses a class
that aiohttp has deprecated; and it logs the query, which holds phone numbers. `HttpClient` replaces its one method.
"""

import json
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiohttp
from aiohttp import encode_basic_auth
from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]
from twilio.http.async_http_client import AsyncTwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from twilio.rest.content.v1.content import ContentList  # type: ignore[import-untyped]
from yarl import URL

from channels.whatsapp.problems import CallProblem, NotSent, Refused, Remedy, TooMany, Unsure, remedy

_MOST_CONNECTIONS = 50
_RECENT = 100  # messages to look through for one whose answer was lost
_LONGEST_WAIT = 3_600.0

Result = TypeVar("Result")


class HttpClient(AsyncTwilioHttpClient):  # type: ignore[misc]
    """One session for all calls; each has `timeout` seconds in all, from connecting to the last byte.

    Nothing is tried again here: a repeated POST would be a second message. With `api_url` every product's host is
    replaced by it and the path stays.
    """

    def __init__(self, timeout: float, api_url: str | None = None) -> None:
        super().__init__(pool_connections=False, timeout=timeout)
        self._limits = aiohttp.ClientTimeout(total=timeout, sock_connect=timeout / 2)
        self._origin = api_url.rstrip("/") if api_url else None
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    def open_session(self) -> aiohttp.ClientSession:
        """The session, opened at the first use, for it belongs to a running event loop. Raises NotSent when closed."""
        if self._closed:
            raise NotSent("the channel is stopped")
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=_MOST_CONNECTIONS)
            self._session = aiohttp.ClientSession(
                timeout=self._limits, connector=connector, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    def located(self, url: str) -> URL:
        """Where a URL of Twilio's is really asked for."""
        asked = URL(url)
        if self._origin is None or not is_twilio(asked.host):
            return asked
        return URL(self._origin + asked.raw_path_qs, encoded=True)

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Make a request for the SDK. Raises NotSent, Unsure or TooMany; other refusals are the SDK's to read."""
        sent = dict(headers or {})
        if auth is not None:
            sent["Authorization"] = encode_basic_auth(*auth)
        is_json = sent.get("Content-Type") == "application/json"
        body: Any = json.dumps(data) if is_json and data is not None else _form(data)
        try:
            async with self.open_session().request(
                method.upper(),
                self.located(url),
                params=_form(params),
                data=body,
                headers=sent,
                allow_redirects=allow_redirects,
            ) as answer:
                text = await answer.text(errors="replace")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(f"Twilio cannot be reached ({type(error).__name__})") from None
        except TimeoutError:
            raise Unsure(f"Twilio did not answer within {self._limits.total:g} s") from None
        except aiohttp.ClientError as error:
            raise Unsure(f"the connection to Twilio broke ({type(error).__name__})") from None
        wait = _retry_after(answer.headers.get("Retry-After"))
        if answer.status == 429:
            raise TooMany("Twilio takes no more requests for now (429)", wait)
        if answer.status >= 500:
            raise Unsure(f"Twilio has trouble ({answer.status})", wait)
        return Response(answer.status, text, answer.headers)

    async def close(self) -> None:
        """Close the session for good."""
        self._closed = True
        if self._session is not None:
            await self._session.close()


@dataclass(frozen=True, slots=True)
class Account:
    """The Twilio account, and the number of its WhatsApp sender. `timeout` in seconds holds for a call as a whole."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    api_url: str | None = None
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    """A message as Twilio keeps it."""

    sid: str
    body: str
    created_at: datetime


class Twilio:
    """The calls that the channel makes. Every one raises NotSent, Unsure, TooMany or Refused."""

    def __init__(self, account: Account) -> None:
        self.http = HttpClient(account.timeout, account.api_url)
        self.auth = (account.account_sid, account.auth_token)
        self.state = "starting"
        # An environment that is not empty, so that the SDK does not read the process's own (TWILIO_EDGE, ...).
        self._client = Client(*self.auth, http_client=self.http, environment={"TWILIO": "settings"})

    async def close(self) -> None:
        """Close the connections."""
        await self.http.close()

    async def check(self) -> None:
        """Ask for something small: whether Twilio answers and knows the account."""
        await self._result(self._client.content.v1.contents.list_async(limit=1, page_size=1))

    async def post_message(self, **parameters: Any) -> str:
        """Send a message (parameters of `messages.create`) -> its MessageSid."""
        message = await self._result(self._client.messages.create_async(**parameters))
        if not message.sid:
            raise Unsure("Twilio answered without a MessageSid")
        return str(message.sid)

    async def recent_messages(self, to: str, from_: str) -> list[Found]:
        """The newest messages from one address to another.

        Without a filter by date: `date_sent` is empty while a message is queued.
        """
        records = await self._result(
            self._client.messages.list_async(to=to, from_=from_, limit=_RECENT, page_size=_RECENT)
        )
        return [
            Found(record.sid, record.body or "", (record.date_created or record.date_sent).astimezone(UTC))
            for record in records
            if record.sid and (record.date_created or record.date_sent)
        ]

    async def make_content(self, request: Mapping[str, Any]) -> str:
        """Create reusable content (a ContentCreateRequest) -> its ContentSid."""
        content = await self._result(
            self._client.content.v1.contents.create_async(ContentList.ContentCreateRequest(dict(request)))
        )
        if not content.sid:
            raise Unsure("Twilio answered without a ContentSid")
        return str(content.sid)

    async def show_typing(self, message_sid: str) -> None:
        """Show the writer of a message that an answer comes, for 25 seconds or until it does; marks it as read."""
        await self._result(
            self._client.messaging.v2.typing_indicator.create_async(channel="whatsapp", message_id=message_sid)
        )

    async def _result(self, call: Awaitable[Result]) -> Result:
        """What a call brings. `state` tells how it went; a refused message says nothing against the connection."""
        try:
            result = await _read(call)
        except Refused as refused:
            self.state = f"degraded: {refused}" if remedy(refused.code) is Remedy.CREDENTIALS else "connected"
            raise
        except CallProblem as problem:
            self.state = f"degraded: {problem}"
            raise
        self.state = "connected"
        return result


def is_twilio(host: str | None) -> bool:
    """Whether a host is one of Twilio's API hosts, such as api.twilio.com or api.dublin.ie1.twilio.com."""
    return host is not None and host.endswith(".twilio.com")


async def _read(call: Awaitable[Result]) -> Result:
    """What a call brings, with the SDK's errors as ours."""
    try:
        return await call
    except TwilioRestException as error:
        raise Refused(error.status, _code(error.code, error.status), str(error.msg)) from None
    except TwilioException as error:
        raise _other_refusal(error) from None
    except (ValueError, TypeError, AttributeError, LookupError):  # not Twilio's JSON: a proxy's, or cut off
        raise Unsure("Twilio's answer cannot be read") from None


def _other_refusal(error: TwilioException) -> CallProblem:
    """What an error without a code of its own is about.

    A problem document (RFC 9457) has a status; of a list that was refused the SDK (`Page.process_response`) hands
    on the whole answer; otherwise the answer was not what was asked for.
    """
    answer = next((part for part in error.args if isinstance(part, Response)), None)
    if answer is not None:
        told = _json_object(answer.text)
        return Refused(answer.status_code, _code(told.get("code"), answer.status_code), str(told.get("message", "")))
    status = getattr(error, "status", None)
    if status is None:
        return Unsure("Twilio's answer cannot be read")
    said = getattr(error, "detail", None) or getattr(error, "title", "refused")
    return Refused(int(status), _code(getattr(error, "code", None), int(status)), str(said))


def _json_object(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _code(code: object, status: int) -> int:
    return int(code) if isinstance(code, int | str) and str(code).isdigit() else status


def _form(fields: Mapping[str, object] | None) -> list[tuple[str, str]] | None:
    """Form or query fields; a list is a repeated field."""
    if fields is None:
        return None
    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        pairs += [(name, str(one)) for one in (value if isinstance(value, list) else [value])]
    return pairs


def _retry_after(value: str | None) -> float | None:
    """The seconds of a Retry-After header; its form as a date is not used by Twilio."""
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return min(seconds, _LONGEST_WAIT) if seconds >= 0 else None
