"""Handlers of the outbox's jobs: what each kind of job does."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import structlog

from bot.documents import Documents
from bot.ports import ClaimedJob, DeskStore
from channels.contract import Channel, File, Outgoing
from core.domain.messages import ChatRef, Choice, Reply
from core.errors import DeliveryFailed, DeliveryRefused, DeskError, Disposition, Unreachable
from core.ports import Accounting, Clock

log = structlog.get_logger(__name__)

_CONNECTED = "connected"


class ReplySender:
    """Delivers "reply" jobs to the channel that their chat belongs to.

    Payload: `{"channel", "to", "session", "text", "choices": [{"id", "title", "description"}], "card", "closes",
    "tapped", "template", "document"}`; the last five may be left out. With a `document` (an order's number) its invoice
    is sent as a file that is named by the text. A chat that turns out to be unreachable is marked so, and is sent
    nothing more until its customer has written again and a send has worked.
    """

    def __init__(
        self, channels: Iterable[Channel], store: DeskStore, clock: Clock, documents: Documents | None = None
    ) -> None:
        self._channels = {channel.name: channel for channel in channels}
        self._troubled: set[str] = set()
        self._store = store
        self._clock = clock
        self._documents = documents

    def state_of(self, name: str, state: str) -> str:
        """A channel's own `state`, unless it is well and the last reply sent on it failed."""
        return "degraded: the last reply could not be sent" if state == _CONNECTED and name in self._troubled else state

    async def __call__(self, job: ClaimedJob) -> None:
        """Send the reply. Raises DeliveryFailed, DeliveryRefused or Unreachable."""
        message = outgoing(job.key, job.payload)
        channel = self._channels.get(message.chat.channel)
        if channel is None:
            raise DeliveryRefused(f"channel {message.chat.channel!r} is not configured")
        mark = await self._store.reach_of(message.chat)
        if mark is not None and not mark.wrote_since:
            raise Unreachable(f"not sent: the customer has {mark.reason}", mark.reason)
        if message.reply.document:
            message = replace(message, file=await self._file(message.reply))
        try:
            await channel.send(message)
        except Unreachable as error:
            self._troubled.discard(channel.name)
            await self._store.set_reach(message.chat, error.reason, self._clock.now())
            raise
        except DeliveryFailed as error:
            if error.retry_after is None:  # where it is set the provider answered, and named its time
                self._troubled.add(channel.name)
            raise
        self._troubled.discard(channel.name)
        if mark is not None:
            await self._store.set_reach(message.chat, None, self._clock.now())

    async def _file(self, reply: Reply) -> File:
        if self._documents is None:
            raise DeliveryRefused("there are no documents to send")
        return await self._documents.file(reply.document, reply.text)


class InvoiceMaker:
    """Invoices the order of an "invoice" job: `{"order": "RS-10001"}`. Repeating it changes nothing.

    The order is read when the job is done, so that a late job invoices it as it stands by then.
    """

    def __init__(self, store: DeskStore, accounting: Accounting) -> None:
        self._store = store
        self._accounting = accounting

    async def __call__(self, job: ClaimedJob) -> None:
        """Make, amend or void the invoice. Raises DeliveryRefused for what only a person can settle."""
        number = job.payload.get("order")
        order = await self._store.order(number) if isinstance(number, str) else None
        if order is None or order.outlet is None:
            raise DeliveryRefused(f"there is no order {number!r} with an outlet to invoice")
        outlet = await self._store.outlet(order.outlet)
        if outlet is None:
            raise DeliveryRefused(f"outlet {order.outlet} of order {number} is not known any more")
        try:
            await self._accounting.invoice(order, outlet)
        except DeliveryFailed:
            raise
        except DeskError as error:
            if error.disposition is Disposition.RETRY:
                raise DeliveryFailed(str(error)) from error
            raise DeliveryRefused(str(error)) from error


async def note_for_staff(job: ClaimedJob) -> None:
    """A "staff" job where no staff group is configured: the log and `resupply chats list` show who is wanted."""
    log.warning("staff_needed", job_id=job.job_id, about=job.payload.get("about"), lane=job.lane)


def outgoing(key: str, payload: Mapping[str, Any]) -> Outgoing:
    """The message of a "reply" job. Raises DeliveryRefused when it is malformed."""
    try:
        chat = ChatRef(payload["channel"], payload["to"], payload.get("session", ""))
        choices = tuple(Choice(**choice) for choice in payload.get("choices", ()))
        reply = Reply(
            payload["text"],
            choices,
            payload.get("card", ""),
            bool(payload.get("closes")),
            payload.get("document", ""),
        )
        return Outgoing(chat, reply, key, payload.get("tapped", ""), bool(payload.get("template")))
    except (KeyError, TypeError) as error:
        raise DeliveryRefused(f"malformed reply job: {error}") from None
