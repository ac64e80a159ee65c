"""A process that wants an access token, to be killed while it gets one: DATABASE_URL, the stand-in's URL, the time."""

import asyncio
import sys

from bot.settings import load_settings
from bot.storage.database import Database
from bot.xero.connection import open_connection
from tests.sandbox.sample import StoppedClock
from tests.sandbox.xero_desk import settings_at


async def _refresh(database_url: str, xero_url: str, at: str, key: str) -> None:
    settings = load_settings(_env_file=None, **settings_at(xero_url, key))
    await open_connection(settings, Database.open(database_url), StoppedClock(at)).access()


if __name__ == "__main__":
    asyncio.run(_refresh(*sys.argv[1:]))
