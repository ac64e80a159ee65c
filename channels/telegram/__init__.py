"""Telegram: updates in, replies out, one live draft card a chat."""

import os

# python-telegram-bot 22.8 warns of a coming change at every RetryAfter and some service messages, unless told
# by this variable that the change is expected (its documentation, "PTB_TIMEDELTA").
os.environ.setdefault("PTB_TIMEDELTA", "true")

# ruff: isort: split
from channels.telegram.bot import BotSelf
from channels.telegram.channel import TelegramChannel
from channels.telegram.inbound import Moved, Reach, Received, read_update
from channels.telegram.parsing import MalformedUpdate, parse_update
from channels.telegram.secret import HEADER, secret_matches

__all__ = [
    "HEADER",
    "BotSelf",
    "MalformedUpdate",
    "Moved",
    "Reach",
    "Received",
    "TelegramChannel",
    "parse_update",
    "read_update",
    "secret_matches",
]
