"""Sending one part of a reply once, also when an earlier try ended in the middle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from channels.contract import Outgoing, Sent, SentLog
from channels.whatsapp.client import Found, Twilio
from channels.whatsapp.problems import NotSent, Refused, TooMany, Unsure

_SKEW = timedelta(minutes=2)  # between our clock and Twilio's

Note = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a reply: `content` are the parameters of the message, `note` is kept with it.

    It is recognised at Twilio by its whole body, one of `bodies` (each with the note that a message with that
    body was sent with), or, where the body is not ours, by all of `words` being in it.
    """

    part: int
    content: Mapping[str, str | Sequence[str]]
    bodies: Mapping[str, Note] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    note: Note = field(default_factory=dict)

    def note_in(self, body: str) -> Note | None:
        """The note of a message with this body; None when it is not this part.

        A content's message may be listed without its body; then its time alone has to do.
        """
        said = _plain(body)
        if not said and "content_sid" in self.content:
            return self.note
        for known, note in self.bodies.items():
            if _plain(known) == said:
                return note
        return self.note if self.words and all(_plain(text) in said for text in self.words) else None


class Parts:
    """Posts parts, from `sender` (an address of Twilio's), and keeps the sent log about them."""

    def __init__(self, twilio: Twilio, sent_log: SentLog, sender: str, callback: str | None) -> None:
        self._twilio = twilio
        self._log = sent_log
        self._from = sender
        self._callback = callback

    async def send_once(self, message: Outgoing, to: str, piece: Piece) -> Note:
        """Send a part unless it was sent before -> the note of the part as it was sent. Raises a CallProblem."""
        earlier = await self._log.begin(message.chat, message.key, piece.part)
        if earlier is not None:
            if earlier.provider_id is not None:
                return earlier.note
            if (lost := await self._lost(earlier, to, piece)) is not None:
                found, note = lost
                await self._log.finish(message.key, piece.part, found.sid, note)
                return note
            await self._begin_anew(message, piece)
        return await self._post(message, to, piece)

    async def _post(self, message: Outgoing, to: str, piece: Piece) -> Note:
        envelope = {"to": to, "from_": self._from}
        if self._callback is not None:
            envelope["status_callback"] = self._callback
        try:
            sid = await self._twilio.post_message(**envelope, **piece.content)
        except (NotSent, TooMany, Refused):  # certainly not sent; after anything else it is looked for next time
            await self._log.forget(message.key, piece.part)
            raise
        await self._log.finish(message.key, piece.part, sid, piece.note)
        return piece.note

    async def _begin_anew(self, message: Outgoing, piece: Piece) -> None:
        """The earlier try left nothing at Twilio; this one is looked for from now on."""
        await self._log.forget(message.key, piece.part)
        if await self._log.begin(message.chat, message.key, piece.part) is not None:
            raise Unsure("another process is sending this message")

    async def _lost(self, earlier: Sent, to: str, piece: Piece) -> tuple[Found, Note] | None:
        """The message that went out without our hearing of it, and its note."""
        for found in await self._twilio.recent_messages(to, self._from):
            note = piece.note_in(found.body)
            if note is None or found.created_at < earlier.begun_at - _SKEW:
                continue
            if await self._log.by_provider_id("whatsapp", found.sid) is None:  # else: the same words, said before
                return found, note
        return None


def _plain(text: str) -> str:
    """Words without the spacing that a provider may change."""
    return " ".join(text.split())
