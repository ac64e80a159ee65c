"""How much Xero lets an app do: calls a minute, a day and at once for a tenant, and a minute for the app.

https://developer.xero.com/documentation/guides/oauth2/limits: 60 a minute, 5 at once, 5000 a day (1000 for the
smallest plan), 10,000 a minute for the app over all tenants; a 429 names the limit and says how many seconds to wait.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from tests.sandbox.xero.refusals import limited

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass(slots=True)
class _Tenant:
    calls: deque[datetime] = field(default_factory=deque)
    arrivals: deque[datetime] = field(default_factory=deque)
    in_flight: int = 0


class Limits:
    """Counts by tenant, over rolling windows of the server's clock.

    `peak_concurrency` and `peak_minute` are the highest that any tenant was asked at once, and within a minute,
    refused and failed requests too.
    """

    def __init__(
        self, per_minute: int = 60, concurrent: int = 5, per_day: int = 5000, app_minute: int = 10_000
    ) -> None:
        self.per_minute, self.concurrent, self.per_day, self.app_minute = per_minute, concurrent, per_day, app_minute
        self.peak_concurrency = self.peak_minute = 0
        self._tenants: dict[str, _Tenant] = defaultdict(_Tenant)
        self._app: deque[datetime] = deque()

    def arrive(self, tenant_id: str, now: datetime) -> None:
        """A request has come."""
        tenant = self._tenants[tenant_id]
        tenant.in_flight += 1
        tenant.arrivals.append(now)
        _forget(tenant.arrivals, now - MINUTE)
        self.peak_concurrency = max(self.peak_concurrency, tenant.in_flight)
        self.peak_minute = max(self.peak_minute, len(tenant.arrivals))

    def leave(self, tenant_id: str) -> None:
        """The same has been answered, or lost."""
        self._tenants[tenant_id].in_flight -= 1

    def spend(self, tenant_id: str, now: datetime) -> None:
        """Count a call. Raises Refused (429), and counts nothing, where it would be one too many."""
        tenant = self._tenants[tenant_id]
        self._forget(tenant, now)
        if tenant.in_flight > self.concurrent:
            raise limited("concurrent", 1)
        if len(tenant.calls) >= self.per_day:
            raise limited("day", _seconds(tenant.calls[0] + DAY - now))
        if (recent := _since(tenant.calls, now - MINUTE)) and len(recent) >= self.per_minute:
            raise limited("minute", _seconds(recent[0] + MINUTE - now))
        if len(self._app) >= self.app_minute:
            raise limited("appminute", _seconds(self._app[0] + MINUTE - now))
        tenant.calls.append(now)
        self._app.append(now)

    def headers(self, tenant_id: str, now: datetime) -> dict[str, str]:
        """What all answers say of it."""
        tenant = self._tenants[tenant_id]
        self._forget(tenant, now)
        return {
            "X-DayLimit-Remaining": str(max(0, self.per_day - len(tenant.calls))),
            "X-MinLimit-Remaining": str(max(0, self.per_minute - len(_since(tenant.calls, now - MINUTE)))),
            "X-AppMinLimit-Remaining": str(max(0, self.app_minute - len(self._app))),
        }

    def _forget(self, tenant: _Tenant, now: datetime) -> None:
        _forget(tenant.calls, now - DAY)
        _forget(self._app, now - MINUTE)


def _forget(calls: deque[datetime], until: datetime) -> None:
    while calls and calls[0] <= until:
        calls.popleft()


def _since(calls: deque[datetime], moment: datetime) -> list[datetime]:
    return [call for call in calls if call > moment]


def _seconds(left: timedelta) -> int:
    return max(1, ceil(left.total_seconds()))
