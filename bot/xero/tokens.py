"""Asking Xero's identity service: codes and refresh tokens become token sets, and which organisations they reach.

https://developer.xero.com/documentation/guides/oauth2/auth-flow: an access token is good for 30 minutes, a refresh
token for 60 days and once; but a client that did not get the answer may use it again for 30 minutes.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2

from bot.xero.endpoints import Endpoints
from core.errors import DeskError, NotNow

REFRESH_LIFE = timedelta(days=60)
_CALL_SECONDS = 10.0
_REST_SECONDS = 2.0
_REFUSED_SECONDS = 60.0


class GrantRefused(DeskError):
    """The code or the refresh token is not good (any more): `invalid_grant`."""

    code = "xero_grant_refused"


class IdentityAway(NotNow):
    """No token set was got. `unsettled`: Xero may have made one all the same, so the same refresh is to be repeated."""

    code = "xero_identity_away"

    def __init__(self, message: str, retry_after: float, *, unsettled: bool = False) -> None:
        super().__init__(message, retry_after)
        self.unsettled = unsettled


@dataclass(frozen=True, slots=True)
class TokenSet:
    """What Xero hands out. `scopes` is "" where it did not say, which means those that were asked for."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    life: timedelta
    scopes: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """One that the app may reach. `connection_id` is for disconnecting it."""

    tenant_id: str
    name: str
    connection_id: str = ""


class IdentityClient:
    """The calls. Each raises IdentityAway, and those for tokens GrantRefused; no text of theirs holds a secret."""

    def __init__(self, endpoints: Endpoints, client_id: str, secret: str) -> None:
        self._endpoints = endpoints
        self._auth = httpx2.BasicAuth(client_id, secret)
        self._http = httpx2.AsyncClient(timeout=_CALL_SECONDS, follow_redirects=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def exchange(self, code: str, redirect_uri: str, verifier: str) -> TokenSet:
        """The token set of an authorization code."""
        form = {"code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
        return await self._token_set({"grant_type": "authorization_code", **form})

    async def refresh(self, token: str) -> TokenSet:
        """The next token set. The refresh token in it takes the place of this one."""
        return await self._token_set({"grant_type": "refresh_token", "refresh_token": token})

    async def organisations(self, access: str) -> list[Organisation]:
        """The organisations that were connected to the app, by name; no accountants' practices."""
        response = await self._send("GET", self._endpoints.connections, headers={"Authorization": f"Bearer {access}"})
        if response.status_code != httpx2.codes.OK:
            raise _away(response)
        found = _json(response)
        try:
            return sorted(
                (
                    Organisation(each["tenantId"], each.get("tenantName") or each["tenantId"], each["id"])
                    for each in found
                    if each.get("tenantType", "ORGANISATION") == "ORGANISATION"
                ),
                key=lambda each: each.name.casefold(),
            )
        except (AttributeError, KeyError, TypeError):
            raise IdentityAway("Xero's answer makes no sense", _REST_SECONDS) from None

    async def disconnect(self, access: str, organisation: Organisation) -> None:
        """Take the organisation's connection away at Xero; one that is gone already is fine."""
        url = f"{self._endpoints.connections}/{organisation.connection_id}"
        response = await self._send("DELETE", url, headers={"Authorization": f"Bearer {access}"})
        if response.status_code not in (httpx2.codes.NO_CONTENT, httpx2.codes.NOT_FOUND):
            raise _away(response)

    async def _token_set(self, form: dict[str, str]) -> TokenSet:
        response = await self._send("POST", self._endpoints.token, data=form, auth=self._auth)
        if response.status_code != httpx2.codes.OK:
            raise _refusal(response)
        found = _json(response)
        try:
            life = timedelta(seconds=float(found["expires_in"]))
            made = TokenSet(found["access_token"], found.get("refresh_token", ""), life, found.get("scope") or "")
            if not all(isinstance(each, str) for each in (made.access, made.refresh, made.scopes)):
                raise TypeError
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            raise IdentityAway("Xero's answer makes no sense", _REST_SECONDS, unsettled=True) from None
        return made

    async def _send(self, method: str, url: str, **options: Any) -> httpx2.Response:
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                return await self._http.request(method, url, **options)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise _unreachable(error, unsettled=False) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
            raise _unreachable(error, unsettled=True) from None


def _unreachable(error: Exception, *, unsettled: bool) -> IdentityAway:
    return IdentityAway(f"Xero does not answer ({type(error).__name__})", _REST_SECONDS, unsettled=unsettled)


def _json(response: httpx2.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        raise IdentityAway("Xero's answer makes no sense", _REST_SECONDS, unsettled=True) from None


def _refusal(response: httpx2.Response) -> DeskError:
    """What a refused token call means: `error` as RFC 6749 section 5.2 has it."""
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        error = ""
    if error == "invalid_grant":
        return GrantRefused("Xero does not accept the grant any more")
    if error in ("invalid_client", "unauthorized_client"):
        return IdentityAway("Xero refuses XERO_CLIENT_ID or XERO_CLIENT_SECRET", _REFUSED_SECONDS)
    return _away(response)


def _away(response: httpx2.Response) -> IdentityAway:
    status = response.status_code
    words = "Xero asks to slow down" if status == httpx2.codes.TOO_MANY_REQUESTS else f"Xero answered {status}"
    return IdentityAway(words, _rest(response), unsettled=status >= httpx2.codes.INTERNAL_SERVER_ERROR)


def _rest(response: httpx2.Response) -> float:
    """Seconds until the next try: what Xero asks for, or a while by the kind of answer."""
    asked = response.headers.get("Retry-After", "")
    if asked.isascii() and asked.isdecimal():
        return min(max(float(asked), 1.0), 600.0)
    server = response.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR
    return _REST_SECONDS if server else _REFUSED_SECONDS
