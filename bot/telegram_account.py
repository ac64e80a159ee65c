"""Which bot a token belongs to, asked of Telegram once: for links to it, and to try a token before serving."""

import re

from telegram.error import InvalidToken, TelegramError

from bot.settings import Settings
from channels.telegram.bot import API_URL, make_bot
from core.errors import DeskError, Disposition, InvalidInput

_TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{20,100}", re.ASCII)


class WrongToken(InvalidInput):
    """Telegram knows no bot of that token. The message never holds the token."""

    code = "wrong_token"


class TelegramAway(DeskError):
    """Telegram cannot be asked now."""

    disposition = Disposition.RETRY
    code = "telegram_away"


async def username(settings: Settings) -> str:
    """The name of the bot of the configured token, without "@". Raises WrongToken or TelegramAway.

    Errors are raised anew without their cause: the library's own messages may carry the token.
    """
    token = settings.telegram_bot_token.get_secret_value() if settings.telegram_bot_token else ""
    if not token:
        raise WrongToken("TELEGRAM_BOT_TOKEN is not set")
    if _TOKEN.fullmatch(token) is None:
        raise WrongToken("TELEGRAM_BOT_TOKEN is not a bot's token; @BotFather writes it like 123456789:AA...")
    bot = make_bot(token, settings.telegram_api_url or API_URL, settings.provider_timeout_seconds)
    try:
        return str((await bot.get_me()).username)
    except InvalidToken:
        raise WrongToken("Telegram does not know TELEGRAM_BOT_TOKEN; copy it again from @BotFather") from None
    except TelegramError as error:
        reason = type(error).__name__
        raise TelegramAway(f"Telegram does not answer ({reason}); check the network and try again") from None
    finally:
        await bot.close_connections()
