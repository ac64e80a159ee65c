"""Twilio's status callbacks: how far an outgoing message got.

Source: Twilio, "Track the Message Status of Outbound Messages". Callbacks may come in any order; whoever keeps
them lets the later state win.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from channels.contract import Status
from channels.whatsapp.problems import without_numbers

_STATUS = {
    "accepted": Status.SENDING,
    "scheduled": Status.SENDING,
    "queued": Status.SENDING,
    "sending": Status.SENDING,
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "failed": Status.FAILED,
    "undelivered": Status.FAILED,
    "canceled": Status.FAILED,
}
_SID = re.compile(r"[A-Za-z0-9]{1,64}\Z")
_CODE = re.compile(r"\d{1,9}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What Twilio says of the message `sid`. `error_code` is Twilio's (docs/api/errors), None without an error."""

    sid: str
    status: Status
    error_code: int | None = None
    error: str = ""


def read_status(form: Mapping[str, str]) -> StatusReport | None:
    """The report in a callback's form; None when it names no message or a state that means nothing to us."""
    sid = (form.get("MessageSid") or form.get("SmsSid") or "").strip()
    status = _STATUS.get((form.get("MessageStatus") or form.get("SmsStatus") or "").strip().lower())
    if status is None or not _SID.match(sid):
        return None
    code = (form.get("ErrorCode") or "").strip()
    said = form.get("ErrorMessage") or form.get("ChannelStatusMessage") or ""
    return StatusReport(sid, status, int(code) if _CODE.match(code) and int(code) else None, without_numbers(said))
