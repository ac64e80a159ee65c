"""Why a request to the model failed, and what follows from it."""

import json
from enum import StrEnum

import httpx2
from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError, OpenAIError

from bot.llm.schemas import Mismatch

_AGAIN = frozenset({408, 409, 429})
_OURS = frozenset({400, 413, 415, 422})  # the request was wrong, not the server
_NO_MONEY_LEFT = "insufficient_quota"


class Reason(StrEnum):
    """The fixed words of `ModelUnavailable.reason`."""

    DEADLINE = "deadline"
    BUSY = "busy"  # no free place among the process's requests in time
    BUDGET = "budget"
    ACCOUNTS = "accounts"  # the spend of today cannot be read
    BREAKER = "breaker"
    CONNECTION = "connection"
    SERVER = "server"
    RATE_LIMIT = "rate_limit"
    REJECTED = "rejected"  # a wrong key, an unknown model, a request that the server does not take
    GARBAGE = "garbage"
    CUT_OFF = "cut_off"
    DECLINED = "declined"  # the model refused, or the provider's filter did
    UNSUPPORTED = "unsupported"  # images or voice notes without a model for them


class CallFailed(Exception):
    """One request that gave no answer. The message holds no text of a server, which may repeat what was sent.

    `reached`: the server may have worked on it, so it is charged. `again`: trying again may help, not before
    `retry_after` seconds where the server named them. `blames`: it counts against the server at the breaker.
    """

    def __init__(
        self,
        reason: Reason,
        note: str = "",
        *,
        reached: bool = False,
        again: bool = False,
        retry_after: float | None = None,
        blames: bool = False,
    ) -> None:
        super().__init__(f"{reason}: {note}" if note else reason.value)
        self.reason = reason
        self.reached = reached
        self.again = again
        self.retry_after = retry_after
        self.blames = blames


class TooLong(Exception):
    """The server sent more than any answer may have."""


def failure_of(error: Exception) -> CallFailed | None:
    """What an error of the SDK, the deadline or the answer means; None for one that is a fault of ours."""
    if isinstance(error, CallFailed):
        return error
    if isinstance(error, TimeoutError):
        return CallFailed(Reason.DEADLINE, reached=True, blames=True)
    if isinstance(error, APIConnectionError):
        return _connection(error)
    if isinstance(error, APIStatusError):
        return _status(error)
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | TooLong | Mismatch | httpx2.DecodingError):
        return _garbage(error)
    if isinstance(error, httpx2.HTTPError):
        return CallFailed(Reason.CONNECTION, type(error).__name__, reached=True, again=True, blames=True)
    if isinstance(error, APIError):  # inside a stream
        return CallFailed(Reason.SERVER, "in the stream", reached=True, again=True, blames=True)
    if isinstance(error, OpenAIError):
        return CallFailed(Reason.GARBAGE, type(error).__name__, reached=True)
    return None


def _garbage(error: Exception) -> CallFailed:
    note = str(error) if isinstance(error, Mismatch) else type(error).__name__
    return CallFailed(Reason.GARBAGE, note, reached=True)


def _connection(error: APIConnectionError) -> CallFailed:
    cause = error.__cause__
    note = type(cause or error).__name__
    unsent = isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
    if isinstance(error, APITimeoutError) and not unsent:
        return CallFailed(Reason.DEADLINE, note, reached=True, blames=True)
    return CallFailed(Reason.CONNECTION, note, reached=not unsent, again=True, blames=True)


def _status(error: APIStatusError) -> CallFailed:
    status = error.status_code
    if status == 429:
        again = error.code != _NO_MONEY_LEFT
        wait = _retry_after(error.response.headers)
        return CallFailed(Reason.RATE_LIMIT, "429", again=again, retry_after=wait, blames=True)
    if status >= 500 or status in _AGAIN:
        wait = _retry_after(error.response.headers)
        return CallFailed(Reason.SERVER, str(status), again=True, retry_after=wait, blames=True)
    return CallFailed(Reason.REJECTED, str(status), blames=status not in _OURS)


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds, where the server names them. (A date is not obeyed: the clocks may differ by more than a turn has.)"""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
        if seconds >= 0:
            return seconds
    return None
