"""What outlets want to be reminded of, and what they were: one row an outlet, kind and day."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, select, update

from bot.storage.part import Part
from bot.storage.tables import counters, reminder_choices, reminders
from core.domain.messages import ChatRef
from core.domain.reminders import PROVIDER_ID, Occasion, ReminderKind

EVERY_KIND = ""
_TICKED = "reminders ticked"  # a counter: seconds since 1970
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ReminderState(StrEnum):
    """Where a reminder stands: handed to a chat; then said there, or left unsaid by its turn, or never said."""

    DUE = "due"
    SAID = "said"
    SKIPPED = "skipped"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Handed:
    """A chat (its key) that a reminder was handed to, under which provider id; `failed`: why it was not said there."""

    chat: str
    id: str
    failed: str = ""

    @property
    def ref(self) -> ChatRef:
        """The chat; senders have no bar in them."""
        return ChatRef(*self.chat.split("|", 2))


@dataclass(frozen=True, slots=True)
class Reminder:
    """A row of `reminders`."""

    occasion: Occasion
    state: ReminderState
    due_at: datetime
    useful_until: datetime
    handed: tuple[Handed, ...] = ()
    detail: str = ""
    made_at: datetime | None = None

    def failed_in(self, chat: str, reason: str) -> "Reminder":
        """As it stands once it could not be said in a chat; missed when that was the last that was left."""
        handed = tuple(replace(each, failed=reason) if each.chat == chat else each for each in self.handed)
        lost = all(each.failed for each in handed)
        return replace(self, handed=handed, detail=reason, state=ReminderState.MISSED if lost else self.state)

    def postponed_in(self, chat: str) -> "Reminder":
        """As it stands once its turn in a chat is to be taken anew: under another id, so that it comes in again."""
        handed = tuple(replace(each, id=each.id + "~") if each.chat == chat else each for each in self.handed)
        return replace(self, handed=handed, state=ReminderState.DUE)

    def handed_on(self, chat: str) -> "Reminder":
        """As it stands once it is handed to one more chat."""
        place = len(self.handed) + 1
        more = Handed(chat, provider_id(self.occasion) + (f":{place}" if place > 1 else ""))
        return replace(self, handed=(*self.handed, more), state=ReminderState.DUE)


class Reminding(Part):
    """Rows of `reminder_choices` and `reminders`."""

    # Choices -----------------------------------------------------------------------------------------

    async def reminder_choices(self, outlet: str) -> Mapping[str, bool]:
        """What an outlet said it wants: by kind (`ReminderKind`), `""` for all others. Empty: the supplier's usual."""
        return (await self.choices_of([outlet])).get(outlet, {})

    async def choices_of(self, outlets: Collection[str]) -> Mapping[str, Mapping[str, bool]]:
        """What outlets said, by their codes; those that said nothing are left out."""
        asked = select(reminder_choices).where(reminder_choices.c.outlet.in_(outlets))
        said: dict[str, dict[str, bool]] = defaultdict(dict)
        async with self.database.reading() as connection:
            for row in await connection.execute(asked):
                said[row.outlet][row.kind] = bool(row.wanted)
        return said

    async def outlets_wanting(self, kind: ReminderKind) -> Sequence[str]:
        """The outlets that asked for a kind by its name."""
        own = reminder_choices.c
        asked = select(own.outlet).where(own.kind == kind.value, own.wanted).order_by(own.outlet)
        async with self.database.reading() as connection:
            return list((await connection.execute(asked)).scalars())

    async def choose_reminders(self, outlet: str, kind: str, wanted: bool, by: str, at: datetime) -> None:
        """Remember that an outlet wants a kind, or not; `""` is all of them and replaces what was said of each.

        `by` says who said so: a chat's sender, or "staff". The last word counts.
        """
        said = {"wanted": wanted, "by": by, "updated_at": at}
        insert = self.database.upsert(reminder_choices).values(outlet=outlet, kind=kind, **said)
        async with self.database.writing() as connection:
            if kind == EVERY_KIND:
                await connection.execute(delete(reminder_choices).where(reminder_choices.c.outlet == outlet))
            await connection.execute(insert.on_conflict_do_update(index_elements=["outlet", "kind"], set_=said))

    # Reminders ---------------------------------------------------------------------------------------

    async def add_reminders(self, rows: Sequence[Reminder], at: datetime) -> list[Reminder]:
        """Note reminders; returns those that nobody had noted before, whose maker hands them to their chats."""
        if not rows:
            return []
        insert = self.database.upsert(reminders).values(
            [{**_values(row), "made_at": at, "updated_at": at} for row in rows]
        )
        key = (reminders.c.outlet, reminders.c.kind, reminders.c.day)
        first = insert.on_conflict_do_nothing(index_elements=list(key)).returning(*key)
        async with self.database.writing() as connection:
            new = {(row.outlet, row.kind, row.day) for row in await connection.execute(first)}
        return [row for row in rows if _key(row.occasion) in new]

    async def due_reminders(self, after: Occasion | None, limit: int) -> list[Reminder]:
        """Those in state "due", by outlet, kind and day, after one of them. There are few: the index has no others."""
        own = reminders.c
        asked = select(reminders).where(own.state == ReminderState.DUE).order_by(own.outlet, own.kind, own.day)
        if after is not None:
            outlet, kind, day = _key(after)
            later = (own.kind > kind) | ((own.kind == kind) & (own.day > day))
            asked = asked.where((own.outlet > outlet) | ((own.outlet == outlet) & later))
        async with self.database.reading() as connection:
            return [self._reminder(row) for row in await connection.execute(asked.limit(limit))]

    async def reminder(self, occasion: Occasion) -> Reminder | None:
        """The row of an occasion."""
        async with self.database.reading() as connection:
            row = (await connection.execute(select(reminders).where(_of(occasion)))).one_or_none()
        return self._reminder(row) if row else None

    async def reminder_rows(self, outlet: str | None = None, limit: int = 100) -> list[Reminder]:
        """The newest reminders, of one outlet or of all, those due last at the top."""
        asked = select(reminders).order_by(reminders.c.due_at.desc(), reminders.c.outlet, reminders.c.kind).limit(limit)
        if outlet is not None:
            asked = asked.where(reminders.c.outlet == outlet)
        async with self.database.reading() as connection:
            return [self._reminder(row) for row in await connection.execute(asked)]

    async def settle_reminder(self, occasion: Occasion, state: ReminderState, detail: str, at: datetime) -> bool:
        """Write what became of a reminder in state "due"; whether it was in that."""
        due = _of(occasion) & (reminders.c.state == ReminderState.DUE)
        change = update(reminders).where(due).values(state=state, detail=detail or None, updated_at=at)
        async with self.database.writing() as connection:
            return bool((await connection.execute(change)).rowcount)

    async def fail_reminder(
        self, occasion: Occasion, chat: str, reason: str, others: Sequence[str], at: datetime
    ) -> tuple[Reminder, Handed | None] | None:
        """Note that a reminder could not be said in a chat, and hand it to the first of `others` that had it not yet.

        Once a chat: None where that is known already. The row as it stands, with the chat that has it now, if any.
        """
        async with self.database.writing() as connection:
            found = await connection.execute(select(reminders).where(_of(occasion)).with_for_update())
            row = next((self._reminder(each) for each in found), None)
            if row is None or not any(each.chat == chat and not each.failed for each in row.handed):
                return None
            row = row.failed_in(chat, reason)
            had = {each.chat for each in row.handed}
            following = next((key for key in others if key not in had), None)
            row = row.handed_on(following) if following is not None else row
            change = update(reminders).where(_of(occasion)).values(**_values(row), updated_at=at)
            await connection.execute(change)
        return row, row.handed[-1] if following is not None else None

    async def postpone_reminder(self, occasion: Occasion, chat: str, heard_as: str, at: datetime) -> None:
        """Have a later tick hand a reminder to its chat again; `heard_as` is the id under which it came in."""
        async with self.database.writing() as connection:
            found = await connection.execute(select(reminders).where(_of(occasion)).with_for_update())
            row = next((self._reminder(each) for each in found), None)
            if row is None or not any((each.chat, each.id) == (chat, heard_as) for each in row.handed):
                return
            change = update(reminders).where(_of(occasion)).values(**_values(row.postponed_in(chat)), updated_at=at)
            await connection.execute(change)

    # Ticks -------------------------------------------------------------------------------------------

    async def reminders_ticked(self) -> datetime | None:
        """When any process last looked for what is due, in waking hours; None for never."""
        async with self.database.reading() as connection:
            seconds = (await connection.execute(select(counters.c.value).where(counters.c.name == _TICKED))).scalar()
        return (_EPOCH + timedelta(seconds=seconds)).astimezone(self.zone) if seconds is not None else None

    async def note_reminders_ticked(self, at: datetime) -> None:
        """Remember that everything due by `at` was looked at."""
        seconds = int((at - _EPOCH).total_seconds())
        insert = self.database.upsert(counters).values(name=_TICKED, value=seconds)
        later = insert.on_conflict_do_update(
            index_elements=["name"], set_={"value": seconds}, where=counters.c.value < seconds
        )
        async with self.database.writing() as connection:
            await connection.execute(later)

    def _reminder(self, row: Row[Any]) -> Reminder:
        return Reminder(
            Occasion(ReminderKind(row.kind), row.outlet, row.day),
            ReminderState(row.state),
            row.due_at.astimezone(self.zone),
            row.useful_until.astimezone(self.zone),
            tuple(Handed(each["chat"], each["id"], each.get("failed", "")) for each in row.handed),
            row.detail or "",
            row.made_at.astimezone(self.zone),
        )


def provider_id(occasion: Occasion) -> str:
    """A reminder's provider id in the first chat that it is handed to."""
    return PROVIDER_ID + occasion.key


def _key(occasion: Occasion) -> tuple[str, str, Any]:
    return occasion.outlet, occasion.kind.value, occasion.day


def _of(occasion: Occasion) -> ColumnElement[bool]:
    outlet, kind, day = _key(occasion)
    return and_(reminders.c.outlet == outlet, reminders.c.kind == kind, reminders.c.day == day)


def _values(row: Reminder) -> dict[str, Any]:
    outlet, kind, day = _key(row.occasion)
    return {
        "outlet": outlet,
        "kind": kind,
        "day": day,
        "state": row.state.value,
        "detail": row.detail or None,
        "handed": [
            {"chat": each.chat, "id": each.id, **({"failed": each.failed} if each.failed else {})}
            for each in row.handed
        ],
        "due_at": row.due_at,
        "useful_until": row.useful_until,
    }
