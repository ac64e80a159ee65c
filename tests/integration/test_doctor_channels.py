"""What the doctor says of the messengers, asked of servers that answer as Twilio and Telegram do."""

from typing import Any

import pytest

from bot.channel_checks import examine_channels
from bot.findings import Finding
from bot.settings import load_settings
from tests.sandbox.telegram_server import TelegramServer
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, TwilioServer

WRONG_TOKEN = "7000000002:AAs3crets3crets3crets3crets3cret"


async def found(**given: Any) -> dict[str, Finding]:
    settings = load_settings(_env_file=None, **given)
    return {finding.name: finding async for finding in examine_channels(settings)}


def whatsapp(url: str, **more: Any) -> dict[str, Any]:
    return {
        "twilio_account_sid": ACCOUNT_SID,
        "twilio_auth_token": AUTH_TOKEN,
        "twilio_whatsapp_from": SENDER,
        "public_url": "https://desk.example",
        "twilio_api_url": url,
        **more,
    }


async def test_messengers_that_answer_are_well() -> None:
    async with TwilioServer() as twilio, TelegramServer() as telegram:
        said = await found(**whatsapp(twilio.url), telegram_bot_token=telegram.token, telegram_api_url=telegram.url)
    assert [finding.well for finding in said.values()] == [True, True]
    assert "https://desk.example/webhooks/whatsapp" in said["whatsapp"].state
    assert said["telegram"].state.endswith(", polling")


async def test_no_messenger_is_no_fault() -> None:
    assert {(finding.well, finding.state) for finding in (await found()).values()} == {(True, "not configured")}


@pytest.mark.parametrize("away", [False, True])
async def test_wrong_secrets_and_outages_are_told_apart_and_not_repeated(away: bool) -> None:
    async with TwilioServer() as twilio, TelegramServer() as telegram:
        if away:
            await twilio.stop()
            await telegram.stop()
        said = await found(
            **whatsapp(twilio.url, twilio_auth_token="s3cret"),
            telegram_bot_token=WRONG_TOKEN,
            telegram_api_url=telegram.url,
        )
    assert [finding.well for finding in said.values()] == [False, False]
    words = [f"{finding.state} {finding.advice}" for finding in said.values()]
    assert ["network" in each for each in words] == [away, away]
    assert ["TOKEN" in each for each in words] == [not away, not away]
    assert "s3cret" not in str(said)


async def test_settings_that_do_not_fit_are_said_without_asking() -> None:
    said = await found(**whatsapp("http://127.0.0.1:1", twilio_account_sid="AC1"), staff_chat=-100)
    assert "TWILIO_ACCOUNT_SID" in said["whatsapp"].advice
    assert "TELEGRAM_BOT_TOKEN" in said["telegram"].advice
