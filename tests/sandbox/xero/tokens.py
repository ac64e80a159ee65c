"""The tokens that Xero's identity service hands out, and the scopes they may carry.

https://developer.xero.com/documentation/guides/oauth2/auth-flow, .../token-types and .../scopes: a code is good for
5 minutes and once, an access token for 30 minutes, a refresh token for 60 days and once, but for a grace period of
30 minutes in which a client that lost the answer may use it again. Apps made since March 2026 have granular scopes in
the place of accounting.transactions and accounting.reports.read.
"""

import base64
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.sandbox.xero.wire import Json

CODE_LIFE = timedelta(minutes=5)
ACCESS_LIFE = timedelta(minutes=30)
REFRESH_LIFE = timedelta(days=60)
GRACE = timedelta(minutes=30)

BROAD = {"accounting.transactions", "accounting.transactions.read", "accounting.reports.read"}
_BOTH = "attachments banktransactions contacts invoices manualjournals payments settings".split()
_REPORTS = (
    "aged balancesheet banksummary budgetsummary executivesummary profitandloss taxreports tenninetynine trialbalance"
).split()
GRANULAR = {
    *("openid", "profile", "email", "offline_access", "app.connections"),
    *(f"accounting.{name}" for name in _BOTH),
    *(f"accounting.{name}.read" for name in [*_BOTH, "budgets", "journals"]),
    *(f"accounting.reports.{name}.read" for name in _REPORTS),
}
DEFAULT_SCOPE = (
    "openid profile email offline_access accounting.invoices accounting.contacts accounting.payments "
    "accounting.settings.read"
)


@dataclass(slots=True)
class Code:
    """An authorization code."""

    redirect_uri: str
    scope: str
    auth_event_id: str
    at: datetime
    challenge: str = ""
    method: str = ""
    value: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    used: bool = False


@dataclass(slots=True)
class Access:
    """An access token."""

    value: str
    scope: frozenset[str]
    expires: datetime


@dataclass(slots=True)
class Refresh:
    """A refresh token. `used` is when it was first used."""

    scope: str
    auth_event_id: str
    expires: datetime
    value: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    used: datetime | None = None
    revoked: bool = False

    def good(self, now: datetime) -> bool:
        """Whether it may be used (again)."""
        fresh = self.used is None or now - self.used < GRACE
        return fresh and not self.revoked and now < self.expires


def jwt(claims: Json) -> str:
    """A string of the shape and about the length of Xero's JWTs; its signature is none."""
    head = {"alg": "RS256", "kid": "1CAF8E66772D6DC028D6726FD0261581570EFC19", "typ": "JWT"}
    return f"{_part(json.dumps(head).encode())}.{_part(json.dumps(claims).encode())}.{_part(secrets.token_bytes(256))}"


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
