"""Some kinds of jobs are tried for longer than others."""

from bot.dispatcher import Backoff, Dispatcher
from bot.metrics import Metrics
from bot.ports import ClaimedJob
from bot.storage.store import SqlStore
from bot.storage.tables import outbox
from core.errors import DeliveryFailed
from core.ports import Job
from tests.sandbox.sample import rows_of


async def test_a_kind_of_its_own_patience_outlasts_the_others(store: SqlStore) -> None:
    async def fails(job: ClaimedJob) -> None:
        raise DeliveryFailed("no answer")

    for kind in ("invoice", "reply"):
        await store.add_job(Job(kind, f"{kind}:1", kind, {}))
    usual, longer = Backoff(first=0.0, attempts=2), Backoff(first=0.0, attempts=4)
    handlers = {"invoice": fails, "reply": fails}
    await Dispatcher(store, handlers, "me", usual, Metrics(), {"invoice": longer}).drain()
    found = {row.kind: (row.state, row.attempts) for row in await rows_of(store.database, outbox)}
    assert found == {"invoice": ("parked", 4), "reply": ("parked", 2)}
