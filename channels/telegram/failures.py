"""What a failed call to Telegram means for a delivery.

The Bot API has no list of its errors; the texts are those that it has been seen to answer with.
"""

from datetime import timedelta

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from core.errors import DeliveryFailed, DeliveryRefused, DeskError, Unreachable

_NOBODY_THERE = ("chat not found", "user not found", "peer_id_invalid", "user_is_blocked", "input_user_deactivated")
_UNCHANGED = "message is not modified"
_MARKUP = ("can't parse entities", "can't parse message text", "unsupported start tag")
_TOO_OLD = ("message to edit not found", "message can't be edited", "message_id_invalid", "message to delete not found")


def failure_of(error: TelegramError) -> DeskError:
    """The desk's error for one of Telegram's: Unreachable, DeliveryRefused, or DeliveryFailed.

    After a DeliveryFailed without `retry_after` the message may have gone out all the same.
    """
    if isinstance(error, RetryAfter):
        return DeliveryFailed(f"Telegram: {error.message}", retry_after=rest_of(error))
    if isinstance(error, Forbidden) or (isinstance(error, BadRequest) and _says(error, _NOBODY_THERE)):
        return Unreachable(f"Telegram: {error.message}", reason="blocked")
    if isinstance(error, InvalidToken):
        return DeliveryFailed("Telegram does not accept the bot's token")
    if isinstance(error, BadRequest | ChatMigrated):
        return DeliveryRefused(f"Telegram: {error.message}")
    return DeliveryFailed(f"Telegram: {type(error).__name__}")


def surely_not_sent(error: TelegramError) -> bool:
    """Whether Telegram said no, so that nothing went out; False where its answer never came."""
    return isinstance(error, RetryAfter | Forbidden | BadRequest | ChatMigrated | InvalidToken)


def rest_of(error: RetryAfter) -> float:
    """The seconds that Telegram asks to wait."""
    rest = error.retry_after
    return rest.total_seconds() if isinstance(rest, timedelta) else float(rest)


def is_unchanged(error: BadRequest) -> bool:
    """The message stands already as the edit would make it."""
    return _says(error, (_UNCHANGED,))


def is_markup_problem(error: BadRequest) -> bool:
    """Telegram did not understand the HTML."""
    return _says(error, _MARKUP)


def is_gone(error: BadRequest) -> bool:
    """The message that was to be edited or deleted is not there or too old."""
    return _says(error, _TOO_OLD)


def _says(error: TelegramError, phrases: tuple[str, ...]) -> bool:
    said = error.message.casefold()
    return any(phrase in said for phrase in phrases)
