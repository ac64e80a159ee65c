"""SentLog in memory: as strict as the one on the database, for tests of a channel alone."""

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.contract import Sent, Status
from core.domain.messages import ChatRef


class MemorySentLog:
    """What was sent. `told` notes inbound messages for `last_inbound_at`."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
        self.rows: dict[tuple[str, int], tuple[ChatRef, Sent]] = {}
        self.contents: dict[str, str] = {}
        self.inbound: dict[str, datetime] = {}

    async def begin(self, chat: ChatRef, key: str, part: int) -> Sent | None:
        """As the contract says; each row begins a moment after the one before."""
        if (key, part) in self.rows:
            known_chat, sent = self.rows[key, part]
            assert known_chat == chat, "a key belongs to one chat"
            return copy.deepcopy(sent)
        self._now += timedelta(milliseconds=1)
        self.rows[key, part] = (chat, Sent(key, part, None, Status.SENDING, self._now))
        return None

    async def finish(self, key: str, part: int, provider_id: str, note: Mapping[str, Any] | None = None) -> None:
        """Refuses a part that was not begun. The newest part of an edited message has the provider's id."""
        chat, sent = self.rows[key, part]
        taken = await self.by_provider_id(chat.channel, provider_id)
        if taken is not None and (taken[0].key, taken[0].part) != (key, part):
            older, of = taken
            renamed = replace(older, provider_id=f"{provider_id}~{older.key}:{older.part}")
            self.rows[older.key, older.part] = (of, renamed)
        status = sent.status if sent.status is not Status.SENDING else Status.SENT
        self.rows[key, part] = (chat, replace(sent, provider_id=provider_id, status=status, note=_stored(note or {})))

    async def annotate(self, key: str, part: int, note: Mapping[str, Any]) -> None:
        """Refuses a part that was not begun."""
        chat, sent = self.rows[key, part]
        self.rows[key, part] = (chat, replace(sent, note=_stored(note)))

    async def forget(self, key: str, part: int) -> None:
        """Refuses a part that the provider took."""
        assert self.rows[key, part][1].provider_id is None, "it was sent"
        del self.rows[key, part]

    async def last_noted(self, chat: ChatRef, name: str) -> Sent | None:
        """The newest by the moment it was begun."""
        found = [sent for of, sent in self.rows.values() if of == chat and sent.note.get(name)]
        return copy.deepcopy(max(found, key=lambda sent: (sent.begun_at, sent.part))) if found else None

    async def by_provider_id(self, channel: str, provider_id: str) -> tuple[Sent, ChatRef] | None:
        """The part and its chat."""
        for chat, sent in self.rows.values():
            if chat.channel == channel and sent.provider_id == provider_id:
                return copy.deepcopy(sent), chat
        return None

    async def last_inbound_at(self, chat: ChatRef) -> datetime | None:
        """As `told` has it."""
        return self.inbound.get(chat.key)

    def told(self, chat: ChatRef, at: datetime) -> None:
        """The customer wrote at this moment."""
        self.inbound[chat.key] = at

    async def content(self, name: str) -> str | None:
        """As kept."""
        return self.contents.get(name)

    async def keep_content(self, name: str, provider_id: str | None) -> None:
        """Remember or forget."""
        if provider_id is None:
            self.contents.pop(name, None)
        else:
            self.contents[name] = provider_id


def _stored(note: Mapping[str, Any]) -> dict[str, Any]:
    """Through JSON, as a database keeps it."""
    stored: dict[str, Any] = json.loads(json.dumps(note))
    return stored
