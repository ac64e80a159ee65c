"""`resupply cache stats | clear`: how often answers were remembered, and forgetting them."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import typer

from bot.cli_output import out, run, table_of
from core.errors import DeskError, InvalidInput

if TYPE_CHECKING:
    from redis.asyncio import Redis

cache = typer.Typer(help="Remembered answers to questions: how often they served, and forgetting them.")

_SECONDS = 2.0
_IN_MEMORY = "REDIS_URL is not set, so answers are remembered in the memory of the running server"
_MEANINGS = {
    "l1": "the same question, in the server's memory",
    "l2": "the same question, in Redis",
    "l3": "the same question in other words",
    "l4": "new, but its passages were known",
    "miss": "looked up and answered anew",
}

Value = TypeVar("Value")


class RedisDown(DeskError):
    """Redis cannot be used."""

    code = "redis_down"


def add_cache(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(cache, name="cache", no_args_is_help=True)


@cache.command("stats")
def cache_stats() -> None:
    """Show how many questions each level answered, on all replicas since the cache was last cleared."""
    from knowledge.cache.shared import shared_counts

    if not _has_redis():
        out.print(f"{_IN_MEMORY}: its /metrics counts them by level (resupply_cache).", highlight=False, soft_wrap=True)
        return
    counts = run(_with_redis(shared_counts))
    by_level = {level: counts.get(level, 0) for level in ("l1", "l2", "l3", "l4", "miss")}
    by_level["miss"] -= by_level["l4"]  # which are misses that were answered from known passages
    asked = sum(by_level.values())
    table = table_of("Level", "Questions", "Share", "What it is", title=f"{asked} questions")
    for level, count in by_level.items():
        table.add_row(level, str(count), f"{count / asked:.1%}" if asked else "", _MEANINGS[level])
    out.print(table)
    out.print(f"{counts.get('coalesced', 0)} of them waited for an answer that was being made.", highlight=False)
    out.print(f"{counts.get('unkept', 0)} answers were not kept; Redis failed {counts.get('redis_errors', 0)} times.")


@cache.command("clear")
def cache_clear() -> None:
    """Forget every remembered answer, on all replicas within about a second."""
    from knowledge.cache.shared import clear

    if not _has_redis():
        raise InvalidInput(f"{_IN_MEMORY}: restart it, or ingest or import again, to empty it")
    run(_with_redis(clear))
    out.print("The cache is empty. Every running server forgets its own within about a second.", highlight=False)


def _has_redis() -> bool:
    from bot.settings import load_settings

    return load_settings().redis_url is not None


async def _with_redis(work: "Callable[[Redis], Awaitable[Value]]") -> Value:
    """Do the work on the Redis of the settings. Raises RedisDown."""
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    from bot.settings import load_settings

    url = load_settings().redis_url
    assert url is not None
    client = Redis.from_url(url.get_secret_value(), socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
    try:
        return await work(client)
    except (RedisError, OSError) as error:
        raise RedisDown(f"Redis cannot be used: {type(error).__name__}; check REDIS_URL") from None
    finally:
        await client.aclose()
