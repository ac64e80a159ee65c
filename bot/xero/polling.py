"""What has changed in Xero, asked for now and then: webhooks may not be set up, and those that fail long enough stop.

Every process asks when the row says that it is time; two that ask at once cost a call more and change nothing else.
"""

from datetime import timedelta

from sqlalchemy import select, update

from bot.storage.database import Database
from bot.storage.tables import xero_connection as _row
from bot.xero.api import XeroApi
from bot.xero.mirror import Mirror
from bot.xero.statements import Statements
from core.ports import Clock

_OVERLAP = timedelta(minutes=5)  # our clock and Xero's may differ


class Polling:
    """Brings the mirror up to date with what changed since the last look, `every` that long."""

    def __init__(
        self, database: Database, api: XeroApi, mirror: Mirror, statements: Statements, clock: Clock, every: timedelta
    ) -> None:
        self._database = database
        self._api = api
        self._mirror = mirror
        self._statements = statements
        self._clock = clock
        self._every = every

    async def look(self) -> int:
        """Ask, where it is time; how many of our invoices were seen changed. Raises what a call raises."""
        async with self._database.reading() as connection:
            asked = select(_row.c.tenant_id, _row.c.polled_at, _row.c.connected_at).where(_row.c.state == "connected")
            found = (await connection.execute(asked)).one_or_none()
        began = self._clock.now()
        if found is None or (found.polled_at is not None and began - found.polled_at < self._every):
            return 0
        since = found.polled_at or found.connected_at or began
        changed = await self._api.invoices_changed(since - _OVERLAP)
        rows = {row.invoice_id: row for row in await self._mirror.of_invoices([each.invoice_id for each in changed])}
        news = 0
        for each in changed:
            row = rows.get(each.invoice_id)
            if row is None or row.changed_at == each.changed_at:
                continue
            await self._mirror.seen(row.order_number, each)
            news += 1
        if news:
            self._statements.forget()
        async with self._database.writing() as connection:
            mine = _row.c.tenant_id == found.tenant_id
            await connection.execute(update(_row).where(mine).values(polled_at=began))
        return news
