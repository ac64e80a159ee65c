"""One flight a key: whoever asks for what is being made already waits for it instead of making it again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


@dataclass(slots=True)
class _Flight(Generic[Value]):
    task: asyncio.Task[Value]
    waiting: int = 0


class Flights(Generic[Value]):
    """Work in progress by key.

    The work runs as a task of its own: a caller who is cancelled leaves the others waiting, and only when the last
    one has left is the work cancelled. An exception reaches everybody who waits, and the next caller begins anew.
    """

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[Value]] = {}

    async def join(self, key: str, work: Callable[[], Awaitable[Value]]) -> tuple[Value, bool]:
        """The work's result, and whether this caller began it."""
        while True:
            flight = self._flights.get(key)
            led = flight is None
            if flight is None:
                flight = self._begin(key, work)
            try:
                return await self._wait(key, flight), led
            except asyncio.CancelledError:
                # The work itself was cancelled, by something that it used: nothing of the followers' business.
                if led or not flight.task.cancelled() or _is_cancelled():
                    raise

    def _begin(self, key: str, work: Callable[[], Awaitable[Value]]) -> _Flight[Value]:
        async def fly() -> Value:
            return await work()

        flight = _Flight(asyncio.create_task(fly()))
        self._flights[key] = flight
        flight.task.add_done_callback(lambda _: self._land(key, flight))
        return flight

    async def _wait(self, key: str, flight: _Flight[Value]) -> Value:
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                flight.task.cancel()
                self._forget(key, flight)  # who comes now must not join what is being cancelled

    def _land(self, key: str, flight: _Flight[Value]) -> None:
        self._forget(key, flight)
        if not flight.task.cancelled():
            flight.task.exception()  # taken note of, even where everybody has left

    def _forget(self, key: str, flight: _Flight[Any]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
