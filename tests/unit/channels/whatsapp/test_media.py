"""Customers' files: from Twilio only, not too large, not for ever."""

import asyncio

import pytest
from aiohttp import web

from channels.whatsapp.sender import WhatsAppChannel
from core.domain.messages import Attachment
from core.errors import MediaProblem, MediaTooLarge
from tests.sandbox.twilio_server import TwilioServer
from tests.unit.channels.whatsapp.conftest import OpenChannel

DATA = b"%PDF-" + bytes(range(256)) * 20


async def test_a_file_is_fetched_by_the_address_of_its_webhook(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    media = twilio.add_media(DATA, "application/pdf")
    assert await channel.fetch(Attachment(media.url), 100_000) == DATA
    assert await channel.fetch(Attachment(media.local_url), 100_000) == DATA
    assert twilio.count("cdn") == 2
    assert twilio.leaked_credentials == 0
    assert twilio.refusals == []


async def test_the_file_host_is_not_told_the_password(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    shown: list[str | None] = []

    async def elsewhere(request: web.Request) -> web.Response:
        shown.append(request.headers.get("Authorization"))
        return web.Response(body=b"stolen")

    app = web.Application()
    app.router.add_get("/{path:.*}", elsewhere)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    twilio.media_redirect = f"http://127.0.0.1:{runner.addresses[0][1]}"
    media = twilio.add_media(DATA, "application/pdf")
    with pytest.raises(MediaProblem) as refused:
        await channel.fetch(Attachment(media.url), 100_000)
    await runner.cleanup()
    assert not refused.value.again
    assert shown == []


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_file_over_the_limit_is_not_read_to_its_end(
    twilio: TwilioServer, channel: WhatsAppChannel, chunked: bool
) -> None:
    media = twilio.add_media(DATA, "application/pdf", chunked=chunked)
    with pytest.raises(MediaTooLarge):
        await channel.fetch(Attachment(media.url), len(DATA) - 1)
    assert await channel.fetch(Attachment(media.url), len(DATA)) == DATA


async def test_a_size_known_to_be_too_large_is_not_asked_for(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    media = twilio.add_media(DATA, "application/pdf")
    with pytest.raises(MediaTooLarge):
        await channel.fetch(Attachment(media.url, size=10_000), 9_999)
    assert twilio.count("media") == 0


@pytest.mark.parametrize(
    "ref",
    [
        "https://evil.example.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1",
        "https://api.twilio.com.evil.example.com/x",
        "https://eviltwilio.com/x",
        "https://api.twilio.com@evil.example.com/x",
        "https://user:pass@api.twilio.com/x",
        "http://api.twilio.com/x",
        "https://api.twilio.com:8443/x",
        "https://s3-external-1.amazonaws.com/somebody.else/x",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "//api.twilio.com/x",
        "https://[::1",
        "not a url",
        "",
    ],
)
async def test_files_lie_with_twilio_or_nowhere(twilio: TwilioServer, channel: WhatsAppChannel, ref: str) -> None:
    with pytest.raises(MediaProblem) as refused:
        await channel.fetch(Attachment(ref), 100_000)
    assert not refused.value.again
    assert twilio.requests == []


@pytest.mark.parametrize(("status", "again"), [(404, False), (410, False), (500, True), (503, True), (429, True)])
async def test_what_is_gone_is_gone_and_what_fails_may_come_later(
    twilio: TwilioServer, channel: WhatsAppChannel, status: int, again: bool
) -> None:
    media = twilio.add_media(DATA, "application/pdf")
    twilio.faults.next("media", status=status)
    with pytest.raises(MediaProblem) as refused:
        await channel.fetch(Attachment(media.url), 100_000)
    assert refused.value.again is again


@pytest.mark.parametrize("route", ["media", "cdn"])
async def test_a_host_that_says_nothing_is_given_up(
    twilio: TwilioServer, open_channel: OpenChannel, route: str
) -> None:
    media = twilio.add_media(DATA, "application/pdf")
    twilio.faults.next(route, hold_before=True)
    async with asyncio.timeout(30):
        with pytest.raises(MediaProblem) as refused:
            await open_channel(timeout=0.3).fetch(Attachment(media.url), 100_000)
    assert refused.value.again


async def test_a_dropped_connection_may_be_tried_again(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    media = twilio.add_media(DATA, "application/pdf")
    twilio.faults.next("cdn", "reset_before", times=2)
    with pytest.raises(MediaProblem) as refused:
        await channel.fetch(Attachment(media.url), 100_000)
    assert refused.value.again


async def test_addresses_that_lead_in_a_circle_end(open_channel: OpenChannel) -> None:
    asked = 0

    async def circle(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        raise web.HTTPFound(request.path)

    app = web.Application()
    app.router.add_get("/{path:.*}", circle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    with pytest.raises(MediaProblem):
        await open_channel(url=url).fetch(Attachment("https://api.twilio.com/x"), 100_000)
    await runner.cleanup()
    assert asked < 10


async def test_only_the_media_resource_is_asked_with_the_password(open_channel: OpenChannel) -> None:
    asked: list[tuple[str, bool]] = []

    async def hand_on(request: web.Request) -> web.Response:
        asked.append((request.path, "Authorization" in request.headers))
        if request.path.startswith("/2010-04-01/"):
            raise web.HTTPTemporaryRedirect("/files/ME1")
        return web.Response(body=DATA)

    app = web.Application()
    app.router.add_get("/{path:.*}", hand_on)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    channel = open_channel(url=f"http://127.0.0.1:{runner.addresses[0][1]}")
    ref = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"
    assert await channel.fetch(Attachment(ref), 100_000) == DATA
    await runner.cleanup()
    assert asked == [(ref.removeprefix("https://api.twilio.com"), True), ("/files/ME1", False)]
