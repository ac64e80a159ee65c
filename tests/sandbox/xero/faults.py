"""What goes wrong on purpose: once, in a row, or for a share of the requests of a route."""

import asyncio
import random
import socket
import struct
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from aiohttp import web

from tests.sandbox.xero.refusals import Refused, limited, problem

ROUTES = (
    *("authorize", "token", "revocation", "connections", "connection", "organisation", "taxrates", "accounts"),
    *(
        "items",
        "currencies",
        "contact_list",
        "contacts",
        "contact",
        "invoices",
        "invoice_list",
        "invoice",
        "invoice_pdf",
    ),
    *("invoice_email", "credit_notes", "credit_note_list", "credit_note", "credit_note_pdf", "allocations"),
    *("payments", "payment"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one request.

    status, limit, retry_after: refused with this answer, nothing done; limit is what a 429 names as its reason.
    reset_before: the connection is reset and nothing was done. reset_after: done, then reset.
    hold_before, hold_after: waits for `Faults.release` before, or after, the work is done.
    slow_before: seconds before the work is done. slow: done at once, seconds until the answer leaves.
    garbage: done, and the answer (with its right status) is no JSON.
    """

    status: int = 0
    limit: str = "minute"
    retry_after: float = 1
    message: str = ""
    reset_before: bool = False
    reset_after: bool = False
    hold_before: bool = False
    hold_after: bool = False
    slow_before: float = 0
    slow: float = 0
    garbage: bool = False

    def refusal(self) -> Refused | None:
        """The answer of a fault that refuses, None for another."""
        if not self.status:
            return None
        if self.status == 429:
            return limited(self.limit, self.retry_after)
        title = self.message or TITLES.get(self.status, "An error occurred")
        headers = {"Retry-After": f"{self.retry_after:g}"} if self.status == 503 else {}
        return problem(self.status, title, title, headers, wrong=False)


TITLES = {503: "The Organisation is offline. Please try again later", 401: "Unauthorized", 403: "Forbidden"}

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


@dataclass
class _Standing:
    faults: list[Fault]
    share: float
    dice: random.Random


class Faults:
    """Faults that were ordered, by route (`ROUTES`, or "*" for whichever comes next)."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Fault]] = defaultdict(deque)
        self._standing: dict[str, _Standing] = {}
        self._held = asyncio.Condition()
        self._holding = 0
        self._released = 0
        self.happened: list[tuple[str, Fault]] = []

    def next(self, route: str, fault: Fault | str | None = None, *, times: int = 1, **fields: object) -> None:
        """Order a fault for the next `times` requests of a route, after those that are ordered already."""
        self._known(route)
        self._queues[route].extend([_fault(fault, fields)] * times)

    def always(
        self,
        route: str,
        fault: Fault | str | None = None,
        *,
        share: float = 1.0,
        seed: int = 0,
        kinds: Iterable[Fault | str] = (),
        **fields: object,
    ) -> None:
        """Order a fault, or one of several kinds, for a share of all requests of a route, until `clear`."""
        self._known(route)
        faults = [_fault(kind, {}) for kind in kinds] or [_fault(fault, fields)]
        self._standing[route] = _Standing(faults, share, random.Random(seed))

    def clear(self, route: str | None = None) -> None:
        """Nothing more goes wrong (on this route); what is held goes on."""
        for name in list(self._queues) + list(self._standing):
            if route in (None, name):
                self._queues.pop(name, None)
                self._standing.pop(name, None)

    async def held(self, count: int = 1) -> None:
        """Wait until so many requests are being held."""
        async with self._held:
            await self._held.wait_for(lambda: self._holding >= count)

    async def release(self) -> None:
        """Let everything that is held go on."""
        async with self._held:
            self._released += 1
            self._held.notify_all()

    def take(self, route: str) -> Fault | None:
        """The fault for the request that has just come."""
        for name in (route, "*"):
            if self._queues.get(name):
                return self._note(route, self._queues[name].popleft())
            standing = self._standing.get(name)
            if standing and standing.dice.random() < standing.share:
                return self._note(route, standing.dice.choice(standing.faults))
        return None

    async def around(
        self, request: web.Request, route: str, accept: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Answer a request by `accept`, with whatever was ordered for it."""
        fault = self.take(route)
        if fault is None:
            return await accept()
        await self._wait(fault.hold_before, fault.slow_before)
        if fault.reset_before:
            return _reset(request)
        if refusal := fault.refusal():
            return refusal.response()
        response = await accept()
        await self._wait(fault.hold_after, fault.slow)
        if fault.reset_after:
            return _reset(request)
        if fault.garbage:
            return web.Response(status=response.status, text="<html>\x00 {not json", content_type="text/html")
        return response

    async def _wait(self, hold: bool, seconds: float) -> None:
        if seconds:
            await asyncio.sleep(seconds)
        if hold:
            async with self._held:
                mine = self._released
                self._holding += 1
                self._held.notify_all()
                try:
                    await self._held.wait_for(lambda: self._released > mine)
                finally:
                    self._holding -= 1

    def _note(self, route: str, fault: Fault) -> Fault:
        self.happened.append((route, fault))
        return fault

    def _known(self, route: str) -> None:
        if route not in (*ROUTES, "*"):
            raise ValueError(f"no such route: {route}")


def _fault(fault: Fault | str | None, fields: dict[str, object]) -> Fault:
    if isinstance(fault, str):
        return NAMED[fault]
    return fault or Fault(**fields)  # type: ignore[arg-type]


def _reset(request: web.Request) -> web.Response:
    """Reset the connection. With lingering off the peer gets a RST, as from a proxy that died, and no polite end."""
    transport = request.transport
    if transport is not None:
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(status=500)
