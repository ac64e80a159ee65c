"""Messages that a provider took and then could not deliver: what is done about each, and by whom."""

from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from bot.dispatcher import Handler
from bot.documents import DocumentAway
from bot.handoff import session_of
from bot.ports import ClaimedJob
from bot.reminders.failover import Failover, occasions_of
from bot.storage.deliveries import DeliveryChange
from bot.storage.delivery_keys import AGAIN, TEMPLATE
from bot.storage.store import SqlStore
from channels.contract import Status
from channels.whatsapp.problems import Remedy, remedy
from core.domain.messages import ChatRef
from core.errors import DeliveryFailed, DeliveryRefused, Unreachable
from core.ports import Clock, Job

log = structlog.get_logger(__name__)

_SOON = 60.0
_FILE_SOON = 2.0
# 63038 is a limit of a rolling day (Twilio, "63038: Account exceeded the daily messages limit").
_LATER = {63038: 3_600.0}


class Report(Protocol):
    """What a provider says of a message of ours."""

    @property
    def sid(self) -> str: ...
    @property
    def status(self) -> Status: ...
    @property
    def error_code(self) -> int | None: ...
    @property
    def error(self) -> str: ...


async def note_status(store: SqlStore, channel: str, report: Report) -> DeliveryChange | None:
    """Record a provider's report, and where the message failed by it leave the job that deals with that.

    Both are one transaction. None where the report says nothing new.
    """
    code = str(report.error_code) if report.error_code else None
    payload = {"channel": channel, "provider_id": report.sid, "error_code": code, "error": report.error}
    name = f"undelivered:{channel}:{report.sid}"
    change = await store.record_status(
        channel,
        report.sid,
        report.status,
        code,
        report.error or None,
        on_failure=Job("undelivered", name, name, payload),
    )
    if change is not None and change.status is Status.FAILED:
        log.warning("message_undelivered", channel=channel, error_code=code)
    return change


class Undelivered:
    """Does "undelivered" jobs: `{"channel", "provider_id", "error_code", "error"}`. Repeating one changes nothing.

    Outside the 24-hour window the reply goes out once more under the template, over a limit once more later; a
    customer who blocked the desk or opted out is marked so. A reminder then goes to the next chat, by `failover`.
    Everything else is for a person.
    """

    def __init__(self, store: SqlStore, clock: Clock, failover: Failover | None = None) -> None:
        self._store = store
        self._clock = clock
        self._failover = failover

    async def __call__(self, job: ClaimedJob) -> None:
        """Raises DeliveryFailed while the message is not on record, DeliveryRefused for what a person must see."""
        code = _number(job.payload.get("error_code"))
        found = await self._store.by_provider_id(str(job.payload.get("channel")), str(job.payload.get("provider_id")))
        if found is None:
            raise DeliveryFailed("the failed message is not on record (yet)")
        sent, chat = found
        reply = await self._store.job_of(sent.key)
        asked = remedy(code)
        if asked in (Remedy.OPTED_OUT, Remedy.BLOCKED):
            await self._store.set_reach(chat, asked.value, self._clock.now())
            await self._elsewhere(job, chat, reply)
        elif asked is Remedy.TEMPLATE and reply is not None and not reply.payload.get("template"):
            template = {**reply.payload, "template": True}
            await self._store.add_job(Job("reply", sent.key + TEMPLATE, reply.lane, template))
        elif asked is Remedy.LATER and reply is not None and AGAIN not in sent.key:
            # In a lane of its own: what the chat is sent meanwhile does not wait for it.
            again = Job("reply", sent.key + AGAIN, reply.lane + AGAIN, reply.payload)
            await self._store.add_job(again, _LATER.get(code or 0, _SOON))
        elif not await self._elsewhere(job, chat, reply):
            await _tell_staff(self._store, sent.key, chat, reply.payload if reply else {}, _said(job))
            raise DeliveryRefused(f"not delivered, {_said(job)}")

    async def _elsewhere(self, job: ClaimedJob, chat: ChatRef, reply: Job | None) -> bool:
        """Hand a reminder on to its next chat. False where the reply was something else."""
        occasions = occasions_of(reply.payload) if reply is not None and self._failover is not None else []
        for occasion in occasions:
            assert self._failover is not None
            await self._failover(occasion, chat, f"{chat.channel}: {_said(job)}")
        return bool(occasions)


class RefusalsTold:
    """Does "reply" jobs by `send`, and tells the staff of one that its provider refuses for good."""

    def __init__(self, send: Handler, store: SqlStore) -> None:
        self._send = send
        self._store = store

    async def __call__(self, job: ClaimedJob) -> None:
        """Raises what `send` raises."""
        try:
            await self._send(job)
        except Unreachable:
            raise
        except DeliveryRefused as error:
            chat = ChatRef(str(job.payload.get("channel")), str(job.payload.get("to")), job.payload.get("session", ""))
            await _tell_staff(self._store, job.key, chat, job.payload, str(error))
            raise


class FilesAside:
    """Does "reply" jobs by `send`; a file that cannot be had now waits in a lane of its own, and the chat goes on."""

    def __init__(self, send: Handler, store: SqlStore) -> None:
        self._send = send
        self._store = store

    async def __call__(self, job: ClaimedJob) -> None:
        """Raises what `send` raises."""
        try:
            await self._send(job)
        except DocumentAway:
            if job.lane.endswith(AGAIN):
                raise
            aside = Job("reply", job.key + AGAIN, job.lane + AGAIN, dict(job.payload))
            await self._store.add_job(aside, _FILE_SOON)


async def _tell_staff(store: SqlStore, key: str, chat: ChatRef, reply: Mapping[str, Any], error: str) -> None:
    """Once for a message, however many of its parts failed and however often it is tried."""
    row = await store.chat_of(chat)
    payload = {
        "about": "undelivered",
        "chat": row.chat_id if row else None,
        "outlet": session_of(row).outlet if row else None,
        "sender": chat.sender,
        "channel": chat.channel,
        "text": reply.get("text", ""),
        "error": error,
    }
    await store.add_job(Job("staff", f"undelivered:{key}:staff", "staff", payload))


def _number(code: Any) -> int | None:
    """A provider's error code; None where it is none that we know how to read."""
    text = str(code)
    return int(text) if text.isascii() and text.isdigit() else None


def _said(job: ClaimedJob) -> str:
    """What the provider gave as the reason."""
    return f"error {job.payload.get('error_code') or 'unknown'}: {job.payload.get('error') or 'no reason given'}"
