"""Telegram updates, from the webhook or from polling: to the desk, or to the staff's room."""

from typing import Any

import structlog
from telegram import Update

from bot.intake import Intake
from bot.staff_room import StaffRoom
from bot.storage.store import SqlStore
from channels.telegram import MalformedUpdate, Moved, Received, TelegramChannel, parse_update, read_update
from core.ports import Clock

log = structlog.get_logger(__name__)


class TelegramIntake:
    """Takes updates; what it returns from is committed. A malformed one is passed over: it never gets better."""

    def __init__(
        self, channel: TelegramChannel, intake: Intake, store: SqlStore, clock: Clock, staff: StaffRoom | None
    ) -> None:
        self._channel = channel
        self._intake = intake
        self._store = store
        self._clock = clock
        self._staff = staff

    async def take_raw(self, fields: Any) -> None:
        """Take an update as Telegram writes it. Raises as `take` does."""
        try:
            update = parse_update(fields)
        except MalformedUpdate as error:
            log.warning("telegram_update_malformed", reason=str(error))
            return
        await self.take(update)

    async def take(self, update: Update) -> None:
        """Take an update. Raises Busy before the bot knows its name, and what the store raises in an outage."""
        if self._staff is not None and await self._staff.handles(update):
            await self._staff.handle(update)
            return
        try:
            received = read_update(update, self._channel.me, self._clock.now())
        except MalformedUpdate as error:
            log.warning("telegram_update_malformed", reason=str(error))
            return
        await self._act_on(received)
        if received.callback_id:
            self._intake.aside(self._channel.answer_tap(received.callback_id))

    async def _act_on(self, received: Received) -> None:
        if received.reach is not None:
            reach = received.reach
            if reach.chat.sender.startswith("telegram:-"):
                log.info("telegram_group", chat=reach.chat.sender, member=reach.reachable)
            await self._store.set_reach(reach.chat, None if reach.reachable else "blocked", reach.at)
        if received.moved is not None:
            await self._follow(received.moved)
        if received.inbound is not None:
            await self._intake.take(received.inbound, self._channel)

    async def _follow(self, moved: Moved) -> None:
        """A group has another id from now on: it orders for the same outlets."""
        directory = (await self._store.reference()).directory
        for outlet in directory.outlets_of(moved.old.sender):
            await self._store.link(moved.new.sender, outlet.code)
        log.info("telegram_group_moved")
