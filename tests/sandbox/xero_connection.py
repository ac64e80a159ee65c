"""A connection to the stand-in for Xero that holds what its token endpoint gave, for tests of what rests on one."""

import asyncio

import aiohttp

from bot.xero.ports import Access, NotConnected
from tests.sandbox.xero.wire import Json


class HeldConnection:
    """Implements `bot.xero.ports.Connection` in one process: refreshes when a token was refused, and not before."""

    def __init__(self, token_url: str, client: tuple[str, str], tenant_id: str, tokens: Json) -> None:
        self._token_url = token_url
        self._client = client
        self._tenant_id = tenant_id
        self._tokens = tokens
        self._generation = 1
        self._refreshing = asyncio.Lock()

    async def access(self) -> Access:
        return Access(self._tokens["access_token"], self._tenant_id, self._generation)

    async def refused(self, access: Access) -> None:
        async with self._refreshing:
            if access.generation != self._generation:
                return
            form = {"grant_type": "refresh_token", "refresh_token": self._tokens["refresh_token"]}
            async with (
                aiohttp.ClientSession(headers={"Authorization": aiohttp.encode_basic_auth(*self._client)}) as session,
                session.post(self._token_url, data=form) as response,
            ):
                if response.status != 200:
                    raise NotConnected(f"the token endpoint answers {response.status}", 300.0)
                self._tokens = await response.json()
                self._generation += 1

    async def close(self) -> None:
        return
