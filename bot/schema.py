"""Whether a database's tables are those that this program needs."""

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.storage.database import Database
from bot.storage.migrate import config
from core.errors import InvalidInput


class SchemaBehind(InvalidInput):
    """The database lacks migrations, or has newer ones than this program knows."""

    code = "schema_behind"


async def check_schema(database: Database) -> None:
    """Raises SchemaBehind unless the database is at the newest migration."""
    if database.sqlite and not database.path.exists():  # connecting would make the file
        raise SchemaBehind("there is no database yet: run `resupply migrate`")
    async with database.reading() as connection:
        current, newest = await connection.run_sync(_revisions)
    if current is None:
        raise SchemaBehind("the database has no tables yet: run `resupply migrate`")
    if current != newest:
        raise SchemaBehind(f"the database is at revision {current}, not {newest}: run `resupply migrate`")


def _revisions(connection: Connection) -> tuple[str | None, str | None]:
    current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory.from_config(config(connection)).get_current_head()
