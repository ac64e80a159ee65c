"""Endpoints for claims about deliveries, behind the API key: what is open, what was sent with one, settling it."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.handoff import Unsubscribed
from bot.http.access import KeyCheck
from bot.http.errors import ApiError, invalid
from bot.http.staff_requests import as_json, asked_number, words_if_given, words_in
from bot.ports import ClaimFile, ClaimRow, DeskStore
from bot.settling import SettledAlready, UnknownClaim, settle
from core.domain.messages import ChatRef
from core.ports import Clock

_STATES = ("open", "settled")


class StaffClaims:
    """The handlers. `stir` is told of a chat in which the customer was told, so that it is delivered at once."""

    def __init__(self, store: DeskStore, clock: Clock, max_chars: int, stir: Callable[[ChatRef], None]) -> None:
        self._store = store
        self._clock = clock
        self._max_chars = max_chars
        self._stir = stir

    def add_to(self, app: web.Application, keys: KeyCheck) -> None:
        """Add the routes."""
        app.router.add_get("/api/claims", keys.guard(self.claims))
        app.router.add_get("/api/claims/{id}", keys.guard(self.claim))
        app.router.add_post("/api/claims/{id}/settle", keys.guard(self.settle))

    async def claims(self, request: web.Request) -> web.StreamResponse:
        """GET /api/claims?state=&limit=: newest first; `?state=open` only those that wait to be settled."""
        state = request.query.get("state") or None
        if state is not None and state not in _STATES:
            raise invalid(f"state must be {' or '.join(_STATES)}.")
        rows = await self._store.claim_rows(state, asked_number(request, "limit", 100))
        return as_json({"claims": [_claim_json(row) for row in rows]})

    async def claim(self, request: web.Request) -> web.StreamResponse:
        """GET /api/claims/{id}: a claim, and where the files that came with it are in their chats."""
        row = await self._store.claim_row(request.match_info["id"])
        if row is None:
            raise _no_claim()
        return as_json({**_claim_json(row), "files": [_file_json(file) for file in await self._store.claim_files(row)]})

    async def settle(self, request: web.Request) -> web.StreamResponse:
        """POST /api/claims/{id}/settle `{"note", "tell"}`: settle it; with `tell` that is said to the customer."""
        note = await words_in(request, "note", "how the claim was settled", self._max_chars)
        tell = await words_if_given(request, "tell", "what to say to the customer", self._max_chars)
        try:
            done = await settle(self._store, request.match_info["id"], note, self._clock.now(), tell)
        except UnknownClaim:
            raise _no_claim() from None
        except (SettledAlready, Unsubscribed) as error:
            raise ApiError(409, error.code, str(error)) from None
        if done.told is not None:
            self._stir(done.told.chat)
        return as_json({"id": done.claim_id, "state": "settled", "told": done.told is not None, "queued": done.queued})


def _no_claim() -> ApiError:
    return ApiError(404, "not_found", "There is no such claim.")


def _claim_json(row: ClaimRow) -> dict[str, Any]:
    claim = row.claim
    return {
        "id": claim.id,
        "order": claim.order,
        "outlet": claim.outlet,
        "kind": claim.kind.value,
        "sku": claim.sku or None,
        "said": claim.said,
        "chat_id": row.chat_id,
        "state": row.state,
        "made_at": row.made_at.isoformat(),
        "note": row.note,
        "settled_at": row.settled_at.isoformat() if row.settled_at else None,
    }


def _file_json(found: ClaimFile) -> dict[str, Any]:
    file = found.file
    where = {"chat_id": found.chat_id, "seq": found.seq, "index": found.index}
    return {**where, "name": file.name, "content_type": file.content_type, "size": file.size}
