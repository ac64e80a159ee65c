"""The callback of `resupply xero connect`: a server on 127.0.0.1 that waits for Xero's one answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.xero.authorizing import Authorizing, Consent, ForeignState, NotAuthorized
from bot.xero.page import page, sentence
from core.errors import DeskError, InvalidInput

_PATH = "/callback"


class LocalCallback:
    """Waits for the answer. `foreign` is told of answers that are not to our question, which change nothing."""

    def __init__(self, authorizing: Authorizing, foreign: Callable[[str], None]) -> None:
        self._authorizing = authorizing
        self._foreign = foreign
        self._answer: asyncio.Future[Consent] = asyncio.get_running_loop().create_future()
        self.redirect_uri = ""

    @asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator["LocalCallback"]:
        """Listen while in the block. Raises InvalidInput where the port is taken.

        The address says localhost, which is all that Xero takes without https; registered with the app it has to be
        the same to the letter.
        """
        app = web.Application()
        app.router.add_get(_PATH, self._called, allow_head=False)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            self.redirect_uri = f"http://localhost:{runner.addresses[0][1]}{_PATH}"
            yield self
        except OSError as error:
            raise InvalidInput(
                f"cannot listen on 127.0.0.1:{port} ({error.strerror}); choose another RESUPPLY_XERO_REDIRECT_PORT"
            ) from None
        finally:
            await runner.cleanup()

    async def consent(self, seconds: float) -> Consent:
        """What the person consented to. Raises NotAuthorized where they did not, or not in time."""
        try:
            async with asyncio.timeout(seconds):
                return await self._answer
        except TimeoutError:
            raise NotAuthorized(f"nobody answered at Xero within {seconds:g} seconds") from None

    async def _called(self, request: web.Request) -> web.Response:
        try:
            consent = await self._authorizing.finish(request.query)
        except ForeignState as error:
            self._foreign(str(error))
            return page("Not connected", sentence(error), status=400)
        except DeskError as error:
            if not self._answer.done():
                self._answer.set_exception(error)
            return page("Not connected", sentence(error), status=400)
        if not self._answer.done():
            self._answer.set_result(consent)
        return page("Xero has answered", "You can close this page and go back to the terminal.")
