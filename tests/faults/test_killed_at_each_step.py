"""kill -9 at each step of a message's way, on each messenger: nothing is lost, and at most what was in flight doubled.

Twilio keeps what was sent, so that a message in flight is looked up and never sent again; Telegram has nothing to look
up, so there the one in flight may come twice. The table is printed with `-s`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from rich.console import Console
from rich.table import Table

from bot.storage.database import Database
from bot.storage.tables import inbox, messages, outbox
from tests.sandbox.dying import STEPS
from tests.sandbox.processes import Desks, ForkedDesk, health
from tests.sandbox.sample import release_claims, rows_of, until
from tests.sandbox.telegram_server import TelegramServer
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, TwilioServer, forms

MONDAY = "2026-11-23T09:30"
PUBLIC = "https://desk.example"
KILLS = 2
MANAGER = "+6591230001"

pytestmark = [pytest.mark.slow, pytest.mark.heavy, pytest.mark.timeout(300)]


@dataclass
class Tally:
    """What became of the messages around the kills at one step."""

    step: str
    kills: int = 0
    sent: int = 0
    answered: int = 0
    replies: int = 0
    arrived: int = 0

    @property
    def lost(self) -> int:
        return self.sent - self.answered + max(0, self.replies - self.arrived)

    @property
    def doubled(self) -> int:
        return max(0, self.arrived - self.replies)


@dataclass
class Line:
    """A customer on a messenger: how they write, and how many messages have reached them."""

    desk: ForkedDesk
    url: str
    session: aiohttp.ClientSession
    armed: Path
    says: Callable[[str], Awaitable[Any]]
    arrived: Callable[[], int]

    async def killed_while(self, step: str, text: str) -> None:
        """Have the desk kill itself at a step of this message's way, and bring it back."""
        self.armed.write_text(step)
        await self.says(text)

        async def dead() -> bool:
            return not self.armed.exists()

        await until(dead)
        self.desk.revive()
        await release_claims(self.url)

        async def settled() -> bool:
            said = await health(self.session, self.desk)
            return said["inbox_waiting"] == 0 and said["outbox_depth"] == 0

        await until(settled)

    async def rows(self) -> tuple[int, int, int]:
        """Messages on record, those answered, and replies."""
        database = Database.open(self.url)
        try:
            waiting, log = await rows_of(database, inbox), await rows_of(database, messages)
            assert {job.state for job in await rows_of(database, outbox)} <= {"done"}
        finally:
            await database.close()
        return len(waiting), sum(r.state == "answered" for r in waiting), sum(r.direction == "out" for r in log)


@asynccontextmanager
async def on_whatsapp(url: str, desks: Desks, folder: Path) -> AsyncIterator[Line]:
    """A customer on WhatsApp. Twilio does not deliver a webhook again."""
    async with TwilioServer() as twilio, aiohttp.ClientSession() as session:
        desk = forked(
            desks,
            url,
            folder,
            RESUPPLY_PUBLIC_URL=PUBLIC,
            TWILIO_API_URL=twilio.url,
            TWILIO_ACCOUNT_SID=ACCOUNT_SID,
            TWILIO_AUTH_TOKEN=AUTH_TOKEN,
            TWILIO_WHATSAPP_FROM=SENDER,
        )
        twilio.connect(desk.url, public_url=PUBLIC)

        async def says(text: str) -> Any:
            return await twilio.send(forms.text(MANAGER, text))

        yield Line(desk, url, session, folder / "armed", says, lambda: len(twilio.sent_to(MANAGER)))
        assert twilio.refusals == []


@asynccontextmanager
async def on_telegram(url: str, desks: Desks, folder: Path) -> AsyncIterator[Line]:
    """A customer on Telegram, by long polling: an update is given out until it is confirmed."""
    async with TelegramServer() as telegram, aiohttp.ClientSession() as session:
        desk = forked(desks, url, folder, TELEGRAM_API_URL=telegram.url, TELEGRAM_BOT_TOKEN=telegram.token)
        mei = telegram.chat(700001, "Mei")

        async def says(text: str) -> None:
            mei.says(text)

        yield Line(desk, url, session, folder / "armed", says, lambda: len(telegram.calls_of("sendMessage")))


def forked(desks: Desks, url: str, folder: Path, **settings: str) -> ForkedDesk:
    return desks.forked(url, "--at", MONDAY, "--armed", str(folder / "armed"), **settings)


@pytest.mark.parametrize("messenger", [on_whatsapp, on_telegram])
async def test_a_kill_at_any_step_loses_nothing(sample_url: str, desks: Desks, tmp_path: Path, messenger: Any) -> None:
    tallies = []
    async with messenger(sample_url, desks, tmp_path) as line:
        for number, step in enumerate(STEPS):
            tally = Tally(step)
            before, arrived = await line.rows(), line.arrived()
            for kill in range(KILLS):
                await line.killed_while(step, f"{2 + number * KILLS + kill} bundles of plain 12in pizza box")
                tally.kills += 1
                tally.sent += 1
            after = await line.rows()
            tally.answered, tally.replies = after[1] - before[1], after[2] - before[2]
            tally.arrived = line.arrived() - arrived
            tallies.append(tally)
    show(messenger.__name__, tallies)
    assert [tally.lost for tally in tallies] == [0] * len(STEPS)
    in_flight = {"sending", "delivered"} if messenger is on_telegram else set()
    for tally in tallies:
        assert tally.doubled <= (tally.kills if tally.step in in_flight else 0), tally


def show(title: str, tallies: list[Tally]) -> None:
    names = ("step", "kills", "sent", "answered", "replies", "arrived", "lost", "doubled")
    table = Table(*names, title=title)
    for tally in tallies:
        table.add_row(*(str(getattr(tally, name)) for name in names))
    Console(width=100).print(table)
