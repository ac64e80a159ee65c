"""A Redis client for what is not worth waiting for: the answers' cache and the model's breaker."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

SECONDS = 0.2


def connect(url: str) -> Redis:
    """A client that connects at the first use and gives up at once."""
    return Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=Retry(NoBackoff(), 0))
