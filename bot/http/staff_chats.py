"""Endpoints for chats, behind the API key: who waits, what was said, files, taking over, answering, releasing."""

import mimetypes
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import web

from bot.handoff import Unsubscribed, answer_chat, release_chat, session_of, take_chat, waiting_for_a_person
from bot.http.access import KeyCheck
from bot.http.errors import ApiError, unavailable
from bot.http.staff_requests import as_json, asked_number, chat_id_of, flag, no_chat, number_in, words_in
from bot.ports import ChatRow, DeskStore, TranscriptLine
from channels.contract import Channel
from core.domain.messages import Attachment, ChatRef
from core.errors import Busy, DeliveryFailed, MediaProblem
from core.ports import Clock

_MOST_LINES = 500
_LAST_SEQ = 2**31 - 1
_LONGEST_NAME = 80
_SOMEONE = "staff"
_BINARY = "application/octet-stream"
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}", re.ASCII | re.IGNORECASE)
_UNUSUAL = re.compile(r"[^A-Za-z0-9._ ()-]", re.ASCII)


class StaffChats:
    """The handlers. `stir` is told of a chat in which staff wrote, so that it shows and is delivered at once.

    `channels` are where customers' files lie, by name; of a file at most `media_bytes` are taken.
    """

    def __init__(
        self,
        store: DeskStore,
        clock: Clock,
        max_chars: int,
        stir: Callable[[ChatRef], None],
        channels: Mapping[str, Channel],
        media_bytes: int,
    ) -> None:
        self._store = store
        self._clock = clock
        self._max_chars = max_chars
        self._stir = stir
        self._channels = channels
        self._media_bytes = media_bytes

    def add_to(self, app: web.Application, keys: KeyCheck) -> None:
        """Add the routes."""
        app.router.add_get("/api/chats", keys.guard(self.chats))
        app.router.add_post("/api/chats/{id}/take", keys.guard(self.take))
        app.router.add_post("/api/chats/{id}/release", keys.guard(self.release))
        app.router.add_get("/api/chats/{id}/messages", keys.guard(self.messages))
        app.router.add_post("/api/chats/{id}/messages", keys.guard(self.say))
        app.router.add_get("/api/chats/{id}/messages/{seq}/attachments/{n}", keys.guard(self.attachment))

    async def chats(self, request: web.Request) -> web.StreamResponse:
        """GET /api/chats: newest first; `?handoff=true` only those waiting for a person."""
        rows = await self._store.chat_rows(
            limit=asked_number(request, "limit", 100), for_a_person=flag(request, "handoff")
        )
        return as_json({"chats": [_chat_json(row) for row in rows]})

    async def take(self, request: web.Request) -> web.StreamResponse:
        """POST /api/chats/{id}/take `{"by"}`: the desk is silent there until it is released."""
        chat_id, by = chat_id_of(request), _SOMEONE
        if request.can_read_body:
            by = await words_in(request, "by", "who takes the chat", _LONGEST_NAME)
        try:
            row = await take_chat(self._store, chat_id, by, self._clock.now())
        except Busy as error:
            raise unavailable(str(error)) from None
        if row is None:
            raise no_chat()
        self._stir(row.chat)
        return as_json({"id": row.chat_id, "handoff": True})

    async def release(self, request: web.Request) -> web.StreamResponse:
        """POST /api/chats/{id}/release: give a chat back to the desk."""
        try:
            row = await release_chat(self._store, chat_id_of(request))
        except Busy as error:
            raise unavailable(str(error)) from None
        if row is None:
            raise no_chat()
        return as_json({"id": row.chat_id, "handoff": False})

    async def messages(self, request: web.Request) -> web.StreamResponse:
        """GET /api/chats/{id}/messages?after=&limit=&newest=: what was said, and how far each reply got."""
        chat_id = chat_id_of(request)
        after = asked_number(request, "after", 0, least=0, most=_LAST_SEQ)
        limit = asked_number(request, "limit", 100, most=_MOST_LINES)
        lines = await self._store.transcript(chat_id, after, limit, newest=flag(request, "newest"))
        if not lines and await self._store.chat(chat_id) is None:
            raise no_chat()
        return as_json({"id": chat_id, "messages": [_line_json(line) for line in lines]})

    async def say(self, request: web.Request) -> web.StreamResponse:
        """POST /api/chats/{id}/messages `{"text"}`: write into a chat as a person of the supplier's."""
        chat_id = chat_id_of(request)
        text = await words_in(request, "text", "what to say to the customer", self._max_chars)
        try:
            said = await answer_chat(self._store, chat_id, text, self._clock.now())
        except Unsubscribed as error:
            raise ApiError(409, error.code, str(error)) from None
        if said is None:
            raise no_chat()
        self._stir(said.row.chat)
        return as_json({"id": chat_id, "seq": said.seq, "queued": said.queued})

    async def attachment(self, request: web.Request) -> web.StreamResponse:
        """GET /api/chats/{id}/messages/{seq}/attachments/{n}: a customer's file, had from its provider now."""
        row = await self._store.chat(chat_id_of(request))
        seq, index = number_in(request, "seq", "A message's seq"), number_in(request, "n", "An attachment's index")
        lines = await self._store.transcript(row.chat_id, seq - 1, 1) if row and 0 < seq <= _LAST_SEQ else ()
        files = [file for line in lines if line.seq == seq for file in line.attachments]
        if row is None or index >= len(files):
            raise ApiError(404, "not_found", "There is no such attachment.")
        file = files[index]
        body = await self._fetched(row.chat.channel, file)
        kind = file.content_type if _TYPE.fullmatch(file.content_type) else _BINARY
        headers = {
            "Content-Type": kind,
            "Content-Disposition": _disposition(
                file.name or f"file-{seq}-{index}{mimetypes.guess_extension(kind) or ''}"
            ),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
        }
        return web.Response(body=body, headers=headers)

    async def _fetched(self, name: str, file: Attachment) -> bytes:
        """The file. Raises ApiError 502 when it cannot be had."""
        channel = self._channels.get(name)
        if channel is None:
            raise ApiError(502, "media", f"The channel {name} is not configured.")
        try:
            return await channel.fetch(file, self._media_bytes)
        except (MediaProblem, DeliveryFailed) as error:
            raise ApiError(502, "media", f"The file cannot be had: {error}") from None


def _chat_json(row: ChatRow) -> dict[str, Any]:
    session, why = session_of(row), waiting_for_a_person(row)
    return {
        "id": row.chat_id,
        "channel": row.chat.channel,
        "sender": row.chat.sender,
        "session_id": row.chat.session,
        "outlet": session.outlet,
        "waiting": row.waiting,
        "parked": row.parked,
        "last_at": row.last_at.isoformat() if row.last_at else None,
        "handoff": session.handoff is not None,
        "reason": why.reason if why else None,
        "since": why.since.isoformat() if why and why.since else None,
        "reach": row.reach,
    }


def _line_json(line: TranscriptLine) -> dict[str, Any]:
    return {
        "seq": line.seq,
        "direction": line.direction,
        "kind": line.kind,
        "text": line.text,
        "choices": [dict(choice) for choice in line.choices],
        "at": line.at.isoformat(),
        "author": line.author,
        "by": line.by,
        "state": line.state,
        "quoted": line.quoted,
        "attachments": [
            {"index": n, "name": file.name, "content_type": file.content_type, "size": file.size}
            for n, file in enumerate(line.attachments)
        ],
        "delivery": [
            {
                "part": part.part,
                "status": part.status,
                "error_code": part.error_code,
                "error": part.error,
                "at": part.at.isoformat(),
            }
            for part in line.delivery
        ],
    }


def _disposition(name: str) -> str:
    """The header that makes a browser save a file, under the customer's name for it (RFC 6266)."""
    plain = name.replace("\\", "/").rpartition("/")[2].strip(". ")[-120:] or "file"
    return f"attachment; filename=\"{_UNUSUAL.sub('_', plain)}\"; filename*=UTF-8''{quote(plain, safe='')}"
