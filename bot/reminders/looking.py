"""Where a tick looks for what may be due: one short question a kind and day, and none while nothing can be."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from bot.storage.reminder_sources import DraftRow
from bot.storage.store import SqlStore
from core.domain.messages import ChatRef
from core.domain.orders import OrderStatus
from core.domain.outlets import Outlet
from core.domain.reminders import ReminderKind
from core.domain.reminding import DELIVERY_KINDS, Due, OpenDraft, ReminderRules, weeks_before
from core.domain.sessions import Session
from core.ports import Reference

Page = list[tuple[Due, ChatRef | None]]
Ordered = Mapping[str, Mapping[date, OrderStatus]]

_DRAFTS_SINCE = timedelta(days=30)  # one that is older is nobody's work


class Looking:
    """Finds occasions whose time has come, by page. With a draft's comes the chat that has the draft."""

    def __init__(self, store: SqlStore, rules: ReminderRules, page: int) -> None:
        self._store = store
        self._rules = rules
        self._page = page

    async def pages(self, now: datetime, since: datetime) -> AsyncIterator[Page]:
        """What is due at `now` or became so after `since`, the last look. Some of it may be noted already."""
        reference = await self._store.reference()
        for kind in DELIVERY_KINDS:
            if kind in self._rules.kinds:
                for day in self._rules.delivery_days(kind, now, since):
                    async for page in self._deliveries(kind, day, reference):
                        yield page
        if ReminderKind.CUT_OFF in self._rules.kinds:
            async for page in self._cut_offs(reference, now, since):
                yield page
        if ReminderKind.DRAFT in self._rules.kinds:
            async for page in self._drafts(reference, since):
                yield page
        if ReminderKind.OVERDUE in self._rules.kinds:
            yield await self._overdue(reference, now, since)

    async def _deliveries(self, kind: ReminderKind, day: date, reference: Reference) -> AsyncIterator[Page]:
        after, more, outlets = "", True, reference.directory.outlets
        while more:
            found = await self._store.deliveries_unspoken(kind, day, after, self._page)
            after, more = (found[-1].outlet, len(found) == self._page) if found else ("", False)
            known = [each for each in found if each.outlet in outlets]
            due = (self._rules.delivery(kind, outlets[each.outlet], day, each.placed_at) for each in known)
            yield [(each, None) for each in due if each is not None]

    async def _cut_offs(self, reference: Reference, now: datetime, since: datetime) -> AsyncIterator[Page]:
        closing = self._closing(reference, now, since)
        drafts: Mapping[str, Sequence[OpenDraft]] | None = None
        codes = sorted(closing)
        for start in range(0, len(codes), self._page):
            some = {code: closing[code] for code in codes[start : start + self._page]}
            orders = await self._orders(some, reference)
            due = self._closing_soon(some, orders, {}, reference)
            if due and drafts is None:
                drafts = await self._drafts_by_outlet(reference, now)
            yield [(each, None) for each in self._closing_soon(some, orders, drafts or {}, reference)] if due else []

    def _closing(self, reference: Reference, now: datetime, since: datetime) -> dict[str, Sequence[date]]:
        """The outlets that orders close for about now, with the delivery days: from memory."""
        found = {
            code: self._rules.closing_days(outlet, reference.calendar, now, since)
            for code, outlet in reference.directory.outlets.items()
        }
        return {code: days for code, days in found.items() if days}

    async def _orders(self, closing: Mapping[str, Sequence[date]], reference: Reference) -> Ordered:
        """What outlets ordered for the days that close and the weeks before, by those not reminded yet."""
        days = {day for each in closing.values() for day in each}
        spoken = await self._store.spoken_of(ReminderKind.CUT_OFF, closing.keys(), days)
        left = {(code, day) for code, each in closing.items() for day in each} - spoken
        asked = {earlier for _, day in left for earlier in (day, *weeks_before(day, reference.calendar))}
        return await self._store.orders_for({code for code, _ in left}, asked) if left else {}

    def _closing_soon(
        self,
        closing: Mapping[str, Sequence[date]],
        orders: Ordered,
        drafts: Mapping[str, Sequence[OpenDraft]],
        reference: Reference,
    ) -> list[Due]:
        outlets, calendar = reference.directory.outlets, reference.calendar
        due = (
            self._rules.cut_off(outlets[code], day, calendar, orders[code], drafts.get(code, ()))
            for code, days in closing.items()
            if code in orders
            for day in days
        )
        return [each for each in due if each is not None]

    async def _drafts(self, reference: Reference, since: datetime) -> AsyncIterator[Page]:
        """Only today's are spoken of, and those of the days since the last look may have been missed."""
        midnight = datetime.combine(since.date(), datetime.min.time(), since.tzinfo)
        async for rows in self._draft_rows(midnight):
            page: Page = []
            for row, outlet in _of_outlets(rows, reference):
                due = self._rules.draft(outlet, OpenDraft(row.touched_at, row.day), reference.calendar)
                page += [(due, row.chat)] if due is not None else []
            yield page

    async def _drafts_by_outlet(self, reference: Reference, now: datetime) -> Mapping[str, Sequence[OpenDraft]]:
        found: dict[str, list[OpenDraft]] = defaultdict(list)
        async for rows in self._draft_rows(now - _DRAFTS_SINCE):
            for row, outlet in _of_outlets(rows, reference):
                found[outlet.code].append(OpenDraft(row.touched_at, row.day))
        return found

    async def _draft_rows(self, since: datetime) -> AsyncIterator[Sequence[DraftRow]]:
        after, more = 0, True
        while more:
            rows = await self._store.open_drafts(since, after, self._page)
            after, more = (rows[-1].chat_id, len(rows) == self._page) if rows else (0, False)
            yield rows

    async def _overdue(self, reference: Reference, now: datetime, since: datetime) -> Page:
        days = self._rules.overdue_days(now, since)
        if not days:
            return []
        known = reference.directory.outlets
        asked = [known[code] for code in await self._store.outlets_wanting(ReminderKind.OVERDUE) if code in known]
        due = (self._rules.overdue(outlet, day, reference.calendar) for outlet in asked for day in days)
        return [(each, None) for each in due if each is not None]


def _of_outlets(rows: Sequence[DraftRow], reference: Reference) -> Iterator[tuple[DraftRow, Outlet]]:
    """Drafts with the outlets that they are for; not those of senders who only said that they are of one."""
    for row in rows:
        try:
            session = Session.from_json(row.session)
        except ValueError:
            continue
        outlet = reference.directory.outlets.get(session.outlet or "")
        if outlet is not None and not session.claimed:
            yield row, outlet
