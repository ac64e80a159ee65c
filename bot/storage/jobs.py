"""Jobs that are added outside a turn's commit, on the caller's transaction."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import Database
from bot.storage.tables import outbox
from core.domain.messages import ChatRef
from core.ports import Job


async def add_job(database: Database, connection: AsyncConnection, job: Job, delay: float = 0.0) -> bool:
    """Add a job, due after `delay` seconds. False, and no change, where there is one of its key."""
    now = database.moment()
    row = {"kind": job.kind, "key": job.key, "lane": job.lane, "payload": job.payload, "state": "waiting"}
    due = database.moment(timedelta(seconds=delay))
    insert = database.upsert(outbox).values(**row, due_at=due, created_at=now, updated_at=now)
    return bool((await connection.execute(insert.on_conflict_do_nothing(index_elements=["key"]))).rowcount)


def reply_job(key: str, chat: ChatRef, text: str) -> Job:
    """A "reply" job as the engine leaves one, without choices."""
    payload: dict[str, Any] = {"channel": chat.channel, "to": chat.sender, "session": chat.session}
    return Job("reply", key, chat.key, {**payload, "text": text, "choices": []})
