"""A year of reminders, with Singapore's holidays, on two processes that stop, start and sleep through hours and days.

They are also killed between any two steps: the row and the inbox, the inbox and the turn, the turn and the send.

What should have been said is worked out by brute force from the orders themselves, with none of the planner's code:
at every tick, for every outlet and day around it. The desk's clock is set; the database, the engine and the outbox are
real. It ticks at the moments at which something falls due and at random ones between: a tick at any other minute sees
the same rows.
"""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from holidays import country_holidays
from sqlalchemy import update

from bot.app import desk_rules, open_store
from bot.deliveries import ReplySender
from bot.dispatcher import Backoff, Dispatcher
from bot.metrics import Metrics
from bot.reminders import open_reminders
from bot.storage.store import SqlStore
from bot.storage.tables import chats, inbox, outbox, reminders
from channels.contract import Outgoing
from core.domain.messages import Answer, ChatRef, Inbound, Intent
from core.domain.orders import Draft, DraftLine, Order, OrderLine, OrderStatus
from core.domain.reminders import ReminderKind
from core.domain.sessions import Session
from core.engine import Engine
from core.ports import Accepted, TurnCommit
from tests.databases import SINGAPORE
from tests.sandbox.channel import QuietChannel
from tests.sandbox.sample import StoppedClock, rows_of, sample_settings

YEAR = 2026
HOLIDAYS = country_holidays("SG", years=[YEAR - 1, YEAR])
SKU = "PB-12-PLN"
Key = tuple[str, str, date]


@dataclass(frozen=True)
class Place:
    """An outlet of the sample as the test knows it. Weekdays are ISO's, orders close `lead` days before at `closes`."""

    code: str
    sender: str
    weekdays: tuple[int, ...]
    lead: int
    closes: time

    @property
    def chat(self) -> ChatRef:
        return ChatRef("whatsapp", self.sender)

    def closing(self, day: date) -> datetime:
        return datetime.combine(day - timedelta(days=self.lead), self.closes, SINGAPORE)


PLACES = (
    Place("KKB-BDK", "+6591230007", (1, 3, 5), 1, time(20)),
    Place("PBR-KIT", "+6591230012", (2, 5), 2, time(15)),
)


@dataclass
class Ordered:
    """An order of the year, which may be cancelled again."""

    number: str
    place: Place
    day: date
    placed: datetime
    cancelled: datetime | None = None

    def confirmed(self, at: datetime) -> bool:
        return self.placed <= at and not (self.cancelled and self.cancelled <= at)


@dataclass
class Drafted:
    """A draft in the chat of an outlet's, until it is given up."""

    place: Place
    touched: datetime
    day: date | None
    dropped: datetime


@dataclass
class World:
    """All that happens in the year apart from reminders."""

    orders: list[Ordered] = field(default_factory=list)
    drafts: list[Drafted] = field(default_factory=list)
    off: dict[tuple[str, str], datetime] = field(default_factory=dict)
    on: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def events(self) -> list[tuple[datetime, str, object]]:
        found: list[tuple[datetime, str, object]] = []
        for order in self.orders:
            found.append((order.placed, "order", order))
            found += [(order.cancelled, "cancel", order)] if order.cancelled else []
        for draft in self.drafts:
            found += [(draft.touched, "draft", draft), (draft.dropped, "drop", draft)]
        found += [(at, "off", key) for key, at in self.off.items()]
        found += [(at, "on", key) for key, at in self.on.items()]
        return sorted(found, key=lambda event: event[0])


def a_year(chance: random.Random) -> World:
    """Orders for most delivery days, drafts now and then, an outlet that wants less."""
    world = World()
    day = date(YEAR - 1, 12, 1)
    while day < date(YEAR + 1, 1, 1):
        for place in PLACES:
            if day.isoweekday() in place.weekdays and day not in HOLIDAYS and chance.random() < 0.8:
                world.orders += _some_orders(place, day, chance)
            if chance.random() < 0.06:
                touched = datetime.combine(day, time(chance.randint(7, 20), chance.randint(0, 59)), SINGAPORE)
                wanted = day + timedelta(days=chance.randint(1, 4)) if chance.random() < 0.5 else None
                world.drafts.append(Drafted(place, touched, wanted, touched + timedelta(hours=chance.randint(1, 22))))
        day += timedelta(days=1)
    for number, order in enumerate(world.orders):
        order.number = f"T-{number}"
    world.off["PBR-KIT", "delivery today"] = datetime(YEAR, 6, 15, 3, tzinfo=SINGAPORE)
    world.on["KKB-BDK", "overdue"] = datetime(YEAR, 1, 20, 3, tzinfo=SINGAPORE)
    return world


def _some_orders(place: Place, day: date, chance: random.Random) -> Iterator[Ordered]:
    for _ in range(chance.choice((1, 1, 1, 2))):
        placed = place.closing(day) - timedelta(minutes=chance.randint(1, 2_000))
        cancelled = placed + timedelta(minutes=chance.randint(5, 600)) if chance.random() < 0.08 else None
        yield Ordered("", place, day, placed, cancelled)


def ticks_of_a_year(world: World, chance: random.Random) -> list[datetime]:
    """When a process looks: as things fall due, and at random; not while all of them are down."""
    first, moments = datetime(YEAR, 1, 1, 0, 1, tzinfo=SINGAPORE), set[datetime]()
    for day in (first.date() + timedelta(days=n) for n in range(365)):
        fixed = [each for each in (time(8), time(9, 30), time(13), time(16), time(18)) if chance.random() < 0.6]
        fixed.append(time(chance.randint(0, 23), chance.randint(0, 59)))
        moments |= {datetime.combine(day, each, SINGAPORE) for each in fixed}
    for after in (timedelta(minutes=30), timedelta(hours=3)):
        moments |= {draft.touched + after for draft in world.drafts if draft.touched >= first}
    downs = [first + timedelta(hours=chance.randint(0, 365 * 24)) for _ in range(60)]
    away = [(down, down + timedelta(hours=chance.choice((1, 2, 5, 9, 14, 30, 120)))) for down in downs]
    return sorted(each for each in moments if not any(a <= each < b for a, b in away))


# What should be said ---------------------------------------------------------------------------------


def is_quiet(at: datetime) -> bool:
    return at.time() >= time(21) or at.time() < time(8)


def times_at(world: World, at: datetime) -> Iterator[tuple[Key, datetime, datetime]]:
    """Every occasion around a moment for which there is a reason by then: its key, when it is due, until when."""
    for place in PLACES:
        orders = [o for o in world.orders if o.place is place and o.placed <= at]
        asked = world.on.get((place.code, "overdue"))
        if asked and asked <= at:
            yield from _of_the_weeks(place, at)
        for offset in range(-5, 6):
            day = at.date() + timedelta(days=offset)
            placed = min((o.placed for o in orders if o.day == day and o.confirmed(at)), default=None)
            if placed is not None:
                yield from _of_a_delivery(place, day, placed)
            yield from _of_a_cut_off(world, place, orders, day, at)
        for draft in world.drafts:
            if draft.place is place and draft.touched <= at < draft.dropped:
                until = datetime.combine(draft.touched.date(), time(20, 59), SINGAPORE)
                until = min(until, place.closing(draft.day)) if draft.day else until
                in_time = max(draft.touched + timedelta(minutes=30), until - timedelta(hours=1))
                due = min(draft.touched + timedelta(hours=3), in_time)
                if is_quiet(due):  # touched before five in the morning, or in the evening
                    due = due.replace(hour=8, minute=0) if due.hour < 8 else until + timedelta(days=1)
                yield (place.code, "draft", draft.touched.date()), due, until


def _of_the_weeks(place: Place, at: datetime) -> Iterator[tuple[Key, datetime, datetime]]:
    """The first working day of this week and the last, from half past nine until six."""
    for weeks in (0, 1):
        monday = at.date() - timedelta(days=at.weekday(), weeks=weeks)
        day = next(d for d in (monday + timedelta(days=n) for n in range(5)) if d not in HOLIDAYS)
        due = datetime.combine(day, time(9, 30), SINGAPORE)
        yield (place.code, "overdue", day), due, due.replace(hour=18, minute=0)


def _of_a_delivery(place: Place, day: date, placed: datetime) -> Iterator[tuple[Key, datetime, datetime]]:
    def at(days: int, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(day + timedelta(days=days), time(hour, minute), SINGAPORE)

    spans = {
        "delivery tomorrow": (at(-1, 16), at(-1, 20, 59)),
        "delivery today": (at(0, 8), at(0, 12)),
        "received": (at(0, 18), at(1, 20, 59)),
    }
    for kind, (due, until) in spans.items():
        if placed <= due:
            yield (place.code, kind, day), due, until


def _of_a_cut_off(
    world: World, place: Place, orders: list[Ordered], day: date, at: datetime
) -> Iterator[tuple[Key, datetime, datetime]]:
    if day in HOLIDAYS or day.isoweekday() not in place.weekdays or any(o.day == day for o in orders):
        return
    weeks = [day - timedelta(weeks=n) for n in range(1, 9)]
    last_four = [week for week in weeks if week not in HOLIDAYS][:4]
    usual = sum(any(o.day == week and o.confirmed(at) for o in orders) for week in last_four)
    closes = place.closing(day)
    drafts = [d for d in world.drafts if d.place is place and d.touched <= at < d.dropped]
    recent = closes - timedelta(hours=24)
    if any(d.day == day or (d.day is None and d.touched >= recent) for d in drafts):
        return
    if usual >= 3:
        yield (place.code, "cut-off", day), closes - timedelta(hours=2), closes


@dataclass
class Expected:
    """What the ticks so far should have come to."""

    world: World
    said: dict[Key, datetime] = field(default_factory=dict)
    missed: set[Key] = field(default_factory=set)
    since: datetime | None = None

    def torn(self, at: datetime, noted: set[Key]) -> None:
        """All who ticked were killed: what they had noted by then was due, or missed, and the rest is left."""
        since = max(self.since, at - timedelta(days=3)) if self.since else at
        for key, due, until in times_at(self.world, at):
            if key in noted and due <= at <= until and not self.before_the_first(due, at):
                self.said.setdefault(key, at)
            elif key in noted and (due <= at <= until or since < due <= until < at):
                self.missed.add(key)
        assert noted <= self.said.keys() | self.missed

    def before_the_first(self, due: datetime, at: datetime) -> bool:
        """Whether a reminder was due before anybody ever looked to the end."""
        return self.since is None and due < at - timedelta(minutes=5)

    def tick(self, at: datetime) -> None:
        if is_quiet(at):
            return
        since = max(self.since, at - timedelta(days=3)) if self.since else at
        for key, due, until in times_at(self.world, at):
            off = self.world.off.get(key[:2])
            if key in self.said or key in self.missed or (off and off <= at):
                continue
            if due <= at <= until and not self.before_the_first(due, at):
                self.said[key] = at
            elif due <= at <= until or since < due <= until < at:
                self.missed.add(key)
        self.since = at


def _busy_with_another_day(world: World, row: Any) -> bool:
    """Whether the chat has a draft for another day: the desk does not ask for one more order then."""
    return any(d.place.code == row.outlet and d.touched <= row.made_at < d.dropped for d in world.drafts)


# The desk --------------------------------------------------------------------------------------------


class Phones(QuietChannel):
    """Everybody's WhatsApp: what was read on it, and when by the desk's clock."""

    name = "whatsapp"

    def __init__(self, clock: StoppedClock) -> None:
        super().__init__()
        self.clock = clock
        self.read: list[tuple[datetime, str, str]] = []

    async def send(self, message: Outgoing) -> None:
        self.read.append((self.clock.now(), message.chat.sender, message.reply.text))


class Killed(Exception):
    """The process is no more."""


class Process:
    """One process of the desk: its own connections, its own ticks. Turns are taken as reminders come in."""

    def __init__(self, settings: object, clock: StoppedClock, phones: Phones) -> None:
        self.settings, self.clock, self.phones = settings, clock, phones
        self.start()

    handed = False
    dies_before = ""

    def start(self) -> None:
        settings, metrics = self.settings, Metrics()
        self.owner, self.dies_before, self.dead = secrets.token_hex(4), "", False
        self.store: SqlStore = open_store(settings)
        self.engine = Engine(self.store, self.clock, desk_rules(settings))
        channels = {"whatsapp": self.phones}
        parts = open_reminders(settings, self.store, self.clock, channels, self.hand, metrics)
        assert parts.tick is not None
        self.tick = parts.tick
        sender = ReplySender([self.phones], self.store, self.clock)
        handlers = {"reply": parts.sender(sender, sender, Backoff())}
        self.dispatcher = Dispatcher(self.store, handlers, self.owner, Backoff(), metrics)

    async def restart(self) -> None:
        await self.store.close()
        self.start()

    def comes_to(self, step: str) -> None:
        self.dead = self.dead or step == self.dies_before
        if self.dead:
            raise Killed(step)

    async def hand(self, inbound: Inbound) -> Accepted:
        self.handed = True
        self.comes_to("inbox")
        accepted = await self.store.accept(inbound, open_as=self.owner)
        self.comes_to("turn")
        if accepted.turn is not None:
            await self.engine.take_turn(accepted.turn)
        self.comes_to("send")
        return accepted

    async def ticks(self) -> bool:
        """Whether it lived to the end of its tick."""
        try:
            await self.tick()
        except Killed:
            return False
        return not self.dead

    async def finish(self) -> None:
        """Send what was said, and take the turns that another process's lease kept from being taken at once."""
        if not self.handed:
            return
        self.handed = False
        for chat_id in await self.store.due_chats():
            turn = await self.store.open_turn(chat_id, self.owner)
            if turn is not None:
                await self.engine.take_turn(turn)
        await self.dispatcher.drain()


async def bury(process: Process, others: list[Process]) -> None:
    """A killed process is started anew, once what it held has run out; what it left is looked at."""
    async with process.store.database.writing() as connection:
        await connection.execute(update(chats).values(lease_owner=None, lease_turn=None, lease_until=None))
        await connection.execute(update(outbox).values(lease_owner=None, lease_until=None))
    await process.restart()
    for each in others:
        each.handed = True


async def happen(store: SqlStore, at: datetime, what: str, about: object) -> None:
    """An event of the year, written as a turn of the outlet's chat."""
    if isinstance(about, tuple):
        await store.choose_reminders(about[0], about[1], what == "on", "staff", at)
        return
    assert isinstance(about, Ordered | Drafted)
    place = about.place
    inbound = Inbound(place.chat, f"{what}:{id(about)}", "an event", at)
    turn = (await store.accept(inbound, open_as="world")).turn
    assert turn is not None
    session = Session.from_json(turn.session)
    session.outlet = place.code
    orders: tuple[Order, ...] = ()
    if isinstance(about, Ordered):
        orders = (_order(about, cancelled=what == "cancel"),)
    elif what == "draft":
        session.draft = Draft(f"d{id(about)}", (DraftLine(SKU, 2),), about.day)
    elif session.draft.id == f"d{id(about)}":
        session.draft = Draft()
    draft = session.draft if session.draft.lines else None
    answer = Answer((), Intent.ORDER, asked=False)
    await store.commit_turn(TurnCommit(turn, session.to_json(), draft, answer, {}, at, orders))


def _order(ordered: Ordered, *, cancelled: bool) -> Order:
    line = OrderLine(SKU, "Pizza Box 12in", 2, "bundle", 50, Decimal("32.00"))
    order = Order(
        OrderStatus.CONFIRMED,
        ordered.place.code,
        (line,),
        "SGD",
        Decimal("0.09"),
        ordered.number,
        f"d-{ordered.number}",
        ordered.day,
        placed_at=ordered.placed,
        placed_by=ordered.place.sender,
    )
    return replace(order, status=OrderStatus.CANCELLED, version=2) if cancelled else order


@pytest_asyncio.fixture
async def processes(sample_url: str, tmp_path: Path) -> AsyncIterator[list[Process]]:
    """Two of them on one database, with a template to begin chats with."""
    settings = sample_settings(sample_url, tmp_path, whatsapp_template_sid=f"HX{'0' * 32}")
    clock = StoppedClock(f"{YEAR - 1}-12-01T00:00")
    phones = Phones(clock)
    both = [Process(settings, clock, phones) for _ in range(2)]
    yield both
    for process in both:
        await process.store.close()


@pytest.mark.slow
@pytest.mark.heavy
async def test_every_due_reminder_is_said_once_and_none_at_night(processes: list[Process]) -> None:
    chance = random.Random(20261129)
    world = a_year(chance)
    clock, phones, expected = processes[0].clock, processes[0].phones, Expected(world)
    events, steps, shaken = world.events(), ("inbox", "turn", "send"), set[Key]()
    for at in ticks_of_a_year(world, chance):
        while events and events[0][0] <= at:
            clock.at = max(clock.at, events[0][0])
            await processes[0].finish()
            await happen(processes[0].store, *events.pop(0))
        clock.at = at
        ticking = chance.choice((processes, processes[:1], processes[1:]))
        for process in ticking:
            process.dies_before = chance.choice(steps) if chance.random() < 0.1 else ""
        doomed = any(process.dies_before for process in ticking)
        known = await noted(processes[0].store) if doomed else {}
        lived = await asyncio.gather(*(process.ticks() for process in ticking))
        after = await noted(processes[0].store) if doomed else {}
        new = {key: row for key, row in after.items() if key not in known}
        if any(lived):
            expected.tick(at)
        else:
            expected.torn(at, set(new))
        for process, lives in zip(ticking, lived, strict=True):
            if lives:
                await process.finish()
        if not all(lived):
            shaken |= {key for key, row in new.items() if row.handed}
            for process, lives in zip(ticking, lived, strict=True):
                if not lives:
                    await bury(process, processes)
        if chance.random() < 0.02:
            await chance.choice(processes).restart()
    await processes[0].finish()
    await processes[0].tick()

    rows = await noted(processes[0].store)
    said = {key for key, row in rows.items() if row.state == "said"}
    assert {key: row.made_at for key, row in rows.items() if row.handed} == expected.said
    assert {key for key, row in rows.items() if not row.handed} == expected.missed
    assert {row.state for row in rows.values()} == {"said", "missed", "skipped"}
    came_in = await rows_of(processes[0].store.database, inbox)
    came_in = [row for row in came_in if row.provider_id.startswith("reminder:")]
    names = {f"reminder:{kind}:{outlet}:{day}": (outlet, kind, day) for outlet, kind, day in expected.said}
    assert {names[row.provider_id.rstrip("~")] for row in came_in} >= expected.said.keys() - shaken
    assert len({row.provider_id for row in came_in}) == len(came_in)
    assert all(row.state == "answered" for row in came_in)
    assert not any(is_quiet(at) for at, _, _ in phones.read)
    assert len(phones.read) == len(said), "each once, none twice"
    for key in expected.said.keys() - said - shaken:
        assert key[1] == "overdue" or (key[1] == "cut-off" and _busy_with_another_day(world, rows[key])), key
    assert len(shaken & said) > 20, "what a killed process left is made up"
    assert {kind for _, kind, _ in said} == set(ReminderKind) - {ReminderKind.OVERDUE}
    assert len([key for key in expected.said if key[1] == "overdue"]) > 10
    assert len(expected.missed) > 10


async def noted(store: SqlStore) -> dict[Key, Any]:
    """Every row of reminders."""
    return {(row.outlet, row.kind, row.day): row for row in await rows_of(store.database, reminders)}
