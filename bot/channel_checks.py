"""What `resupply doctor` asks of the messengers: whether the settings fit and the provider knows them."""

from collections.abc import AsyncIterator

from bot.findings import Finding
from bot.settings import Settings
from bot.telegram_account import username
from channels.whatsapp.client import Account, Twilio
from channels.whatsapp.problems import CallProblem, Refused
from core.errors import DeskError

_AWAY = "check the network and the provider's status page; messages wait meanwhile"


async def examine_channels(settings: Settings) -> AsyncIterator[Finding]:
    """One finding for each messenger. Nothing is changed there, and no secret is repeated."""
    yield await _whatsapp(settings)
    yield await _telegram(settings)


async def _whatsapp(settings: Settings) -> Finding:
    if settings.whatsapp_problem is not None:
        return Finding("whatsapp", False, "settings do not fit", settings.whatsapp_problem)
    sid, token, sender = settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_whatsapp_from
    if sid is None or token is None or sender is None:
        return Finding("whatsapp", True, "not configured")
    timeout = settings.provider_timeout_seconds
    twilio = Twilio(Account(sid, token.get_secret_value(), sender, settings.twilio_api_url, timeout))
    try:
        await twilio.check()
    except Refused as refused:
        advice = "copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from Twilio's console again"
        return Finding("whatsapp", False, f"Twilio refuses ({refused.code})", advice)
    except CallProblem as problem:
        return Finding("whatsapp", False, str(problem), _AWAY)
    finally:
        await twilio.close()
    return Finding("whatsapp", True, f"Twilio knows the account; webhook {settings.public_url}/webhooks/whatsapp")


async def _telegram(settings: Settings) -> Finding:
    if settings.telegram_problem is not None:
        return Finding("telegram", False, "settings do not fit", settings.telegram_problem)
    if settings.telegram_bot_token is None:
        return Finding("telegram", True, "not configured")
    try:
        name = await username(settings)
    except DeskError as error:
        return Finding("telegram", False, "cannot be used", str(error))
    return Finding("telegram", True, f"@{name}, {settings.telegram_mode}")
