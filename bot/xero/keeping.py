"""What is done beside the desk's work: the connection is kept alive, and what changed in Xero is asked for."""

import asyncio
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import structlog

from bot.xero.connection import XeroConnection
from core.errors import DeskError

log = structlog.get_logger(__name__)

CONNECTED = "connected"
_EVERY_SECONDS = 60.0


async def keep_alive(
    connection: XeroConnection, reconnected: Callable[[], None], every: float = _EVERY_SECONDS
) -> None:
    """Until cancelled. `reconnected` is called when the connection has come back, wherever it was made."""
    before = CONNECTED
    while True:
        try:
            await connection.keep_alive()
        except DeskError as error:
            log.info("xero_not_kept_alive", error=type(error).__name__)
        except Exception:
            log.exception("xero_keeping_broke")
        state = await connection.state()
        if state != before:
            log.info("xero_state", state=state)
            if state == CONNECTED:
                reconnected()
        before = state
        await asyncio.sleep(every)


@runtime_checkable
class Looking(Protocol):
    """Who can ask what has changed in the books."""

    async def look(self) -> int:
        """Ask, where it is time; how many of the desk's invoices have changed."""
        ...


def between_looks(poll_seconds: float) -> float:
    """How often to see whether it is time, so that a look comes hardly later than every `poll_seconds`."""
    return min(_EVERY_SECONDS, poll_seconds / 4)


async def keep_looking(books: Looking, every: float = _EVERY_SECONDS) -> None:
    """Until cancelled."""
    while True:
        try:
            if news := await books.look():
                log.info("xero_changes_seen", invoices=news)
        except DeskError as error:
            log.info("xero_not_asked_for_changes", error=type(error).__name__)
        except Exception:
            log.exception("xero_looking_broke")
        await asyncio.sleep(every)
