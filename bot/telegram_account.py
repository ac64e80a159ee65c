"""Which bot a token belongs to, asked of Telegram once: for links to it, and to try a token before serving."""

from telegram import Bot
from telegram.error import InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot.settings import Settings
from core.errors import DeskError, Disposition, InvalidInput

TELEGRAM = "https://api.telegram.org"


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
    if settings.telegram_bot_token is None:
        raise WrongToken("TELEGRAM_BOT_TOKEN is not set")
    seconds = settings.provider_timeout_seconds
    request = HTTPXRequest(read_timeout=seconds, write_timeout=seconds, connect_timeout=seconds)
    address = (settings.telegram_api_url or TELEGRAM).rstrip("/")
    try:
        bot = Bot(settings.telegram_bot_token.get_secret_value(), base_url=f"{address}/bot", request=request)
    except InvalidToken:
        raise _wrong() from None
    try:
        await request.initialize()
        return str((await bot.get_me()).username)
    except InvalidToken:
        raise _wrong() from None
    except TelegramError as error:
        raise TelegramAway(
            f"Telegram does not answer ({type(error).__name__}); check the network and try again"
        ) from None
    finally:
        await request.shutdown()


def _wrong() -> WrongToken:
    return WrongToken("Telegram does not know TELEGRAM_BOT_TOKEN; copy it again from @BotFather")
