"""What goes wrong on purpose in a stand-in: once, in a row, or for a share of the requests of a route."""

import asyncio
import random
import socket
import struct
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """One thing that goes wrong with one request; what it is refused with, a stand-in says itself.

    reset_before: the connection is reset and nothing was done. reset_after: done, then reset.
    hold_before, hold_after: waits for `Faults.release` before, or after, the work is done.
    slow_before: seconds before the work is done. slow: done at once, seconds until the answer leaves.
    garbage: done, and the answer (with its right status) is no JSON.
    """

    message: str = ""
    reset_before: bool = False
    reset_after: bool = False
    hold_before: bool = False
    hold_after: bool = False
    slow_before: float = 0
    slow: float = 0
    garbage: bool = False

    def refused(self) -> web.Response | None:
        """The answer of one that refuses, None for another."""
        raise NotImplementedError


F = TypeVar("F", bound=Mishap)


@dataclass
class _Standing(Generic[F]):
    faults: list[F]
    share: float
    dice: random.Random


class Holds:
    """Requests that wait until they are let go on."""

    def __init__(self) -> None:
        self._held = asyncio.Condition()
        self._holding = 0
        self._released = 0

    async def held(self, count: int = 1) -> None:
        """Wait until so many requests are being held."""
        async with self._held:
            await self._held.wait_for(lambda: self._holding >= count)

    async def release(self) -> None:
        """Let everything that is held go on."""
        async with self._held:
            self._released += 1
            self._held.notify_all()

    async def hold(self) -> None:
        """Hold a request until the next `release`."""
        async with self._held:
            mine = self._released
            self._holding += 1
            self._held.notify_all()
            try:
                await self._held.wait_for(lambda: self._released > mine)
            finally:
                self._holding -= 1


class RouteFaults(Holds, Generic[F]):
    """Faults that were ordered, by route ("*" for whichever comes next). `named` are those that have a name."""

    def __init__(self, kind: type[F], routes: Collection[str], named: Mapping[str, F]) -> None:
        super().__init__()
        self._kind = kind
        self._routes = frozenset(routes) | {"*"}
        self._named = named
        self._queues: dict[str, deque[F]] = defaultdict(deque)
        self._standing: dict[str, _Standing[F]] = {}
        self.happened: list[tuple[str, F]] = []

    def next(self, route: str, fault: F | str | None = None, *, times: int = 1, **fields: Any) -> None:
        """Order a fault for the next `times` requests of a route, after those that are ordered already."""
        self._known(route)
        self._queues[route].extend([self._fault(fault, fields)] * times)

    def always(
        self,
        route: str,
        fault: F | str | None = None,
        *,
        share: float = 1.0,
        seed: int = 0,
        kinds: Iterable[F | str] = (),
        **fields: Any,
    ) -> None:
        """Order a fault, or one of several kinds, for a share of all requests of a route, until `clear`."""
        self._known(route)
        faults = [self._fault(kind, {}) for kind in kinds] or [self._fault(fault, fields)]
        self._standing[route] = _Standing(faults, share, random.Random(seed))

    def clear(self, route: str | None = None) -> None:
        """Nothing more goes wrong (on this route); what is held stays held."""
        for name in list(self._queues) + list(self._standing):
            if route in (None, name):
                self._queues.pop(name, None)
                self._standing.pop(name, None)

    def take(self, route: str) -> F | None:
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
        if refusal := fault.refused():
            return refusal
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
            await self.hold()

    def _note(self, route: str, fault: F) -> F:
        self.happened.append((route, fault))
        return fault

    def _known(self, route: str) -> None:
        if route not in self._routes:
            raise ValueError(f"no such route: {route}")

    def _fault(self, fault: F | str | None, fields: dict[str, Any]) -> F:
        if isinstance(fault, str):
            return self._named[fault]
        return fault or self._kind(**fields)


def reset(request: web.Request) -> None:
    """Reset the connection. With lingering off the peer gets a RST, as from a proxy that died, and no polite end."""
    transport = request.transport
    if transport is not None:
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


def _reset(request: web.Request) -> web.Response:
    reset(request)
    return web.Response(status=500)
