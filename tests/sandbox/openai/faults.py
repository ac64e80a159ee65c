"""What goes wrong on purpose: for the next requests, or for all until further notice."""

from collections import deque
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.sandbox.faults import Holds
from tests.sandbox.openai.refusals import Refused

_KINDS = {
    401: ("invalid_request_error", "invalid_api_key"),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", None),
    503: ("server_error", None),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one request.

    Before the work: `status` with `code`, `retry_after` and `location` (an error object), `html` with its status (a
    proxy's page), `reset_before` (the connection is reset), `hold_before` (nothing is sent until `Faults.release`),
    `slow_before` seconds.
    After it: `reset_after`, `hold_after`, `garbage` (this text instead of the JSON, as application/json), `body` (this
    JSON instead), `huge` (so many bytes of answer), `no_choices`, `no_usage`, `usage` (this object).
    In a stream: `hold_after_pieces` (stands still after so many, until `release`), `slow_pieces` seconds between two,
    `reset_after_pieces`, `cut_after_pieces` (ends inside an event, politely), `no_finish` (ends without a
    finish_reason), `error_after_pieces` (an error event), `no_done` (without [DONE]), `events` (these instead).
    """

    status: int = 0
    code: str | None = None
    retry_after: str | None = None
    location: str = ""
    html: str = ""
    reset_before: bool = False
    reset_after: bool = False
    hold_before: bool = False
    hold_after: bool = False
    slow_before: float = 0
    garbage: str = ""
    body: Any = None
    huge: int = 0
    no_choices: bool = False
    no_usage: bool = False
    usage: Any = None
    hold_after_pieces: int | None = None
    reset_after_pieces: int | None = None
    cut_after_pieces: int | None = None
    error_after_pieces: int | None = None
    events: tuple[str, ...] = ()
    slow_pieces: float = 0
    no_finish: bool = False
    no_done: bool = False

    def refusal(self) -> web.Response | None:
        """The answer of a fault that refuses, None for another."""
        if self.html:
            return web.Response(status=self.status or 200, text=self.html, content_type="text/html")
        if not self.status:
            return None
        kind, code = _KINDS.get(self.status, ("server_error", None))
        headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        if self.location:
            headers["Location"] = self.location
        return Refused(self.status, f"Error {self.status}", self.code or code, None, kind, headers).response()


NOTHING = Fault()


class Faults(Holds):
    """Faults that were ordered."""

    def __init__(self) -> None:
        super().__init__()
        self._queue: deque[Fault] = deque()
        self._standing = NOTHING
        self.happened: list[Fault] = []

    def next(self, *, times: int = 1, **fields: Any) -> None:
        """Order a fault for the next `times` requests, after those that are ordered already."""
        self._queue.extend([Fault(**fields)] * times)

    def fine(self, times: int = 1) -> None:
        """Order that nothing goes wrong with so many requests."""
        self._queue.extend([NOTHING] * times)

    def always(self, **fields: Any) -> None:
        """Order a fault for every request for which no other is ordered, until `clear`."""
        self._standing = Fault(**fields)

    def clear(self) -> None:
        """Nothing more goes wrong; what is held stays held."""
        self._queue.clear()
        self._standing = NOTHING

    def take(self) -> Fault:
        """The fault for the request that has just come."""
        fault = self._queue.popleft() if self._queue else self._standing
        if fault is not NOTHING:
            self.happened.append(fault)
        return fault
