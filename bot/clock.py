"""The system's clock, read in the supplier's time zone."""

from datetime import datetime
from zoneinfo import ZoneInfo


class SystemClock:
    """Tells the real time. Implements `core.ports.Clock`."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def now(self) -> datetime:
        """The current moment, aware, in the supplier's time zone."""
        return datetime.now(self._zone)
