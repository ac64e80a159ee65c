"""What the chapters of the store have in common."""

from collections.abc import Mapping
from datetime import date, timedelta, tzinfo

from bot.storage.database import Database
from bot.storage.hot import Hot
from bot.storage.quick_reads import QuickReads
from core.domain.delivery import ZoneRules


class Part:
    """A chapter of the store. `SqlStore` sets these once; the hooks join one chapter to another."""

    database: Database
    zone: tzinfo
    holidays: Mapping[date, str]
    default_rules: ZoneRules
    lease: timedelta
    order_prefix: str
    _hot: Hot
    _quick: QuickReads | None

    def _saw_version(self, version: int) -> None:
        """The database has just told this version of the reference data."""

    def _forget_version(self) -> None:
        """The version of the reference data has changed."""
