"""The store: durable storage for the whole desk, on SQLite or PostgreSQL."""

from collections.abc import Mapping
from datetime import UTC, date, timedelta, tzinfo

from bot.storage.chats import Chats
from bot.storage.claims import Claims
from bot.storage.database import Database
from bot.storage.deliveries import Deliveries
from bot.storage.onboarding import Onboarding
from bot.storage.orders import Orders
from bot.storage.outbox import Outbox
from bot.storage.parked import Parked
from bot.storage.quick_reads import QuickReads
from bot.storage.reference import ReferenceData
from bot.storage.reference_writes import ReferenceWrites
from bot.storage.reminder_sources import ReminderSources
from bot.storage.reminding import Reminding
from bot.storage.staff import Staff
from bot.storage.transcripts import Transcripts
from bot.storage.turns import Turns
from core.domain.delivery import ZoneRules

LEASE = timedelta(seconds=60)


class SqlStore(
    Turns,
    Chats,
    Outbox,
    Parked,
    Staff,
    Transcripts,
    Deliveries,
    Orders,
    ReferenceData,
    ReferenceWrites,
    Onboarding,
    Reminding,
    ReminderSources,
    Claims,
):
    """Implements `bot.ports.DeskStore`, with it `core.ports.Store`, and `channels.contract.SentLog`.

    Each base is one chapter. `zone` is the supplier's: moments are given back in it. `holidays` may be one of
    the holidays package's calendars, which fills itself year by year. `lease` is how long a turn holds its
    chat unrenewed.
    """

    def __init__(
        self,
        database: Database,
        *,
        zone: tzinfo = UTC,
        holidays: Mapping[date, str] | None = None,
        default_rules: ZoneRules | None = None,
        lease: timedelta = LEASE,
        order_prefix: str = "RS-",
    ) -> None:
        self.database = database
        self.zone = zone
        self.holidays = {} if holidays is None else holidays
        self.default_rules = default_rules or ZoneRules()
        self.lease = lease
        self.order_prefix = order_prefix
        self._closed = False
        self._connect_hot()
        self._quick = None if database.sqlite else QuickReads(database.dsn, zone)
        self._start_numbers()
        self._start_reference()

    async def close(self) -> None:
        """Finish the writes in flight and close every connection. Doing it again is harmless."""
        if not self._closed:
            self._closed = True
            await self._hot.close()
            if self._quick is not None:
                await self._quick.close()
            await self.database.close()
