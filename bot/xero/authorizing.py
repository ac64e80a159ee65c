"""Connecting: the OAuth2 authorization-code flow, from the address that a person opens to the tokens that are kept.

What was handed out is in `xero_authorizations`: the digest of `state`, so that only an answer to a question of ours
counts, once and for ten minutes, and sealed the PKCE verifier (RFC 7636) and what the person wished for.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import delete, insert, update

from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.errors import as_storage_down
from bot.storage.tables import xero_authorizations
from bot.xero.connection import XeroConnection
from bot.xero.endpoints import endpoints_of
from bot.xero.tokens import GrantRefused, IdentityAway, IdentityClient, Organisation, TokenSet
from bot.xero.vault import Vault
from core.errors import DeskError, Disposition
from core.ports import Clock

_row = xero_authorizations
_LIFE = timedelta(minutes=10)
_SAFE = re.compile(r"[a-z_]{1,40}")


class NotAuthorized(DeskError):
    """Connecting did not work, and nothing was changed. The message is for the person who tried."""

    disposition = Disposition.TELL
    code = "xero_not_authorized"


class ForeignState(NotAuthorized):
    """The answer is to none of our questions, or to one that was answered or is too old."""

    code = "xero_foreign_state"


class Undecided(NotAuthorized):
    """Which organisation is meant is not clear. `organisations` are those there are."""

    code = "xero_undecided"

    def __init__(self, message: str, organisations: Sequence[Organisation]) -> None:
        super().__init__(message)
        self.organisations = tuple(organisations)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for when connecting: an organisation ("" for the only one), and whether it may be another
    one than before.
    """

    tenant_id: str = ""
    switch: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person has consented to at Xero: the token set, and the organisations that it reaches."""

    tokens: TokenSet = field(repr=False)
    organisations: tuple[Organisation, ...]
    wish: Wish


class Authorizing:
    """The flow: `begin`, the person at Xero, `finish`, and `settle` on an organisation."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, connection: XeroConnection) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._connection = connection
        assert settings.secret_key is not None
        self._vault = Vault(settings.secret_key)

    async def begin(self, redirect_uri: str, wish: Wish) -> str:
        """The address to open. Xero sends the person on to `redirect_uri`, which has to be registered with the app."""
        state, verifier = token_urlsafe(32), token_urlsafe(48)
        secrets = {"verifier": verifier, "tenant": wish.tenant_id, "switch": "yes" if wish.switch else ""}
        now = self._clock.now()
        async with as_storage_down(), self._database.writing() as connection:
            await connection.execute(delete(_row).where(_row.c.expires_at < now))
            values = {"state_digest": _digest(state), "redirect_uri": redirect_uri, "expires_at": now + _LIFE}
            await connection.execute(insert(_row).values(**values, verifier=self._vault.seal(secrets)))
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._settings.xero_client_id,
            "redirect_uri": redirect_uri,
            "scope": self._settings.xero_scopes,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoints_of(self._settings).authorize}?{urlencode(query)}"

    async def finish(self, query: Mapping[str, str]) -> Consent:
        """What came back to the redirect URI. Raises NotAuthorized; ForeignState for an answer that is not ours."""
        redirect_uri, secrets = await self._claim(query.get("state", ""))
        if "error" in query or not query.get("code"):
            raise NotAuthorized(_refusal(query.get("error", "")))
        client = self._client()
        try:
            tokens = await client.exchange(query["code"], redirect_uri, secrets["verifier"])
            self._check_scopes(tokens)
            organisations = await client.organisations(tokens.access)
        except GrantRefused:
            raise NotAuthorized("Xero did not take the code that it gave; it holds for five minutes, once") from None
        except IdentityAway as away:
            raise NotAuthorized(f"nothing was connected: {away}") from None
        finally:
            await client.close()
        if not organisations:
            raise NotAuthorized("no organisation was chosen at Xero, so there is nothing to connect to")
        return Consent(tokens, tuple(organisations), Wish(secrets["tenant"], bool(secrets["switch"])))

    async def settle(self, consent: Consent, tenant_id: str = "") -> Organisation:
        """Connect to the organisation named, wished for or set; to the one of before; or to the only one.

        Raises Undecided where there are several, or none of that name; NotAuthorized for another than before.
        """
        wished = tenant_id or consent.wish.tenant_id or self._settings.xero_tenant_id or ""
        before = await self._connection.row()
        known = (before.tenant_id or "") if before else ""
        chosen = _choose(consent.organisations, wished, "" if consent.wish.switch else known)
        if known and chosen.tenant_id != known and not consent.wish.switch:
            raise NotAuthorized(
                f"{(before and before.tenant_name) or known} was connected before; "
                f"to change to {chosen.name}, connect again and ask for the switch (--switch, or ?switch=yes)"
            )
        scopes = consent.tokens.scopes or self._settings.xero_scopes
        await self._connection.connect(consent.tokens, chosen, scopes)
        return chosen

    async def _claim(self, state: str) -> tuple[str, dict[str, str]]:
        """Use up a `state`. Raises ForeignState where it is not there to be used."""
        good = (_row.c.state_digest == _digest(state), _row.c.outcome.is_(None), _row.c.expires_at > self._clock.now())
        use = update(_row).where(*good).values(outcome="answered").returning(_row.c.redirect_uri, _row.c.verifier)
        async with as_storage_down(), self._database.writing() as connection:
            found = (await connection.execute(use)).one_or_none()
        if found is None:
            raise ForeignState(
                "this answer belongs to no connection that was begun here in the last ten minutes, or was used already"
            )
        return found.redirect_uri, self._vault.open(found.verifier)

    def _check_scopes(self, tokens: TokenSet) -> None:
        asked = self._settings.xero_scopes.split()
        missing = [scope for scope in asked if tokens.scopes and scope not in tokens.scopes.split()]
        if missing or not tokens.refresh:
            raise NotAuthorized(f"Xero did not grant {' and '.join(missing) or 'offline_access'}: see XERO_SCOPES")

    def _client(self) -> IdentityClient:
        assert self._settings.xero_client_id is not None
        assert self._settings.xero_client_secret is not None
        secret = self._settings.xero_client_secret.get_secret_value()
        return IdentityClient(endpoints_of(self._settings), self._settings.xero_client_id, secret)


def _choose(organisations: Sequence[Organisation], wished: str, known: str) -> Organisation:
    by_id = {each.tenant_id: each for each in organisations}
    if wished and wished.lower() not in by_id:
        raise Undecided(f"the organisation {wished} is not among those that were connected at Xero", organisations)
    chosen = by_id.get(wished.lower()) or by_id.get(known)
    if chosen is not None:
        return chosen
    if len(organisations) > 1:
        raise Undecided("several organisations are connected at Xero: say which one is meant", organisations)
    return organisations[0]


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()


def _refusal(error: Any) -> str:
    """What an error in the answer means (RFC 6749, 4.1.2.1)."""
    if error == "access_denied":
        return "access was denied at Xero"
    if error in ("invalid_scope", "unauthorized_client"):
        return "Xero does not give this app the scopes that were asked for: see XERO_SCOPES"
    shown = error if _SAFE.fullmatch(error) else "no code"
    return f"Xero did not connect: {shown}"
