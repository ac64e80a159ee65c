"""A store whose process kills itself at a chosen step of a message's way, once for each time it is armed.

The steps: "accepted" (the message is committed), "leased" (its chat is), "acted" (the turn is decided, not
committed), "committed", "claimed" (the answer is taken from the outbox), "sending" (about to go out),
"delivered" (the provider has it, our record has not), "sent" (recorded, the job still open).
"""

import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.ports import ClaimedJob
from bot.storage.store import SqlStore
from channels.contract import Sent
from core.domain.messages import ChatRef, Inbound
from core.ports import Accepted, OpenTurn, TurnCommit

STEPS = ("accepted", "leased", "acted", "committed", "claimed", "sending", "delivered", "sent")


class DyingStore(SqlStore):
    """The store, armed by a file that names the step to die at. Dying uses the file up."""

    armed: Path

    def _step(self, name: str) -> None:
        try:
            if self.armed.read_text() != name:
                return
            self.armed.unlink()
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    async def accept(self, inbound: Inbound, *, open_as: str | None = None) -> Accepted:
        accepted = await super().accept(inbound, open_as=open_as)
        self._step("accepted")
        return accepted

    async def open_turn(self, chat_id: int, owner: str) -> OpenTurn | None:
        turn = await super().open_turn(chat_id, owner)
        if turn is not None:
            self._step("leased")
        return turn

    async def commit_turn(self, commit: TurnCommit) -> None:
        self._step("acted")
        await super().commit_turn(commit)
        self._step("committed")

    async def claim_jobs(self, owner: str, limit: int = 20, without: Sequence[str] = ()) -> Sequence[ClaimedJob]:
        jobs = await super().claim_jobs(owner, limit, without)
        if any(job.kind == "reply" for job in jobs):
            self._step("claimed")
        return jobs

    async def begin(self, chat: ChatRef, key: str, part: int) -> Sent | None:
        known = await super().begin(chat, key, part)
        self._step("sending")
        return known

    async def finish(self, key: str, part: int, provider_id: str, note: Mapping[str, Any] | None = None) -> None:
        self._step("delivered")
        await super().finish(key, part, provider_id, note)

    async def job_done(self, job_id: int, owner: str | None = None) -> None:
        self._step("sent")
        await super().job_done(job_id, owner)
