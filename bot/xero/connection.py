"""The connection to Xero: an access token whenever one is wanted, refreshed by one process at a time.

Refresh tokens are good for one use, and the next one is in an answer that may get lost. So a refresh begins with a
lease in the row and ends with one write that is fenced by it. Whatever comes in between, the row holds a token that
Xero takes: the new one, or the old one, which it takes again for 30 minutes (see `bot.xero.tokens`). A lease that was
not given back says that this is to be done again soon.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

import structlog
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, stop_after_delay, wait_exponential

from bot.settings import InvalidSettings, Settings
from bot.storage.database import Database
from bot.storage.errors import StorageDown
from bot.xero.endpoints import endpoints_of
from bot.xero.ports import DAY_LIMIT, HOW, Access, NotConnected
from bot.xero.rows import CONNECTED, DISCONNECTED, ConnectionRow, ConnectionRows, NewTokens
from bot.xero.tokens import GrantRefused, IdentityAway, IdentityClient, Organisation, TokenSet
from bot.xero.vault import Unreadable, Vault
from core.errors import NotNow
from core.ports import Clock

log = structlog.get_logger(__name__)

_AHEAD = timedelta(minutes=5)  # a token with less than this is refreshed
_ENOUGH = timedelta(minutes=1)  # and used until then, where it cannot be refreshed now
_IDLE = timedelta(days=1)
_LEASE = timedelta(seconds=30)  # more than the tries of a refresh take
_TRIES_SECONDS = 20.0
_TRIES = 3
_WAIT_SECONDS = 15.0  # for another process that refreshes; jobs have 45
_POLL_SECONDS = 0.1
_RETRY_SECONDS = 60.0
_STATE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Unsaved:
    """A token set that Xero gave and the database did not take yet."""

    generation: int
    new: NewTokens


class XeroConnection:
    """Implements `bot.xero.ports.Connection`. Many of them, in as many processes, share one row.

    `per_day` is how many calls a day has, for `state` to tell.
    """

    def __init__(self, rows: ConnectionRows, client: IdentityClient, vault: Vault, clock: Clock, per_day: int) -> None:
        self._rows = rows
        self._client = client
        self._vault = vault
        self._clock = clock
        self._per_day = per_day
        self._me = token_hex(8)
        self._flight: asyncio.Task[Access] | None = None
        self._unsaved: _Unsaved | None = None
        self._trouble = ""

    async def access(self) -> Access:
        """A token that holds for some minutes. Raises NotConnected, NotNow, or StorageDown."""
        row = await self._connected()
        left = self._left(row)
        if left > _AHEAD or (left > _ENOUGH and self._in_flight):
            return self._access(row)
        return await self._fly()

    async def refused(self, access: Access) -> None:
        """Xero answered 401, or 403 for the organisation: the next `access` gives another token, or raises.

        Raises what `access` raises: NotConnected where the organisation is not connected to the app any more.
        """
        await self._rows.expire(access.generation, self._now())
        fresh = await self.access()
        try:
            reached = await self._client.organisations(fresh.token)
        except NotNow as away:
            log.info("xero_organisations_unknown", reason=str(away))
            return
        if all(each.tenant_id != fresh.tenant_id for each in reached):
            reason = "the organisation was disconnected at Xero"
            if await self._rows.lose(fresh.generation, reason, self._now()):
                raise self._lost(reason)

    async def keep_alive(self) -> None:
        """Refresh what nobody has used for a day, and what was begun and not ended. To be called about every minute.

        Raises what `access` raises, but for NotConnected.
        """
        row = await self._rows.read()
        if row is None or not row.connected:
            return
        idle = row.refreshed_at is None or self._now() - row.refreshed_at >= _IDLE
        if idle or row.overdue or self._unsaved is not None:
            try:
                await self._fly(row.generation)
            except NotConnected:
                return

    async def connect(self, tokens: TokenSet, organisation: Organisation, scopes: str) -> bool:
        """Keep a token set that a person has consented to. True where another organisation was connected before."""
        new = self._sealed(tokens, self._now())
        switched = await self._rows.connect(organisation.tenant_id, organisation.name, scopes, new)
        self._trouble = ""
        log.info("xero_connected", tenant=organisation.tenant_id)
        return switched

    async def disconnect(self) -> None:
        """Take the organisation's connection away at Xero, and forget the tokens here whatever Xero says.

        Raises what `access` raises. NotConnected: there was nothing to forget, or nobody could have read it.
        """
        await self._connected()
        try:
            access = await self.access()
            for each in await self._client.organisations(access.token):
                if each.tenant_id == access.tenant_id:
                    await self._client.disconnect(access.token, each)
        finally:
            row = await self._rows.read()
            if row is not None and row.connected:
                await self._rows.lose(row.generation, DISCONNECTED, self._now())

    async def row(self) -> ConnectionRow | None:
        """The connection as it is stored."""
        return await self._rows.read()

    async def state(self) -> str:
        """For /health: "connected", or "degraded: ..." with the reason and what to do."""
        try:
            async with asyncio.timeout(_STATE_SECONDS):
                row = await self._rows.read()
                said = self._state_of(row)
                if row is None or said != CONNECTED:
                    return said
                until = await self._rows.day_full_until(row.tenant_id or "", self._now(), self._per_day)
        except (StorageDown, TimeoutError):
            return "degraded: not known while the database is away"
        if until is None:
            return said
        return f"degraded: {DAY_LIMIT}; goes on at {until.astimezone(self._now().tzinfo):%H:%M}"

    async def close(self) -> None:
        """Let a refresh in flight come to its end, and close the connections to Xero. The database stays open."""
        if self._flight is not None:
            await asyncio.gather(self._flight, return_exceptions=True)
        await self._client.close()

    # One refresh at a time -----------------------------------------------------------------------------

    @property
    def _in_flight(self) -> bool:
        return self._flight is not None and not self._flight.done()

    async def _fly(self, stale: int | None = None) -> Access:
        """Join the refresh of this process, or begin one. A caller that is cancelled does not end it.

        `stale` is a generation to be refreshed however good its token is.
        """
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._renewed(stale))
            self._flight.add_done_callback(_heard)
        return await asyncio.shield(self._flight)

    async def _renewed(self, stale: int | None) -> Access:
        """Refresh, or wait for whoever does. Raises NotConnected, NotNow or StorageDown."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _WAIT_SECONDS
        while True:
            row = await self._caught_up()
            left = self._left(row)
            if left > _AHEAD and row.generation != stale:
                return self._access(row)
            if await self._rows.take(self._me, row.generation, _LEASE):
                fresh = await self._refresh(row)
                if fresh is not None:
                    return fresh
                continue
            if left > _ENOUGH:
                return self._access(row)
            if row.resting or loop.time() > until:
                raise NotNow("Xero's tokens cannot be refreshed now", _seconds(row.held))
            await asyncio.sleep(_POLL_SECONDS)

    async def _refresh(self, row: ConnectionRow) -> Access | None:
        """Refresh with the lease in hand. None where another has taken it meanwhile, and its tokens count."""
        began = self._now()
        try:
            tokens = await self._ask(self._open(row)["refresh"])
        except GrantRefused:
            reason = "Xero does not accept our refresh token any more"
            if await self._rows.lose(row.generation, reason, self._now(), self._me):
                raise self._lost(reason) from None
            return None
        except IdentityAway as away:
            return await self._without(row, away)
        return await self._kept(row, self._sealed(tokens, began), tokens)

    async def _ask(self, refresh_token: str) -> TokenSet:
        """Refresh; while Xero may have done it without our knowing, again with the same token."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, IdentityAway) and error.unsettled),
            stop=stop_after_attempt(_TRIES) | stop_after_delay(_TRIES_SECONDS / 2),
            wait=wait_exponential(multiplier=0.2, max=1.0),
            reraise=True,
        ):
            with attempt:
                tokens = await self._client.refresh(refresh_token)
                if not tokens.refresh:
                    raise IdentityAway("Xero's answer has no refresh token", _RETRY_SECONDS)
        return tokens

    async def _without(self, row: ConnectionRow, away: IdentityAway) -> Access:
        """Xero cannot be asked now: the present token while it is good, and all processes rest before the next try."""
        self._trouble = str(away)
        rest = away.retry_after or _RETRY_SECONDS
        await self._rows.rest(self._me, row.generation, timedelta(seconds=rest))
        log.warning("xero_not_refreshed", reason=str(away), unsettled=away.unsettled)
        if self._left(row) > _ENOUGH:
            return self._access(row)
        raise NotNow(f"Xero's tokens cannot be refreshed: {away}", rest) from away

    async def _kept(self, row: ConnectionRow, new: NewTokens, tokens: TokenSet) -> Access | None:
        """Write a token set. Where the database is away it is kept in memory and written as soon as it is back."""
        self._unsaved = _Unsaved(row.generation, new)
        try:
            saved = await self._save()
        except StorageDown:
            log.warning("xero_tokens_not_saved", generation=row.generation)
            saved = True
        self._trouble = ""
        return Access(tokens.access, row.tenant_id or "", row.generation + 1) if saved else None

    async def _save(self) -> bool:
        """Write what is unsaved. False where another process has refreshed meanwhile: then it is of no use."""
        assert self._unsaved is not None
        unsaved = self._unsaved
        saved = False
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, StorageDown)),
            stop=stop_after_delay((_LEASE.total_seconds() - _TRIES_SECONDS) / 2),
            wait=wait_exponential(multiplier=0.1, max=1.0),
            reraise=True,
        ):
            with attempt:
                saved = await self._rows.save(self._me, unsaved.generation, unsaved.new)
        self._unsaved = None
        return saved

    async def _caught_up(self) -> ConnectionRow:
        """The row, with what this process may still have to write in it. Raises NotConnected or StorageDown."""
        if self._unsaved is not None:
            await self._save()
        return await self._connected()

    # Reading the row -----------------------------------------------------------------------------------

    async def _connected(self) -> ConnectionRow:
        row = await self._rows.read()
        if row is None:
            raise NotConnected(f"Xero is not connected: {HOW}", _RETRY_SECONDS)
        if not row.connected:
            raise NotConnected(f"the connection to Xero is lost ({row.reason}): {HOW}", _RETRY_SECONDS)
        return row

    def _access(self, row: ConnectionRow) -> Access:
        return Access(self._open(row)["access"], row.tenant_id or "", row.generation)

    def _open(self, row: ConnectionRow) -> dict[str, str]:
        try:
            return self._vault.open(row.tokens or "")
        except Unreadable as error:
            raise NotConnected(str(error), _RETRY_SECONDS) from None

    def _sealed(self, tokens: TokenSet, at: datetime) -> NewTokens:
        sealed = self._vault.seal({"access": tokens.access, "refresh": tokens.refresh})
        return NewTokens(sealed, at + tokens.life, at)

    def _left(self, row: ConnectionRow) -> timedelta:
        return row.access_until - self._now() if row.access_until else timedelta()

    def _state_of(self, row: ConnectionRow | None) -> str:
        if row is None:
            return f"degraded: not connected; {HOW}"
        if not row.connected:
            return f"degraded: connection lost ({row.reason}); {HOW}"
        try:
            self._open(row)
        except NotConnected as error:
            return f"degraded: {error}"
        stuck = self._trouble and self._left(row) <= _ENOUGH
        return f"degraded: {self._trouble}" if stuck else "connected"

    def _lost(self, reason: str) -> NotConnected:
        log.warning("xero_connection_lost", reason=reason)
        return NotConnected(f"the connection to Xero is lost ({reason}): {HOW}", _RETRY_SECONDS)

    def _now(self) -> datetime:
        return self._clock.now()


def open_connection(settings: Settings, database: Database, clock: Clock) -> XeroConnection:
    """The connection of these settings; nothing is called yet. Raises InvalidSettings where something is missing."""
    if settings.xero_problem is not None:
        raise InvalidSettings(settings.xero_problem)
    if settings.xero_client_id is None or settings.xero_client_secret is None or settings.secret_key is None:
        raise InvalidSettings("Xero needs XERO_CLIENT_ID, XERO_CLIENT_SECRET and RESUPPLY_SECRET_KEY")
    client = IdentityClient(
        endpoints_of(settings), settings.xero_client_id, settings.xero_client_secret.get_secret_value()
    )
    return XeroConnection(
        ConnectionRows(database), client, Vault(settings.secret_key), clock, settings.xero_daily_limit
    )


def _seconds(held: timedelta | None) -> float:
    return max(1.0, held.total_seconds()) if held is not None else _RETRY_SECONDS


def _heard(flight: "asyncio.Task[Access]") -> None:
    """Nobody may be waiting for it any more."""
    if not flight.cancelled():
        flight.exception()
