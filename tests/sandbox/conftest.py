"""The stand-in for Xero with a clock that is set by hand, and a client of it."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.sandbox.xero_caller import Caller, Clock, approved
from tests.sandbox.xero_server import Contact, XeroServer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server(clock: Clock) -> AsyncIterator[XeroServer]:
    async with XeroServer(clock) as xero:
        yield xero


@pytest.fixture
async def call(server: XeroServer) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        # aiohttp sends a PUT again by itself when a connection is dropped; its own test client turns that off so.
        session._retry_connection = False
        yield Caller(server, session)


@pytest.fixture
def customer(server: XeroServer) -> Contact:
    return server.add_contact("Crust & Co Pasir Ris", "CPZ-PSR")


@pytest.fixture
def invoice(customer: Contact) -> dict[str, Any]:
    return approved(customer)
