"""Handlers of the outbox's jobs: what each kind of job does."""

from collections.abc import Iterable
from typing import Any

import structlog

from bot.ports import ClaimedJob
from channels.contract import Channel
from core.domain.messages import ChatRef, Choice, Reply
from core.errors import DeliveryRefused

log = structlog.get_logger(__name__)


class ReplySender:
    """Delivers "reply" jobs to the channel that their chat belongs to.

    Payload: `{"chat": {"channel", "sender", "session"}, "text",
    "choices": [{"id", "title", "description"}]}`.
    """

    def __init__(self, channels: Iterable[Channel]) -> None:
        self._channels = {channel.name: channel for channel in channels}

    async def __call__(self, job: ClaimedJob) -> None:
        """Send the reply. Raises DeliveryFailed or DeliveryRefused."""
        chat, reply = _read(job.payload)
        channel = self._channels.get(chat.channel)
        if channel is None:
            raise DeliveryRefused(f"channel {chat.channel!r} is not configured")
        await channel.send(chat, reply, job.key)


async def note_for_staff(job: ClaimedJob) -> None:
    """A "staff" job: until a staff channel is configured, the log and `resupply chats list` show it."""
    log.warning("staff_needed", job_id=job.job_id, lane=job.lane)


def _read(payload: Any) -> tuple[ChatRef, Reply]:
    """The chat and reply of a payload. Raises DeliveryRefused when it is malformed."""
    try:
        chat = ChatRef(**payload["chat"])
        choices = tuple(Choice(**choice) for choice in payload.get("choices", ()))
        return chat, Reply(payload["text"], choices)
    except (KeyError, TypeError) as error:
        raise DeliveryRefused(f"malformed reply job: {error}") from None
