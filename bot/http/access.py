"""Who may come in: the API key, and the address a request really comes from."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from aiohttp import web
from pydantic import SecretStr

from bot.http.errors import unauthorised
from bot.http.limits import RateLimits

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class KeyCheck:
    """Compares the bearer token with the API key in constant time. Lets everyone in when no key is set.

    Wrong keys count for the address they come from. An address with too many is refused unheard, for an
    answer would tell whether the last guess was right.
    """

    def __init__(
        self,
        key: SecretStr | None,
        limits: RateLimits,
        proxies: Sequence[IPv4Network | IPv6Network] = (),
    ) -> None:
        self._expected = f"Bearer {key.get_secret_value()}".encode() if key else None
        self._limits = limits
        self._proxies = proxies

    def fits(self, request: web.Request) -> bool:
        """Whether the request carries the key, or none is needed."""
        if self._expected is None:
            return True
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        given = f"{scheme.capitalize()} {token.strip()}".encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, self._expected)

    async def require(self, request: web.Request) -> None:
        """Raises ApiError 401 unless the request carries the key, and 429 after too many without it.

        For a caller that has counted the address itself already.
        """
        if not self.fits(request):
            await self._limits.count_wrong_key(client_address(request, self._proxies))
            raise unauthorised()

    def guard(self, handler: Handler) -> Handler:
        """The handler, for those who carry the key."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            if self._expected is not None:
                await self._limits.refuse_guesser(client_address(request, self._proxies))
            await self.require(request)
            return await handler(request)

        return guarded


def client_address(request: web.Request, proxies: Sequence[IPv4Network | IPv6Network]) -> str:
    """The caller's address. X-Forwarded-For counts only as far as trusted proxies wrote it."""
    address = request.remote or "unknown"
    if not proxies or not _trusted(address, proxies):
        return address
    hops = [hop.strip() for hop in ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")]
    for hop in reversed(hops):
        if not _is_address(hop):
            return address
        address = hop
        if not _trusted(hop, proxies):
            break
    return address


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _trusted(address: str, proxies: Sequence[IPv4Network | IPv6Network]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in proxies)
