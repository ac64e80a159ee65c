"""What goes wrong on purpose at Twilio."""

from dataclasses import dataclass

from aiohttp import web

from tests.sandbox.faults import Mishap, RouteFaults
from tests.sandbox.twilio.refusals import Refused

ROUTES = ("messages", "list", "message", "contents", "content", "typing", "media", "cdn")
KNOWN = {20429: "Too Many Requests", 20500: "An internal server error has occurred", 20003: "Authenticate"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Mishap):
    """One thing that goes wrong with one request.

    status, code, retry_after: refused with this answer, nothing accepted (429 means 20429 where no code is given).
    """

    status: int = 0
    code: int = 0
    retry_after: float | None = None

    def refused(self) -> web.Response | None:
        """The answer of a fault that refuses, None for another."""
        if not self.status and not self.code:
            return None
        status = self.status or 400
        code = self.code or {429: 20429, 401: 20003, 404: 20404}.get(status, 20500 if status >= 500 else 20001)
        headers = {} if self.retry_after is None else {"Retry-After": f"{self.retry_after:g}"}
        return Refused(status, code, self.message or KNOWN.get(code, f"Error {code}"), headers).response()


NAMED = {
    "429": Fault(status=429, retry_after=1),
    "500": Fault(status=500),
    "503": Fault(status=503),
    "reset_before": Fault(reset_before=True),
    "reset_after": Fault(reset_after=True),
    "garbage": Fault(garbage=True),
}


class Faults(RouteFaults[Fault]):
    """Faults that were ordered, by route (`ROUTES`)."""

    def __init__(self) -> None:
        super().__init__(Fault, ROUTES, NAMED)
