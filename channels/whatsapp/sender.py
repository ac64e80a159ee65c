"""The WhatsApp channel: replies out through Twilio, each part once."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, timedelta

import structlog

from channels.contract import File, Outgoing, SentLog
from channels.whatsapp.addresses import address_of
from channels.whatsapp.client import Account, Twilio
from channels.whatsapp.contents import Contents
from channels.whatsapp.media import Media
from channels.whatsapp.parts import Note, Parts, Piece
from channels.whatsapp.pickers import Picker
from channels.whatsapp.problems import CONTENT_GONE, CONTENT_UNFIT, CallProblem, Refused, Remedy, desk_error, remedy
from channels.whatsapp.render import numbered, rendered
from channels.whatsapp.template import Template, as_variables
from core import wording
from core.domain.messages import Attachment, ChatRef
from core.errors import DeliveryRefused
from core.ports import Clock

log = structlog.get_logger(__name__)

STATUS_PATH = "/webhooks/whatsapp/status"
_WINDOW = timedelta(hours=24) - timedelta(minutes=5)
_TEMPLATE_PART = 99  # apart from the free-form parts, whose numbers a retry would use again
_TYPING_SECONDS = 3.0
_CHECK_AGAIN = 30.0
_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}\Z")
_LONGEST_LINK = 230  # a longer one would be cut off in a template's variable
_AS_PICKER: Note = {"picker": True}

OutletOf = Callable[[ChatRef], Awaitable[str | None]]


class WhatsAppChannel:
    """Sends through one WhatsApp sender of a Twilio account. Implements `channels.contract.Channel`.

    `public_url`: where Twilio reaches us with status callbacks; without it none are asked for. `template` is sent
    when a chat's 24-hour window is closed; `supplier` and the name that `outlet_of` gives stand in it.
    """

    def __init__(
        self,
        account: Account,
        sent_log: SentLog,
        clock: Clock,
        *,
        public_url: str | None = None,
        template: Template | None = None,
        supplier: str = "",
        outlet_of: OutletOf | None = None,
    ) -> None:
        sender = address_of(account.sender)
        if sender is None:
            raise ValueError("the WhatsApp sender must be a phone number such as +6531234567")
        self._log = sent_log
        self._clock = clock
        self._template = template
        self._supplier = supplier
        self._outlet_of = outlet_of
        self._twilio = Twilio(account)
        self._contents = Contents(self._twilio, sent_log)
        self._media = Media(self._twilio, account.api_url)
        callback = public_url.rstrip("/") + STATUS_PATH if public_url else None
        self._parts = Parts(self._twilio, sent_log, sender, callback)
        self._checking: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """The channel's name."""
        return "whatsapp"

    @property
    def state(self) -> str:
        """How the last call went: "starting", "connected" or "degraded: <reason>"."""
        return self._twilio.state

    async def start(self) -> None:
        """Ask Twilio for something small, so that /health knows before the first message. Returns at once."""
        if self._checking is None:
            self._checking = asyncio.create_task(self._check())

    async def stop(self) -> None:
        """Close the connections."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)
            self._checking = None
        await self._twilio.close()

    async def send(self, message: Outgoing) -> None:
        """Deliver one reply. Raises DeliveryFailed, DeliveryRefused or Unreachable."""
        to = address_of(message.chat.sender)
        if to is None:
            raise DeliveryRefused("the recipient is not a WhatsApp sender")
        try:
            if message.template or await self._window_closed(message.chat):
                await self._send_template(message, to)
            else:
                await self._send_free(message, to)
        except CallProblem as problem:
            raise desk_error(problem) from problem

    async def show_typing(self, chat: ChatRef, message_id: str) -> None:
        """Show that an answer is being written; Twilio marks the message as read with it. Never raises."""
        if not _SID.match(message_id):
            return
        try:
            async with asyncio.timeout(_TYPING_SECONDS):
                await self._twilio.show_typing(message_id)
        except (CallProblem, TimeoutError) as problem:
            log.debug("whatsapp_typing_not_shown", reason=str(problem))

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        """A customer's file. Raises MediaTooLarge, or MediaProblem with `again` where that may help."""
        return await self._media.fetch(attachment, max_bytes)

    async def _window_closed(self, chat: ChatRef) -> bool:
        """Whether the customer wrote too long ago for a free-form message; one that never wrote did."""
        last = await self._log.last_inbound_at(chat)
        return last is None or self._clock.now().astimezone(UTC) - last > _WINDOW  # real hours, also when clocks change

    async def _send_free(self, message: Outgoing, to: str) -> None:
        """The parts in order; a template instead, where Twilio knows that the window is closed."""
        rendering = rendered(message.reply)
        try:
            if message.file is not None:
                await self._parts.send_once(message, to, _file(message.file))
                return
            for part, body in enumerate(rendering.plain):
                await self._parts.send_once(message, to, _words(part, body))
            if rendering.picker is not None:
                await self._send_picker(message, to, len(rendering.plain), rendering.picker, rendering.fallback)
        except Refused as refused:
            if remedy(refused.code) is not Remedy.TEMPLATE:
                raise
            await self._send_template(message, to)

    async def _send_picker(
        self, message: Outgoing, to: str, part: int, picker: Picker, fallback: Sequence[str]
    ) -> None:
        """The choices to tap on, or else written out. What an earlier try began is what is finished."""
        either: Mapping[str, Note] = {picker.body: _AS_PICKER, fallback[0]: {}}
        note = await self._as_picker(message, to, part, picker, either)
        if note is None:
            note = await self._parts.send_once(message, to, _words(part, fallback[0], either))
        if note.get("picker"):
            return
        for number, body in enumerate(fallback[1:], part + 1):
            await self._parts.send_once(message, to, _words(number, body))

    async def _as_picker(
        self, message: Outgoing, to: str, part: int, picker: Picker, either: Mapping[str, Note]
    ) -> Note | None:
        """Send the picker -> the part's note; None where the choices have to be written out."""
        for _ in range(2):
            sid = await self._contents.sid_for(picker)
            if sid is None:
                return None
            content = {"content_sid": sid, "content_variables": picker.variables()}
            try:
                return await self._parts.send_once(message, to, Piece(part, content, either, note=_AS_PICKER))
            except Refused as refused:
                if refused.code not in CONTENT_GONE | CONTENT_UNFIT:
                    raise
                log.warning("whatsapp_content_refused", shape=picker.name, reason=str(refused))
                await self._contents.forget(picker, unfit=refused.code in CONTENT_UNFIT)
        return None

    async def _send_template(self, message: Outgoing, to: str) -> None:
        if self._template is None:
            raise DeliveryRefused("the 24-hour window is closed and no template is configured")
        outlet = await self._outlet_of(message.chat) if self._outlet_of is not None else None
        text = _link(message.file) if message.file else message.reply.text
        choices = "" if message.file else numbered("", message.reply.choices)
        values = self._template.values(self._supplier, outlet or "your outlet", text, choices)
        content = {"content_sid": self._template.content_sid, "content_variables": as_variables(values)}
        await self._parts.send_once(message, to, Piece(_TEMPLATE_PART, content, words=tuple(values.values())))

    async def _check(self) -> None:
        """Until Twilio has answered, whatever it says."""
        while True:
            try:
                await self._twilio.check()
            except Refused as refused:
                log.warning("whatsapp_check_refused", reason=str(refused))
                return
            except CallProblem as problem:
                log.warning("whatsapp_not_reached", reason=str(problem))
                await asyncio.sleep(_CHECK_AGAIN)
            else:
                return


def _file(file: File) -> Piece:
    """A file, which Twilio fetches by its address; without one, words that say how to get it.

    Its name is the message's body: WhatsApp shows it as the file's, and at Twilio it is known again by it.
    """
    if not file.url:
        return _words(0, wording.file_not_here(file.name))
    return Piece(0, {"body": file.name, "media_url": [file.url]}, {file.name: {}})


def _link(file: File) -> str:
    """What a template, which carries no file, says of it."""
    link = f"{file.name}: {file.url}"
    return link if file.url and len(link) <= _LONGEST_LINK else wording.file_not_here(file.name)


def _words(part: int, body: str, either: Mapping[str, Note] | None = None) -> Piece:
    """A plain message."""
    return Piece(part, {"body": body}, either or {body: {}})
