"""The tick: looks for what is due, notes each once, hands it to a chat, and sees what became of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.metrics import Metrics
from bot.reminders.looking import Looking
from bot.reminders.recipients import Recipients
from bot.storage.reminder_sources import Heard
from bot.storage.reminding import Handed, Reminder, ReminderState, provider_id
from bot.storage.store import SqlStore
from core.domain.messages import ChatRef, Inbound, Kind
from core.domain.reminders import Occasion, Unsaid, wanted
from core.domain.reminding import Due, ReminderRules
from core.ports import Accepted, Clock

log = structlog.get_logger(__name__)

Hand = Callable[[Inbound], Awaitable[Accepted]]
Elsewhere = Callable[[Occasion, ChatRef, str], Awaitable[None]]

_PAGE = 200
_AT_ONCE = 20
_MADE_UP_AFTER = timedelta(minutes=1)
_TRIED_AGAIN_AFTER = timedelta(minutes=15)
_FURTHEST_BACK = timedelta(days=3)
_JUST_NOW = timedelta(minutes=5)
_NOBODY = "nobody can be reached"
_NOT_HANDED = "the desk was not running"
_BEFORE_THE_FIRST = "it was due before the desk first looked"
_BROKE = "it could not be handled"
_NO_BOOKS = "the books could not be asked"
_NOT_IN_THIS_CHAT = "a person has the chat, or its customer does not want it there any more"


class Reminders:
    """Everything about reminders that a minute's tick does. Several processes may tick on one database.

    A row of `reminders` is inserted first, and whoever inserted it hands the reminder to its chats: as a message in
    the inbox, whose provider id follows from the row. Should that process die in between, a later tick does it again.
    """

    def __init__(
        self,
        store: SqlStore,
        clock: Clock,
        rules: ReminderRules,
        recipients: Recipients,
        hand: Hand,
        elsewhere: Elsewhere,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules
        self._recipients = recipients
        self._hand = hand
        self._elsewhere = elsewhere
        self._metrics = metrics
        self._looking = Looking(store, rules, _PAGE)

    async def tick(self) -> None:
        """Look once. Raises what the store raises in an outage; the next tick takes up what is left.

        In quiet hours nothing is looked for: the first tick after them sees what came up meanwhile. The very first of
        an installation says only what is due from then on: nobody was promised a word of what was due before.
        """
        now = self._clock.now()
        await self._see_to_due(now)
        if self._rules.quiet.cover(now):
            return
        ticked = await self._store.reminders_ticked()
        since = max(ticked, now - _FURTHEST_BACK) if ticked is not None else now
        async for page in self._looking.pages(now, since):
            await self._note(await self._wanted(page), now, since, now - _JUST_NOW if ticked is None else None)
        await self._store.note_reminders_ticked(now)

    # -- what is due -------------------------------------------------------------------------------

    async def _wanted(self, page: Sequence[tuple[Due, ChatRef | None]]) -> list[tuple[Due, ChatRef | None]]:
        """Those of a page that their outlets want. Drafts of chats that nothing can be pushed to are nobody's."""
        if not page:
            return []
        choices = await self._store.choices_of({due.occasion.outlet for due, _ in page})
        return [
            (due, chat)
            for due, chat in page
            if wanted(due.occasion.kind, choices.get(due.occasion.outlet, {}))
            and (chat is None or self._recipients.may_push(chat))
        ]

    async def _note(
        self,
        page: Sequence[tuple[Due, ChatRef | None]],
        now: datetime,
        since: datetime,
        began: datetime | None,
    ) -> None:
        """Insert the rows of what is due now or was missed, and hand on those that are new.

        What was due before the desk `began` is noted too, so that no later tick says it.
        """
        rows = []
        for due, chat in page:
            if began is not None and due.due_at < began:
                rows.append(_unsaid(due, ReminderState.SKIPPED, _BEFORE_THE_FIRST))
            elif due.is_open(now):
                rows.append(await self._addressed(due, chat, now))
            elif due.was_missed(now, since):
                rows.append(_unsaid(due, ReminderState.MISSED, _NOT_HANDED))
        new = await self._store.add_reminders(rows, now)
        for row in new:
            self._count(row, row.state)
        await self._hand_all([inbound_of(row, handed, now) for row in new for handed in row.handed])

    async def _addressed(self, due: Due, chat: ChatRef | None, now: datetime) -> Reminder:
        """The row of a reminder with the chats that it goes to. A draft's goes to the chat that has the draft."""
        if chat is not None:
            chats = [chat] if await self._recipients.can_reach(chat, now) else []
        else:
            chats = await self._recipients.first(due.occasion.outlet, now)
        first = provider_id(due.occasion)
        names = [first] if len(chats) == 1 else [f"{first}@{each.sender}" for each in chats]
        handed = tuple(Handed(each.key, name) for each, name in zip(chats, names, strict=True))
        state, detail = (ReminderState.DUE, "") if chats else (ReminderState.MISSED, _NOBODY)
        return Reminder(due.occasion, state, due.due_at, due.useful_until, handed, detail)

    async def _hand_all(self, inbound: Sequence[Inbound]) -> None:
        """Accept messages into the inbox, some at a time; doing it again changes nothing."""
        for start in range(0, len(inbound), _AT_ONCE):
            await asyncio.gather(*map(self._hand, inbound[start : start + _AT_ONCE]))

    # -- what became of it -------------------------------------------------------------------------

    async def _see_to_due(self, now: datetime) -> None:
        """Settle the rows whose turns are over, and hand on again what never came into an inbox."""
        async for page in self._due_pages():
            heard = await self._store.heard([handed for row in page for handed in row.handed])
            for row in page:
                await self._see_to(row, heard, now)

    async def _due_pages(self) -> AsyncIterator[list[Reminder]]:
        page = await self._store.due_reminders(None, _PAGE)
        while page:
            yield page
            full = len(page) == _PAGE
            page = await self._store.due_reminders(page[-1].occasion, _PAGE) if full else []

    async def _see_to(self, row: Reminder, heard: Mapping[str, Heard], now: datetime) -> None:
        held = [each for each in row.handed if not each.failed]
        lost = [each for each in held if each.id not in heard]
        if lost and now <= row.useful_until:
            await self._make_up(row, lost, now)
            return
        outcomes = [heard[each.id] for each in held if each.id in heard]
        if any(each.state == "waiting" for each in outcomes) or await self._tried_again(row, heard, now):
            return
        if any(each.spoke and each.state == "answered" for each in outcomes):
            await self._settle(row, ReminderState.SAID, "", now)
        elif any(each.unsaid is Unsaid.LATER for each in outcomes):
            await self._settle(row, ReminderState.MISSED, _NO_BOOKS, now)
        elif any(each.state == "answered" for each in outcomes):
            await self._settle(row, ReminderState.SKIPPED, "there was no reason any more", now)
        else:
            await self._settle(row, ReminderState.MISSED, _BROKE if outcomes else _NOT_HANDED, now)

    async def _tried_again(self, row: Reminder, heard: Mapping[str, Heard], now: datetime) -> bool:
        """Whether it goes to another chat, or to the same one later: what its turns found in its way may not last."""
        held = [(each, heard[each.id]) for each in row.handed if not each.failed and each.id in heard]
        elsewhere = [each for each, found in held if found.unsaid is Unsaid.ELSEWHERE]
        for each in elsewhere:
            await self._elsewhere(row.occasion, each.ref, _NOT_IN_THIS_CHAT)
        later = [(each, found.at + _TRIED_AGAIN_AFTER) for each, found in held if found.unsaid is Unsaid.LATER]
        later = [(each, at) for each, at in later if max(now, self._rules.quiet.after(at)) <= row.useful_until]
        for each, at in later:
            if at <= now:
                await self._store.postpone_reminder(row.occasion, each.chat, each.id, now)
        return bool(elsewhere or later)

    async def _make_up(self, row: Reminder, lost: Sequence[Handed], now: datetime) -> None:
        """A process died between noting it and handing it on; give a living one a moment to do so."""
        fresh = row.made_at is not None and now - row.made_at < _MADE_UP_AFTER
        if fresh or self._rules.quiet.cover(now):
            return
        log.info("reminder_made_up", kind=row.occasion.kind.value, outlet=row.occasion.outlet)
        await self._hand_all([inbound_of(row, handed, now) for handed in lost])

    async def _settle(self, row: Reminder, state: ReminderState, detail: str, now: datetime) -> None:
        if await self._store.settle_reminder(row.occasion, state, detail, now):
            self._count(row, state)

    def _count(self, row: Reminder, state: ReminderState) -> None:
        self._metrics.reminders.labels(row.occasion.kind.value, state.value).inc()


def _unsaid(due: Due, state: ReminderState, detail: str) -> Reminder:
    """The row of a reminder that goes to nobody."""
    return Reminder(due.occasion, state, due.due_at, due.useful_until, (), detail)


def inbound_of(row: Reminder, handed: Handed, now: datetime) -> Inbound:
    """A reminder as it comes into the inbox of a chat. Its provider id follows from the row, so it comes in once."""
    tried = tuple(each.chat for each in row.handed if each.failed)
    said = replace(row.occasion, tried=tried)
    return Inbound(handed.ref, handed.id, said.to_json(), now, kind=Kind.REMINDER)
