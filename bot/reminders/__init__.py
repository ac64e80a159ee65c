"""Reminders: what is due, to whom, once; and elsewhere where it cannot be said in the first chat."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.dispatcher import Backoff, Handler
from bot.metrics import Metrics
from bot.reminders.failover import Failover, RemindersSent
from bot.reminders.planning import Hand, Reminders
from bot.reminders.recipients import Recipients
from bot.settings import Settings
from bot.storage.store import SqlStore
from channels.contract import Channel
from core.ports import Clock

__all__ = ["Failover", "Recipients", "Reminders", "RemindersSent", "Reminding", "open_reminders"]


@dataclass(frozen=True)
class Reminding:
    """All of it, wired. `tick` is None where nobody is to be reminded: by settings, or for want of a messenger."""

    tick: Callable[[], Awaitable[None]] | None
    failover: Failover
    store: SqlStore
    clock: Clock

    def sender(self, send: Handler, usual: Handler, backoff: Backoff) -> RemindersSent:
        """The handler of "reply" jobs: those of reminders are sent by `send`, others by `usual`."""
        return RemindersSent(send, usual, self.failover, self.store, self.clock, backoff)


def open_reminders(
    settings: Settings, store: SqlStore, clock: Clock, channels: Mapping[str, Channel], hand: Hand, metrics: Metrics
) -> Reminding:
    """Wire reminders. `hand` accepts a message into the inbox and sees to its turn."""
    rules = settings.reminder_rules
    recipients = Recipients(store, settings, channels)
    failover = Failover(store, clock, rules.quiet, recipients, hand, metrics)
    reminders = Reminders(store, clock, rules, recipients, hand, failover, metrics)
    return Reminding(reminders.tick if rules.kinds and recipients.any else None, failover, store, clock)
