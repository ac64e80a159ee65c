"""The library's own bot, pointed at the sandbox."""

from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from tests.sandbox.telegram.server import TelegramServer


def real_bot(server: TelegramServer, token: str = "", *, read_timeout: float = 5.0) -> ExtBot[None]:
    """An ExtBot for the server. It does not read the system's certificates, which is most of a bot's start."""
    requests = [HTTPXRequest(read_timeout=read_timeout, httpx_kwargs={"verify": False}) for _ in range(2)]
    return ExtBot(
        token or server.token,
        base_url=server.base_url,
        base_file_url=server.base_file_url,
        request=requests[0],
        get_updates_request=requests[1],
    )
