"""A strict stand-in for Twilio that the real SDK talks to, written from Twilio's documentation.

    async with TwilioServer() as twilio:                 # or start()/stop(); clock=... for a clock of the test's
        settings: TWILIO_API_URL=twilio.url, TWILIO_ACCOUNT_SID=ACCOUNT_SID, TWILIO_AUTH_TOKEN=AUTH_TOKEN,
                  TWILIO_WHATSAPP_FROM=SENDER ("whatsapp:+6531580000")

Reading what the desk sent
    twilio.messages          accepted, in order: Message(sid, to, from_, body, choices, at, content_sid,
                             content_variables, template, status_callback, status, error_code); body and
                             choices [Choice(id, title, description)] as the recipient reads them
    twilio.sent_to("+65..")  those of one customer
    twilio.requests          everything that came: Request(route, method, path, form, at, user_agent, refused)
    twilio.count("messages") how many came to a route: messages (POST), list (GET), message (one), contents (POST),
                             content (GET/DELETE), typing, media, cdn
    twilio.refusals          requests the server itself refused; tests should assert that it is empty
    twilio.typing            message SIDs for which typing was shown
    twilio.contents          {HX...: Content}
    twilio.leaked_credentials  how often the file host behind the redirect was shown the basic auth

Setting up
    add_template(body, samples, sid=None) -> HX..., approved;  add_content(definition, approved=False) -> HX...
    close_window("+65..", at_once=False)   63016 by status callback, or as a refusal; approved templates pass
    open_window("+65..");  undeliverable("+65..", code=63024, status="undelivered");  opt_out("+65..", code=21610)
    add_media(data, content_type, message_sid=None, chunked=False) -> Media(url, local_url, sid, message_sid)
        url is https://api.twilio.com/... as in a webhook, local_url the same path at this server;
        both answer 307 to /cdn/... (media_redirect=twilio.cdn_url sends to another origin, as the real one does,
        and any other URL to where the desk must not go)

Faults, by route or "*"
    faults.next(route, reset_after=True, times=1)   queued; fields of Fault: status, code, retry_after, message,
        reset_before, reset_after, hold_before, hold_after, slow_before, slow (answer late), garbage
    faults.always(route, share=0.3, seed=7, kinds=["429", "500", "503", "reset_before", "reset_after", "garbage"])
    faults.clear(route=None);  faults.happened;  await faults.held();  await faults.release()

Twilio's own requests
    forms.text/reply/tap/pick/location/media/status(...) -> form (a dict);  forms.message for anything else
    await twilio.deliver(url, public_url, form, retries=0, signature=None, gives_up_after=15) -> Delivery
        Delivery(status, error, said, body, attempts, ok): error 11200 not answered well in time, 12300 and 12100 for
        an answer that is no TwiML; `said` is what the answer itself would have sent to the customer (must be "")
    twilio.connect(app_url, ..., public_url="https://desk.example")   several processes: in turn
    await twilio.send(form);  await twilio.send_all(storm(forms, times=3, seed=1), concurrency=50)
    await twilio.report(sid, "delivered");  report(sid, "failed", 63016);  auto_statuses = ("sent", "delivered")
    once connected, failures and auto_statuses are posted by themselves (`await twilio.settle()` waits for them);
    before, they wait in due_reports for `await twilio.report_due()`
    sign(auth_token, url, form) -> X-Twilio-Signature;  decoded(raw) reads a file of tests/payloads/whatsapp

As the real one: a message is "queued", without a `date_sent` and outside every DateSent filter, until `report` (or
auto_statuses) moves it on; the list holds the customers' messages as well, newest first.
Stricter than the real one, to catch our errors: unknown parameters, a Body next to a ContentSid, missing
ContentVariables (the real one sends the sample) and values over 255 characters are refused, and a content that
WhatsApp would not show is refused at once with 63021 instead of failing later.

By hand: python -m tests.sandbox.twilio_server --port 8100
"""

import argparse
import asyncio
from contextlib import suppress

from tests.sandbox.twilio import forms
from tests.sandbox.twilio.contents import Choice, Content
from tests.sandbox.twilio.faults import Fault, Faults
from tests.sandbox.twilio.forms import ACCOUNT_SID, AUTH_TOKEN, SENDER
from tests.sandbox.twilio.messages import Message
from tests.sandbox.twilio.server import TwilioServer
from tests.sandbox.twilio.state import Media, Request
from tests.sandbox.twilio.webhooks import Delivery, decoded, encoded, headers, sign, storm

__all__ = [
    "ACCOUNT_SID",
    "AUTH_TOKEN",
    "SENDER",
    "Choice",
    "Content",
    "Delivery",
    "Fault",
    "Faults",
    "Media",
    "Message",
    "Request",
    "TwilioServer",
    "decoded",
    "encoded",
    "forms",
    "headers",
    "sign",
    "storm",
]


async def _serve(port: int) -> None:
    server = await TwilioServer().start(port)
    print(server.url, flush=True)
    print(f"TWILIO_ACCOUNT_SID={ACCOUNT_SID} TWILIO_AUTH_TOKEN={AUTH_TOKEN} TWILIO_WHATSAPP_FROM={SENDER}", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Twilio on this machine, to try the desk against")
    parser.add_argument("--port", type=int, default=0)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args().port))
