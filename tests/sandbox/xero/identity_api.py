"""Xero's identity service: consent, tokens and connections."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from tests.sandbox.xero.organisations import Organisation
from tests.sandbox.xero.records import new_id
from tests.sandbox.xero.refusals import Refused, forbidden, not_found, oauth, unauthorized
from tests.sandbox.xero.state import CLIENT_ID, CLIENT_SECRET, Connection, State
from tests.sandbox.xero.tokens import (
    ACCESS_LIFE,
    BROAD,
    CODE_LIFE,
    DEFAULT_SCOPE,
    GRANULAR,
    REFRESH_LIFE,
    Access,
    Code,
    Refresh,
    jwt,
)
from tests.sandbox.xero.wire import Json, json_answer


class IdentityApi(State):
    """Authorize, token, revocation and connections.

    `consents` are the organisations that the user ticks at the next consent (the first one by default), `denies`
    makes them say no. `redirect_uris`, where set, are those registered with the app.
    """

    client_id, client_secret = CLIENT_ID, CLIENT_SECRET

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.consents: list[Organisation] = [self.organisation]
        self.denies = False
        self.redirect_uris: set[str] = set()
        self.credentials_in_body = False
        self._codes: dict[str, Code] = {}
        self._access: dict[str, Access] = {}
        self._refresh: dict[str, Refresh] = {}

    def connect(self, *, scope: str = DEFAULT_SCOPE, organisations: Iterable[Organisation] | None = None) -> Json:
        """Consent and code and all in one step: the answer of the token endpoint."""
        event = self._consent(organisations)
        return self._issue(scope, event)

    def revoke(self) -> None:
        """The user disconnects the app: no tenant is connected, and no refresh token is good."""
        self.connections.clear()
        for token in self._refresh.values():
            token.revoked = True

    def disconnect(self, organisation: Organisation) -> None:
        """The user disconnects one organisation; tokens go on for the others."""
        self.connections = {id: it for id, it in self.connections.items() if it.tenant_id != organisation.tenant_id}

    def expire_access(self) -> None:
        """All access tokens are over."""
        for token in self._access.values():
            token.expires = min(token.expires, self.now())

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        if query.get("client_id") != self.client_id:
            raise oauth("unauthorized_client")
        target = query.get("redirect_uri", "")
        if not urlsplit(target).netloc or (self.redirect_uris and target not in self.redirect_uris):
            raise oauth("invalid_request", error_description="Invalid redirect_uri")
        if query.get("response_type") != "code":
            raise oauth("unsupported_response_type")
        if not query.get("state"):
            raise oauth("invalid_request", error_description="state is missing")
        scope = self._checked_scope(query.get("scope", ""))
        challenge, method = query.get("code_challenge", ""), query.get("code_challenge_method", "")
        if challenge and method != "S256":
            raise oauth("invalid_request", error_description="Transform algorithm not supported")
        if self.denies:
            raise _redirect(target, {"error": "access_denied", "state": query["state"]})
        code = Code(target, scope, self._consent(None), self.now(), challenge, method)
        self._codes[code.value] = code
        raise _redirect(target, {"code": code.value, "scope": scope, "state": query["state"]})

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self._authenticate_client(request, form)
        match form.get("grant_type"):
            case "authorization_code":
                return json_answer(self._by_code(form))
            case "refresh_token":
                return json_answer(self._by_refresh(form.get("refresh_token", "")))
        raise oauth("unsupported_grant_type")

    async def _revocation(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self._authenticate_client(request, form)
        if token := self._refresh.get(form.get("token", "")):
            self.revoke()
            token.revoked = True
        return web.Response(status=200)

    async def _list_connections(self, request: web.Request) -> web.StreamResponse:
        self._bearer(request)
        event = request.query.get("authEventId")
        return json_answer([self._shown(it) for it in self.connections.values() if event in (None, it.auth_event_id)])

    async def _delete_connection(self, request: web.Request) -> web.StreamResponse:
        self._bearer(request)
        if self.connections.pop(request.path.rsplit("/", 1)[1].lower(), None) is None:
            raise not_found()
        return web.Response(status=204)

    def _bearer(self, request: web.Request, *scopes: str) -> None:
        """Let a request pass whose access token is good, and carries one of the scopes (where any is asked for)."""
        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        token = self._access.get(value)
        if kind != "Bearer" or token is None:
            raise unauthorized("AuthenticationUnsuccessful")
        if token.expires <= self.now():
            raise unauthorized(f"TokenExpired: token expired at {token.expires:%m/%d/%Y %H:%M:%S}", wrong=False)
        if scopes and not token.scope & set(scopes):
            raise unauthorized("AuthorizationUnsuccessful", scope=True)

    def _admit(self, request: web.Request, *scopes: str) -> Organisation:
        """The tenant of a request that may do what one of the scopes allows. Raises Refused (401, 403)."""
        self._bearer(request, *scopes)
        tenant_id = request.headers.get("xero-tenant-id", "")
        if not any(it.tenant_id == tenant_id for it in self.connections.values()):
            known = any(organisation.tenant_id == tenant_id for organisation in self.organisations)
            raise forbidden(wrong=not known)
        return self.organisation_of(tenant_id)

    def _by_code(self, form: Mapping[str, str]) -> Json:
        code = self._codes.get(form.get("code", ""))
        if code is None or code.used or self.now() - code.at >= CODE_LIFE:
            raise oauth("invalid_grant")
        code.used = True
        if form.get("redirect_uri") != code.redirect_uri or not _proven(code, form.get("code_verifier", "")):
            raise oauth("invalid_grant")
        return self._issue(code.scope, code.auth_event_id)

    def _by_refresh(self, value: str) -> Json:
        token, now = self._refresh.get(value), self.now()
        if token is None:
            raise oauth("invalid_grant")
        if not token.good(now):
            raise oauth("invalid_grant", wrong=not token.revoked and now < token.expires)
        token.used = token.used or now
        return self._issue(token.scope, token.auth_event_id)

    def _issue(self, scope: str, event: str) -> Json:
        now, names = self.now(), self._checked_scope(scope).split()
        answer: Json = {
            "access_token": self._new_access(names, event, now),
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            "token_type": "Bearer",
            "scope": " ".join(names),
        }
        if "openid" in names:
            answer["id_token"] = jwt({"iss": "https://identity.xero.com", "aud": self.client_id, "sub": "u"})
        if "offline_access" in names:
            token = Refresh(scope, event, now + REFRESH_LIFE)
            self._refresh[token.value] = token
            answer["refresh_token"] = token.value
        return answer

    def _new_access(self, names: list[str], event: str, now: datetime) -> str:
        expires = now + ACCESS_LIFE
        claims = {
            "nbf": int(now.timestamp()),
            "exp": int(expires.timestamp()),
            "iss": "https://identity.xero.com",
            "aud": "https://identity.xero.com/resources",
            "client_id": self.client_id,
            "jti": new_id(),
            "authentication_event_id": event,
            "scope": names,
        }
        token = Access(jwt(claims), frozenset(names), expires)
        self._access[token.value] = token
        return token.value

    def _consent(self, organisations: Iterable[Organisation] | None) -> str:
        event, now = new_id(), self.now()
        for organisation in self.consents if organisations is None else organisations:
            same = [it for it in self.connections.values() if it.tenant_id == organisation.tenant_id]
            connection = same[0] if same else Connection(new_id(), organisation.tenant_id, event, now, now)
            connection.auth_event_id, connection.updated = event, now
            self.connections[connection.id] = connection
        return event

    def _checked_scope(self, scope: str) -> str:
        names = scope.split()
        known = GRANULAR | BROAD if self.old_app else GRANULAR
        if not names or not set(names) <= known:
            raise oauth("invalid_scope", error_description="Invalid scope for client")
        return " ".join(names)

    def _authenticate_client(self, request: web.Request, form: Mapping[str, str]) -> None:
        wanted = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if request.headers.get("Authorization") == f"Basic {wanted}":
            return
        in_body = (form.get("client_id"), form.get("client_secret")) == (self.client_id, self.client_secret)
        if not (in_body and self.credentials_in_body):
            raise oauth("invalid_client", 401)

    def _shown(self, connection: Connection) -> Json:
        return {
            "id": connection.id,
            "authEventId": connection.auth_event_id,
            "tenantId": connection.tenant_id,
            "tenantType": "ORGANISATION",
            "tenantName": self.organisation_of(connection.tenant_id).name,
            "createdDateUtc": _plain(connection.created),
            "updatedDateUtc": _plain(connection.updated),
        }


def _plain(moment: datetime) -> str:
    """A moment in UTC that does not say so, with Xero's seven digits."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0"


def _proven(code: Code, verifier: str) -> bool:
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return not code.challenge or code.challenge == digest


def _redirect(target: str, query: Mapping[str, str]) -> Refused:
    glue = "&" if urlsplit(target).query else "?"
    return Refused(302, "", None, {"Location": f"{target}{glue}{urlencode(query)}"}, wrong=False)
