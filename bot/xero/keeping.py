"""Keeping the connection alive beside the desk's work: one look a minute, and word of what has changed."""

import asyncio
from collections.abc import Callable

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
