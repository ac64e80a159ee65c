"""The stand-in for Xero: consent, tokens that rotate and run out, and connections."""

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from tests.sandbox.xero_caller import CONTACTS, Caller, Clock
from tests.sandbox.xero_server import CLIENT_ID, CLIENT_SECRET, DEFAULT_SCOPE, XeroServer

BACK = "https://desk.example/xero/callback"
ASKED = {"response_type": "code", "client_id": CLIENT_ID, "redirect_uri": BACK, "scope": DEFAULT_SCOPE, "state": "s1"}
BASIC = {"Authorization": aiohttp.encode_basic_auth(CLIENT_ID, CLIENT_SECRET)}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def consent(server: XeroServer, session: aiohttp.ClientSession, **changes: str) -> tuple[int, Any]:
    """(status, the query that comes back) of the consent page; an error that is not sent back is its body."""
    async with session.get(server.authorize_url, params=ASKED | changes, allow_redirects=False) as answer:
        if answer.status != 302:
            return answer.status, await answer.json()
        target = answer.headers["Location"]
        assert target.startswith(BACK)
        return 302, {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}


async def token(
    server: XeroServer, session: aiohttp.ClientSession, *, headers: dict[str, str] = BASIC, **form: str
) -> tuple[int, Any]:
    """What the token endpoint says."""
    async with session.post(server.token_url, data=form, headers=headers) as answer:
        return answer.status, await answer.json()


async def by_code(server: XeroServer, session: aiohttp.ClientSession, code: str, **changes: str) -> tuple[int, Any]:
    """A code exchanged."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK} | changes
    return await token(server, session, **form)


async def refreshed(server: XeroServer, session: aiohttp.ClientSession, value: str) -> tuple[int, Any]:
    """A refresh token used."""
    return await token(server, session, grant_type="refresh_token", refresh_token=value)


async def test_consent_leads_to_tokens_and_connections(server: XeroServer, session: aiohttp.ClientSession) -> None:
    other = server.add_organisation("Other books")
    server.consents = [server.organisation, other]
    status, back = await consent(server, session)
    assert (status, back["state"]) == (302, "s1")
    status, tokens = await by_code(server, session, back["code"])
    assert (status, tokens["expires_in"], tokens["token_type"]) == (200, 1800, "Bearer")
    assert set(tokens["scope"].split()) == set(DEFAULT_SCOPE.split())
    assert tokens["access_token"].count(".") == 2
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    async with session.get(f"{server.api_url}/connections", headers=headers) as answer:
        connections = await answer.json()
    assert [it["tenantName"] for it in connections] == ["Sample Packaging Pte Ltd", "Other books"]
    assert {it["tenantType"] for it in connections} == {"ORGANISATION"}
    async with session.delete(f"{server.api_url}/connections/{connections[1]['id']}", headers=headers) as answer:
        assert answer.status == 204
    assert [it.tenant_id for it in server.connections.values()] == [server.organisation.tenant_id]
    assert server.refusals == []


async def test_a_code_is_good_once_for_five_minutes_and_for_its_address(
    server: XeroServer, session: aiohttp.ClientSession, clock: Clock
) -> None:
    invalid = (400, {"error": "invalid_grant"})
    code = (await consent(server, session))[1]["code"]
    assert (await by_code(server, session, code))[0] == 200
    assert await by_code(server, session, code) == invalid
    code = (await consent(server, session))[1]["code"]
    assert await by_code(server, session, code, redirect_uri="https://desk.example/elsewhere") == invalid
    code = (await consent(server, session))[1]["code"]
    clock.on(minutes=5)
    assert await by_code(server, session, code) == invalid
    assert len(server.refusals) == 3


async def test_a_challenge_has_to_be_met(server: XeroServer, session: aiohttp.ClientSession) -> None:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"verifier").digest()).rstrip(b"=").decode()
    proof = {"code_challenge": challenge, "code_challenge_method": "S256"}
    code = (await consent(server, session, **proof))[1]["code"]
    assert (await by_code(server, session, code, code_verifier="other"))[0] == 400
    code = (await consent(server, session, **proof))[1]["code"]
    assert (await by_code(server, session, code, code_verifier="verifier"))[0] == 200
    assert (await consent(server, session, code_challenge=challenge, code_challenge_method="plain"))[0] == 400


async def test_a_user_may_say_no(server: XeroServer, session: aiohttp.ClientSession) -> None:
    server.denies = True
    assert await consent(server, session) == (302, {"error": "access_denied", "state": "s1"})
    assert server.connections == {}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_id": "other"}, "unauthorized_client"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"redirect_uri": "https://elsewhere.example"}, "invalid_request"),
        ({"state": ""}, "invalid_request"),
        ({"scope": "accounting.transactions offline_access"}, "invalid_scope"),
        ({"scope": "accounting.reports.read"}, "invalid_scope"),
        ({"scope": "accounting.invoice"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
async def test_consent_is_asked_for_in_order(
    server: XeroServer, session: aiohttp.ClientSession, change: dict[str, str], error: str
) -> None:
    server.redirect_uris = {BACK}
    status, body = await consent(server, session, **change)
    assert (status, body["error"], len(server.refusals)) == (400, error, 1)


async def test_an_old_app_has_broad_scopes() -> None:
    async with XeroServer(old_app=True) as server, aiohttp.ClientSession() as session:
        status, back = await consent(server, session, scope="accounting.transactions offline_access")
        assert status == 302
        call = Caller(server, session)
        call.token = (await by_code(server, session, back["code"]))[1]["access_token"]
        assert (await call("GET", "/api.xro/2.0/Invoices"))[0] == 200
        assert (await call("GET", CONTACTS))[0] == 401


async def test_a_refresh_token_rotates_with_grace(
    server: XeroServer, session: aiohttp.ClientSession, clock: Clock
) -> None:
    first = server.connect()["refresh_token"]
    status, second = await refreshed(server, session, first)
    assert (status, second["refresh_token"] != first) == (200, True)
    clock.on(minutes=29)
    status, third = await refreshed(server, session, first)
    assert (status, third["refresh_token"] in (first, second["refresh_token"])) == (200, False)
    clock.on(minutes=1)
    assert await refreshed(server, session, first) == (400, {"error": "invalid_grant"})
    assert (await refreshed(server, session, second["refresh_token"]))[0] == 200
    assert [request.route for request in server.refusals] == ["token"]


async def test_a_refresh_token_lasts_sixty_days(
    server: XeroServer, session: aiohttp.ClientSession, clock: Clock
) -> None:
    value = server.connect()["refresh_token"]
    clock.on(days=60, seconds=-1)
    status, answer = await refreshed(server, session, value)
    assert status == 200
    clock.on(days=60)
    assert await refreshed(server, session, answer["refresh_token"]) == (400, {"error": "invalid_grant"})
    assert (server.refusals, len(server.conflicts)) == ([], 1)


async def test_without_offline_access_there_is_no_refresh_token(server: XeroServer) -> None:
    assert "refresh_token" not in server.connect(scope="accounting.invoices")


async def test_a_client_shows_itself_by_basic_authentication(
    server: XeroServer, session: aiohttp.ClientSession
) -> None:
    value = server.connect()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": value}
    inside = form | {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    other = {"Authorization": aiohttp.encode_basic_auth(CLIENT_ID, "other")}
    assert await token(server, session, headers=other, **form) == (401, {"error": "invalid_client"})
    assert await token(server, session, headers={}, **inside) == (401, {"error": "invalid_client"})
    server.credentials_in_body = True
    assert (await token(server, session, headers={}, **inside))[0] == 200
    assert await token(server, session, grant_type="password") == (400, {"error": "unsupported_grant_type"})


async def test_an_access_token_runs_out_after_half_an_hour(
    server: XeroServer, session: aiohttp.ClientSession, clock: Clock
) -> None:
    call = Caller(server, session)
    clock.on(minutes=29, seconds=59)
    assert (await call("GET", CONTACTS))[0] == 200
    clock.on(seconds=1)
    status, body, _ = await call("GET", CONTACTS)
    assert (status, body["Title"], body["Status"], body["Type"]) == (401, "Unauthorized", 401, None)
    assert body["Detail"] == "TokenExpired: token expired at 11/23/2026 04:30:00"
    call.token = server.connect()["access_token"]
    assert (await call("GET", CONTACTS))[0] == 200
    server.expire_access()
    assert (await call("GET", CONTACTS))[0] == 401
    assert server.refusals == []


async def test_a_connection_can_be_lost(server: XeroServer, session: aiohttp.ClientSession) -> None:
    call, value = Caller(server, session), server.connect()["refresh_token"]
    server.revoke()
    status, body, _ = await call("GET", CONTACTS)
    assert (status, body["Detail"]) == (403, "AuthenticationUnsuccessful")
    assert (await call("GET", "/connections"))[1] == []
    assert await refreshed(server, session, value) == (400, {"error": "invalid_grant"})
    assert server.refusals == []
    assert (await refreshed(server, session, server.connect()["refresh_token"]))[0] == 200


async def test_the_app_can_end_a_connection_itself(server: XeroServer, session: aiohttp.ClientSession) -> None:
    value = server.connect()["refresh_token"]
    async with session.post(f"{server.url}/connect/revocation", data={"token": value}, headers=BASIC) as answer:
        assert answer.status == 200
    assert (await refreshed(server, session, value))[0] == 400
    assert server.connections == {}


async def test_secrets_are_not_in_the_log(server: XeroServer, session: aiohttp.ClientSession) -> None:
    value = server.connect()["refresh_token"]
    await refreshed(server, session, value)
    assert value not in repr(server.requests)
    assert BASIC["Authorization"] not in repr(server.requests)


async def test_the_token_endpoint_fails_as_ordered(server: XeroServer, session: aiohttp.ClientSession) -> None:
    session._retry_connection = False
    value = server.connect()["refresh_token"]
    server.faults.next("token", "503")
    server.faults.next("token", "reset_after")
    async with session.post(server.token_url, headers=BASIC) as answer:
        assert answer.status == 503
    with pytest.raises(aiohttp.ClientError):
        await refreshed(server, session, value)
    # The answer was lost, the token used: the grace period is what saves the client.
    assert (await refreshed(server, session, value))[0] == 200
