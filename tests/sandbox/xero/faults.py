"""What goes wrong on purpose at Xero."""

from dataclasses import dataclass

from aiohttp import web

from tests.sandbox.faults import Mishap, RouteFaults
from tests.sandbox.xero.refusals import limited, problem

ROUTES = tuple(
    """authorize token revocation connections connection organisation taxrates accounts items currencies contact_list
    contacts contact invoices invoice_list invoice invoice_pdf invoice_email credit_notes credit_note_list credit_note
    credit_note_pdf allocations payments payment""".split()
)
TITLES = {503: "The Organisation is offline. Please try again later", 401: "Unauthorized", 403: "Forbidden"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Mishap):
    """One thing that goes wrong with one request.

    status, limit, retry_after: refused with this answer, nothing done; limit is what a 429 names as its reason.
    """

    status: int = 0
    limit: str = "minute"
    retry_after: float = 1

    def refused(self) -> web.Response | None:
        """The answer of a fault that refuses, None for another."""
        if not self.status:
            return None
        if self.status == 429:
            return limited(self.limit, self.retry_after).response()
        title = self.message or TITLES.get(self.status, "An error occurred")
        headers = {"Retry-After": f"{self.retry_after:g}"} if self.status == 503 else {}
        return problem(self.status, title, title, headers, wrong=False).response()


NAMED = {
    "429": Fault(status=429),
    "429_day": Fault(status=429, limit="day", retry_after=3600),
    "429_concurrent": Fault(status=429, limit="concurrent"),
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
