"""A strict stand-in for Xero that the real SDK talks to. (manual follows)"""

import argparse
import asyncio
from contextlib import suppress

from tests.sandbox.xero.faults import Fault, Faults
from tests.sandbox.xero.limits import Limits
from tests.sandbox.xero.organisations import Account, Organisation, TaxRate
from tests.sandbox.xero.records import Contact, CreditNote, Invoice, Line, Payment
from tests.sandbox.xero.server import XeroServer
from tests.sandbox.xero.state import CLIENT_ID, CLIENT_SECRET, Delivery, Request
from tests.sandbox.xero.tokens import DEFAULT_SCOPE
from tests.sandbox.xero.webhooks import WEBHOOK_KEY, sign

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "DEFAULT_SCOPE",
    "WEBHOOK_KEY",
    "Account",
    "Contact",
    "CreditNote",
    "Delivery",
    "Fault",
    "Faults",
    "Invoice",
    "Limits",
    "Line",
    "Organisation",
    "Payment",
    "Request",
    "TaxRate",
    "XeroServer",
    "sign",
]


async def _serve(port: int) -> None:
    server = await XeroServer().start(port)
    print(server.url, flush=True)
    print(f"XERO_CLIENT_ID={CLIENT_ID} XERO_CLIENT_SECRET={CLIENT_SECRET} XERO_API_URL={server.api_url}", flush=True)
    print(f"XERO_TOKEN_URL={server.token_url} XERO_AUTHORIZE_URL={server.authorize_url}", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Xero on this machine, to try the desk against")
    parser.add_argument("--port", type=int, default=0)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args().port))
