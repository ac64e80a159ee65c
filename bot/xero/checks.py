"""What `resupply doctor` says of Xero: settings and the stored state. Nothing is called or changed."""

from bot.findings import Finding
from bot.settings import Settings
from bot.storage.database import Database
from bot.xero.connection import open_connection
from bot.xero.ports import DAY_LIMIT, HOW
from core.ports import Clock

_NAME = "xero"


def xero_settings(settings: Settings) -> Finding | None:
    """What the settings alone tell; None where they are complete, and the database has to be asked."""
    if settings.xero_problem is not None:
        return Finding(_NAME, False, "settings do not fit", settings.xero_problem)
    if settings.xero_client_id is None:
        return Finding(_NAME, True, "not configured (invoices are made in the ledger)")
    return None


async def xero_connection(settings: Settings, database: Database, clock: Clock) -> Finding:
    """Whether it is connected, and to what. Raises StorageDown."""
    connection = open_connection(settings, database, clock)
    try:
        row, state = await connection.row(), await connection.state()
    finally:
        await connection.close()
    if DAY_LIMIT in state:
        advice = "invoices go on by themselves; RESUPPLY_XERO_DAILY_LIMIT may be raised to what your plan at Xero has"
        return Finding(_NAME, False, state.removeprefix("degraded: "), advice)
    if row is None or state != "connected":
        return Finding(_NAME, False, state.removeprefix("degraded: "), f"run {HOW}; orders go on meanwhile")
    refreshed = row.refreshed_at.astimezone(settings.zone) if row.refreshed_at else None
    return Finding(_NAME, True, f"connected to {row.tenant_name}, refreshed {refreshed:%d %b %H:%M}")
