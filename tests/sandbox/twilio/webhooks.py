"""Twilio's own requests: signing and delivering webhooks, once, twice, all at once and out of order.

Written from https://www.twilio.com/docs/usage/webhooks/webhooks-security,
.../usage/webhooks/webhooks-connection-overrides (15 s, I-Twilio-Idempotency-Token) and .../messaging/twiml.
"""

import asyncio
import base64
import hashlib
import hmac
import random
import uuid
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout

Form = Mapping[str, str]
GIVES_UP_AFTER = 15.0
UNREACHABLE, BAD_XML, BAD_CONTENT_TYPE = 11200, 12100, 12300


@dataclass(slots=True)
class Delivery:
    """How a webhook went. `error` is the code that Twilio's debugger would show, None where all is well.

    `said` is what Twilio would send to the customer because the answer told it to: a text/plain answer is a reply.
    """

    url: str
    form: dict[str, str]
    status: int | None = None
    body: str = ""
    content_type: str = ""
    error: int | None = None
    attempts: int = 0
    said: str = ""

    @property
    def ok(self) -> bool:
        """Whether Twilio is content."""
        return self.error is None


def sign(auth_token: str, url: str, params: Form) -> str:
    """`X-Twilio-Signature`: HMAC-SHA1, in Base64, over the full URL and each POST parameter, sorted by name."""
    data = url + "".join(f"{name}{params[name]}" for name in sorted(params))
    return base64.b64encode(hmac.new(auth_token.encode(), data.encode(), hashlib.sha1).digest()).decode()


def encoded(form: Form) -> bytes:
    """The request body of a webhook."""
    return urlencode(list(form.items())).encode()


def decoded(raw: bytes | str) -> dict[str, str]:
    """A body from tests/payloads/whatsapp as a form."""
    text = raw.decode() if isinstance(raw, bytes) else raw
    return dict(parse_qsl(text.strip(), keep_blank_values=True, strict_parsing=True))


def headers(auth_token: str, url: str, form: Form, token: str | None = None) -> dict[str, str]:
    """The headers of a webhook to a public URL."""
    return {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": sign(auth_token, url, form),
        "I-Twilio-Idempotency-Token": token or str(uuid.uuid4()),
        "User-Agent": "TwilioProxy/1.1",
        "Accept": "*/*",
        "X-Home-Region": "us1",
    }


async def post(
    session: ClientSession,
    auth_token: str,
    url: str,
    form: Form,
    *,
    public_url: str | None = None,
    signature: str | None = None,
    retries: int = 0,
    gives_up_after: float = GIVES_UP_AFTER,
) -> Delivery:
    """Post one webhook, signed for `public_url`. Tries again only when told to, with the same idempotency token."""
    delivery = Delivery(url, dict(form))
    sent = headers(auth_token, public_url or url, form)
    if signature is not None:
        sent["X-Twilio-Signature"] = signature
    while True:
        delivery.attempts += 1
        await _attempt(session, delivery, sent, gives_up_after)
        if delivery.error != UNREACHABLE or delivery.attempts > retries:
            return delivery


async def _attempt(session: ClientSession, delivery: Delivery, sent: dict[str, str], gives_up_after: float) -> None:
    try:
        async with session.post(
            delivery.url, data=encoded(delivery.form), headers=sent, timeout=ClientTimeout(total=gives_up_after)
        ) as response:
            delivery.status, delivery.content_type = response.status, response.content_type
            delivery.body = await response.text()
    except (ClientError, TimeoutError, OSError):
        delivery.status, delivery.error = None, UNREACHABLE
        return
    delivery.error = None if 200 <= response.status < 300 else UNREACHABLE
    # The answer to a status callback is ignored; the answer to a message is an instruction.
    if delivery.error is None and "MessageStatus" not in delivery.form and delivery.body:
        delivery.error, delivery.said = _instruction(delivery.content_type, delivery.body)


def _instruction(content_type: str, body: str) -> tuple[int | None, str]:
    """(error, what the customer would be sent) for the body of an answer, as messaging TwiML reads it."""
    if content_type in ("text/plain", "text/html"):
        return None, body
    if content_type not in ("text/xml", "application/xml"):
        return BAD_CONTENT_TYPE, ""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return BAD_XML, ""
    if root.tag != "Response":
        return BAD_XML, ""
    return None, "\n".join("".join(message.itertext()) for message in root.iter("Message"))


def storm(forms: Iterable[Form], *, times: int = 3, seed: int = 0) -> list[Form]:
    """Every form so many times, shuffled."""
    every = [form for form in forms for _ in range(times)]
    random.Random(seed).shuffle(every)
    return every


async def post_all(
    session: ClientSession,
    auth_token: str,
    targets: Sequence[tuple[str, str]],
    forms: Sequence[Form],
    *,
    concurrency: int = 20,
    retries: int = 0,
) -> list[Delivery]:
    """Post all forms, so many at a time, over several processes in turn. `targets`: (url to post to, public url)."""
    gate = asyncio.Semaphore(concurrency)

    async def one(index: int, form: Form) -> Delivery:
        url, public_url = targets[index % len(targets)]
        async with gate:
            return await post(session, auth_token, url, form, public_url=public_url, retries=retries)

    return list(await asyncio.gather(*(one(index, form) for index, form in enumerate(forms))))
