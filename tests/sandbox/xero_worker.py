"""`python -m tests.sandbox.xero_worker`: does invoice jobs against the stand-in for Xero, until it is killed.

Settings come from the environment as for `resupply serve`; XERO_TENANT_ID and XERO_TEST_TOKENS (what the token endpoint
gave, as JSON) are the connection. Prints "working" when it begins.
"""

import asyncio
import json
import os
from uuid import uuid4

from bot.app import open_store
from bot.clock import SystemClock
from bot.deliveries import InvoiceMaker, note_for_staff
from bot.dispatcher import Backoff, Dispatcher
from bot.ledger import Supplier
from bot.logs import configure_logs
from bot.metrics import Metrics
from bot.settings import load_settings
from bot.xero.books import XeroBooks
from tests.sandbox.xero_connection import HeldConnection

QUICK = Backoff(first=0.05, longest=0.5)


async def work() -> None:
    """Until killed."""
    settings = load_settings(_env_file=None)
    configure_logs(settings)
    assert settings.xero_client_id is not None
    assert settings.xero_client_secret is not None
    clock, store = SystemClock(settings.zone), open_store(settings)
    connection = HeldConnection(
        str(settings.xero_token_url),
        (settings.xero_client_id, settings.xero_client_secret.get_secret_value()),
        str(settings.xero_tenant_id),
        json.loads(os.environ["XERO_TEST_TOKENS"]),
    )
    books = XeroBooks(settings, store.database, clock, Supplier(settings.supplier_name), connection)
    handlers = {"invoice": InvoiceMaker(store, books), "staff": note_for_staff}
    dispatcher = Dispatcher(store, handlers, uuid4().hex, QUICK, Metrics())
    print("working", flush=True)
    await dispatcher.run()


if __name__ == "__main__":
    asyncio.run(work())
