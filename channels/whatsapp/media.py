"""A customer's files, fetched from Twilio and from nowhere else.

Source: Twilio, "Media resource" and "Protect Media Access with HTTP Basic Authentication": the media's URL asks for
the account's name and password and answers with a redirect to a short-lived address on a content network, which
must not see them.
"""

from urllib.parse import urljoin

import aiohttp
from aiohttp import encode_basic_auth
from yarl import URL

from channels.whatsapp.client import Twilio, is_twilio
from channels.whatsapp.problems import NotSent
from core.domain.messages import Attachment
from core.errors import MediaProblem, MediaTooLarge

_NETWORKS = frozenset({"mms.twiliocdn.com", "media.twiliocdn.com"})
_BUCKET = "s3-external-1.amazonaws.com"  # media from before the account asked for a password
_RESOURCES = "/2010-04-01/"
_REDIRECTS = 3
_CHUNK = 65_536
_FINAL = frozenset({400, 404, 405, 410})


class Media:
    """Fetches attachments with the account's credentials."""

    def __init__(self, twilio: Twilio, api_url: str | None = None) -> None:
        self._http = twilio.http
        self._authorization = encode_basic_auth(*twilio.auth)
        self._own = URL(api_url).origin() if api_url else None

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        """The file. Raises MediaTooLarge, or MediaProblem with `again` where trying later may help."""
        if attachment.size is not None and attachment.size > max_bytes:
            raise MediaTooLarge("the file is too large")
        try:
            return await self._follow(attachment.ref, max_bytes)
        except TimeoutError:
            raise MediaProblem("Twilio did not hand the file out in time", again=True) from None
        except NotSent as stopped:
            raise MediaProblem(str(stopped), again=True) from None
        except aiohttp.ClientError as error:
            raise MediaProblem(f"the file could not be fetched ({type(error).__name__})", again=True) from None

    async def _follow(self, ref: str, max_bytes: int) -> bytes:
        """Ask, and ask where one is sent to; each address is checked anew."""
        for _ in range(_REDIRECTS + 1):
            url = self._allowed(ref)
            headers = {"Accept-Encoding": "identity"}
            if self._is_api(url):
                headers["Authorization"] = self._authorization
            async with self._http.open_session().get(url, headers=headers, allow_redirects=False) as answer:
                if answer.status in (301, 302, 303, 307, 308):
                    ref = urljoin(str(url), answer.headers.get("Location", ""))
                    continue
                return await _body(answer, max_bytes)
        raise MediaProblem("the file's address leads nowhere")

    def _allowed(self, ref: str) -> URL:
        """The address, if it is one of Twilio's. Raises MediaProblem."""
        try:
            asked = URL(ref)
            known = self._is_known(asked) and asked.user is None and asked.password is None
        except ValueError:
            known = False
        if not known:
            raise MediaProblem("the file does not lie with Twilio")
        return self._http.located(ref)

    def _is_known(self, url: URL) -> bool:
        if self._own is not None and url.absolute and url.origin() == self._own:
            return True
        if url.scheme != "https" or url.explicit_port not in (None, 443):
            return False
        in_bucket = url.host == _BUCKET and url.path.startswith("/media.twiliocdn.com/")
        return is_twilio(url.host) or url.host in _NETWORKS or in_bucket

    def _is_api(self, url: URL) -> bool:
        """Whether the address is the Media resource itself, which alone asks for the password."""
        ours = url.origin() == self._own if self._own is not None else is_twilio(url.host)
        return ours and url.path.startswith(_RESOURCES)


async def _body(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """The body, read no further than the limit."""
    if answer.status in _FINAL:
        raise MediaProblem(f"Twilio has no such file ({answer.status})")
    if answer.status != 200:
        raise MediaProblem(f"Twilio does not hand the file out ({answer.status})", again=True)
    if (answer.content_length or 0) > max_bytes:
        raise MediaTooLarge("the file is too large")
    body = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise MediaTooLarge("the file is too large")
    return bytes(body)
