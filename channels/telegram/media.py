"""Fetches customers' files: getFile for the place, then the bytes, never more of them than allowed."""

import asyncio
from collections.abc import AsyncIterator

import httpx
from telegram.error import BadRequest, TelegramError

from channels.telegram.bot import DeskBot, trusted
from core.domain.messages import Attachment
from core.errors import MediaProblem, MediaTooLarge

# Bot API, getFile: "bots can download files of up to 20MB in size".
LARGEST = 20 * 1024 * 1024


class Media:
    """Fetches files within `timeout` seconds for each of the two steps."""

    def __init__(self, bot: DeskBot, timeout: float) -> None:
        self._bot = bot
        self._timeout = timeout
        self._client = httpx.AsyncClient(timeout=timeout, verify=trusted(), follow_redirects=False)

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        """The file. Raises MediaTooLarge, or MediaProblem with `again` where another try may help."""
        limit = min(max_bytes, LARGEST)
        if attachment.size is not None and attachment.size > limit:
            raise MediaTooLarge(f"the file has {attachment.size} bytes")
        url = await self._url(attachment.ref)
        try:
            async with asyncio.timeout(self._timeout), self._client.stream("GET", url) as response:
                if response.status_code != httpx.codes.OK:
                    problem = f"Telegram answered {response.status_code} for the file"
                    raise MediaProblem(problem, again=response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR)
                return await _all_of(response.aiter_bytes(), limit)
        except (httpx.HTTPError, TimeoutError) as error:  # their texts may hold the URL, and that the token
            raise MediaProblem(f"the file did not arrive ({type(error).__name__})", again=True) from None

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()

    async def _url(self, file_id: str) -> str:
        """Where the file lies; on the configured server and nowhere else."""
        try:
            found = (await self._bot.get_file(file_id)).file_path
        except BadRequest as error:
            if "too big" in error.message.casefold():
                raise MediaTooLarge("larger than Telegram hands out") from None
            raise MediaProblem(f"Telegram: {error.message}") from None
        except TelegramError as error:
            raise MediaProblem(f"Telegram: {type(error).__name__}", again=True) from None
        if not found or not found.startswith(f"{self._bot.base_file_url}/"):
            raise MediaProblem("Telegram named no place for the file", again=True)
        return found


async def _all_of(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    whole = bytearray()
    async for chunk in chunks:
        whole += chunk
        if len(whole) > limit:
            raise MediaTooLarge(f"the file has more than {limit} bytes")
    return bytes(whole)
