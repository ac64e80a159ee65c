"""Brings a database's tables up to date, from any earlier version or from nothing."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

import migrations
from bot.storage.database import Database

_LOCK = 7_305_112  # an arbitrary number that every process of the desk agrees on


async def migrate(url: str) -> None:
    """Apply the migrations that are missing. Processes that call it at once wait for each other."""
    database = Database.open(url)
    try:
        async with database.writing() as connection:
            if not database.sqlite:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await connection.run_sync(upgrade)
    finally:
        await database.close()


def upgrade(connection: Connection) -> None:
    """Run the migrations on an open transaction."""
    command.upgrade(config(connection), "head")


def config(connection: Connection) -> Config:
    """Alembic's configuration, made from where the package is installed."""
    made = Config()
    made.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made
