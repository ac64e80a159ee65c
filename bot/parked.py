"""What was set aside for a person, in one list: `m9` is a message, `j7` a job."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.identities import masked, masked_sender
from bot.storage.store import SqlStore
from core.errors import InvalidInput

_ID = re.compile(r"([jm])(\d{1,18})", re.ASCII)
_REASON_CHARS = 160


@dataclass(frozen=True, slots=True)
class ParkedItem:
    """A parked message or job. `kind` is "message" or the job's kind; `about` names its chat, masked."""

    id: str
    kind: str
    about: str
    reason: str
    since: datetime


async def parked_items(store: SqlStore, limit: int = 100) -> list[ParkedItem]:
    """What is parked, oldest first: at most so many messages and so many jobs, the newest of each."""
    messages = [
        ParkedItem(
            f"m{each.inbox_id}",
            "message",
            f"{each.chat_id} {each.chat.channel} {masked_sender(each.chat.sender)}",
            _reason(each.trace),
            each.received_at,
        )
        for each in await store.parked_messages(limit)
    ]
    jobs = [
        ParkedItem(f"j{each.job_id}", each.kind, _lane(each.lane), _reason(each.error), each.parked_at)
        for each in await store.parked_jobs(limit)
    ]
    return sorted([*messages, *jobs], key=lambda item: item.since)


async def retry_parked(store: SqlStore, item: str) -> None:
    """Give a parked item back: a job to the dispatcher, a message to the next sweep. Raises InvalidInput."""
    await _change(item, store.unpark, store.retry_message)


async def retry_kind(store: SqlStore, kind: str) -> int:
    """Give back all parked jobs of a kind; how many they were. Raises InvalidInput where there is none."""
    if count := await store.unpark_kind(kind):
        return count
    others = ", ".join(await store.parked_kinds())
    raise InvalidInput(f"no job of kind {kind!r} is parked; " + (f"there are: {others}" if others else "no job is"))


async def drop_parked(store: SqlStore, item: str) -> None:
    """Take a parked item off the list; its row is kept as dropped. Raises InvalidInput."""
    await _change(item, store.drop_job, store.drop_message)


async def _change(item: str, job: Callable[[int], Awaitable[bool]], message: Callable[[int], Awaitable[bool]]) -> None:
    found = _ID.fullmatch(item.lower())
    if found is None:
        raise InvalidInput(f"{item!r} is no id of a parked item; they look like m9 or j7")
    if not await (job if found[1] == "j" else message)(int(found[2])):
        raise InvalidInput(f"nothing parked has the id {item}; see `resupply parked list`")


def _lane(lane: str) -> str:
    """A job's lane; where it is a chat's key, its channel and its sender masked."""
    channel, bar, rest = lane.partition("|")
    return f"{channel} {masked_sender(rest.partition('|')[0])}" if bar else masked(lane)


def _reason(text: str) -> str:
    """The last line of a trace or error: what was raised."""
    lines = [line for line in text.splitlines() if line.strip()]
    return masked(lines[-1].strip())[:_REASON_CHARS] if lines else ""
