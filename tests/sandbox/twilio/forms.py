"""What Twilio posts for each kind of WhatsApp message, as forms.

Written from https://www.twilio.com/docs/messaging/guides/webhook-request (common and WhatsApp-specific parameters),
.../content/twilio-quick-reply, .../content/twiliolist-picker (replies) and
.../messaging/guides/track-outbound-message-status (status callbacks). Every function takes the sender
("+6591230001", or "whatsapp:US.1234" for one without a number) and any further field by its Twilio name.
"""

import json
import secrets

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "test-token-" + "0" * 21
SENDER = "whatsapp:+6531580000"
NAME = "Mei Ling"


def new_sid(prefix: str = "SM") -> str:
    """A SID that nothing else has."""
    return prefix + secrets.token_hex(16)


def message(sender: str, body: str, kind: str = "text", **fields: str) -> dict[str, str]:
    """The fields that every incoming WhatsApp message has, and `fields`."""
    address = sender if sender.startswith("whatsapp:") else f"whatsapp:{sender}"
    sid = fields.pop("MessageSid", None) or new_sid("MM" if fields.get("NumMedia", "0") != "0" else "SM")
    name = fields.pop("ProfileName", NAME)
    context = {"ProfileName": name}
    number = address.removeprefix("whatsapp:+")
    form = {
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ProfileName": name,
        "MessageType": kind,
        "SmsSid": sid,
        "SmsStatus": "received",
        "Body": body,
        "To": SENDER,
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "MessageSid": sid,
        "AccountSid": ACCOUNT_SID,
        "From": address,
        "ApiVersion": "2010-04-01",
    }
    if number.isdecimal():
        form["WaId"] = context["WaId"] = number
        # Every WhatsApp user has an id of this kind now, whether or not the number is shown.
        form["ExternalUserId"] = f"whatsapp:SG.{number[::-1]}"
    else:
        form["ExternalUserId"] = address
    form["ChannelMetadata"] = json.dumps({"type": "whatsapp", "data": {"context": context}}, separators=(",", ":"))
    return form | fields


def text(sender: str, body: str, **fields: str) -> dict[str, str]:
    """A plain text."""
    return message(sender, body, **fields)


def reply(sender: str, body: str, to_sid: str, **fields: str) -> dict[str, str]:
    """A text that answers an earlier message."""
    return message(sender, body, **_answering(to_sid), **fields)


def tap(
    sender: str, payload: str, title: str, to_sid: str | None = None, kind: str = "interactive", **fields: str
) -> dict[str, str]:
    """A tap on a quick-reply button: "interactive", or "button" where the button stood in an approved template."""
    context = _answering(to_sid) if to_sid else {}
    return message(sender, title, kind, ButtonText=title, ButtonPayload=payload, **context, **fields)


def pick(
    sender: str, item_id: str, title: str, to_sid: str | None = None, description: str = "", **fields: str
) -> dict[str, str]:
    """A pick from a list."""
    context = _answering(to_sid) if to_sid else {}
    listed = {"ListId": item_id, "ListTitle": title, "ListDescription": description}
    return message(sender, title, "interactive", **listed, **context, **fields)


def location(sender: str, latitude: str, longitude: str, **fields: str) -> dict[str, str]:
    """A place. `Label` and `Address` come only with a place that has a name."""
    return message(sender, "", "location", Latitude=latitude, Longitude=longitude, **fields)


def media(
    sender: str, *files: tuple[str, str], kind: str = "image", caption: str = "", **fields: str
) -> dict[str, str]:
    """A message with files, each (content type, url). `caption` is the Body; a document's is its file name."""
    named = {"NumMedia": str(len(files))}
    for index, (content_type, url) in enumerate(files):
        named |= {f"MediaContentType{index}": content_type, f"MediaUrl{index}": url}
    return message(sender, caption, kind, **named, **fields)


def media_url(message_sid: str, media_sid: str | None = None, host: str = "https://api.twilio.com") -> str:
    """The address of a file as webhooks give it."""
    return f"{host}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{message_sid}/Media/{media_sid or new_sid('ME')}"


def status(
    sid: str, to: str, status: str, error_code: int | None = None, from_: str = SENDER, **fields: str
) -> dict[str, str]:
    """A status callback of an outgoing WhatsApp message."""
    form = {
        "ChannelPrefix": "whatsapp",
        "ApiVersion": "2010-04-01",
        "MessageStatus": status,
        "SmsSid": sid,
        "SmsStatus": status,
        "ChannelInstallSid": "XE" + "0123456789abcdef" * 2,
        "To": to if to.startswith("whatsapp:") else f"whatsapp:{to}",
        "From": from_,
        "MessageSid": sid,
        "StructuredMessage": "false",
        "AccountSid": ACCOUNT_SID,
        "ChannelToAddress": to.removeprefix("whatsapp:"),
    }
    if status in ("delivered", "read"):
        form["EventType"] = status.upper()
    if error_code is not None:
        form["ErrorCode"] = str(error_code)
    return form | fields


def _answering(to_sid: str) -> dict[str, str]:
    return {"OriginalRepliedMessageSender": SENDER, "OriginalRepliedMessageSid": to_sid}
