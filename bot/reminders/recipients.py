"""Who is reminded, and in which of their chats: the outlet's own people, on channels that can reach them now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.settings import Settings
from bot.storage.onboarding import Linked
from bot.storage.reminder_sources import KnownChat
from bot.storage.store import SqlStore
from channels.whatsapp.addresses import address_of
from core.domain.messages import ChatRef
from core.domain.sessions import Session

WHATSAPP, TELEGRAM, WEB = "whatsapp", "telegram", "web"
_WINDOW = timedelta(hours=24) - timedelta(minutes=15)  # with room for the turn before it closes


@dataclass(frozen=True, slots=True)
class Person:
    """A sender who orders for an outlet. `known`: they may be written to first, as far as we can tell."""

    identity: str
    known: bool = True


class Recipients:
    """Chats for an outlet's reminders, the best first. `channels` are the names of those that are configured."""

    def __init__(self, store: SqlStore, settings: Settings, channels: Collection[str]) -> None:
        self._store = store
        self._channels = frozenset(channels)
        self._everyone = settings.reminder_recipients == "all"
        self._template = settings.whatsapp_template_sid is not None
        self._browser = settings.demo

    @property
    def any(self) -> bool:
        """Whether there is any way to remind anybody."""
        return self._browser or bool(self._channels & {WHATSAPP, TELEGRAM})

    async def first(self, outlet: str, now: datetime) -> list[ChatRef]:
        """Where a reminder goes first: to the one in charge, or to all."""
        chats = await self.of(outlet, now)
        return chats if self._everyone else chats[:1]

    async def of(self, outlet: str, now: datetime) -> list[ChatRef]:
        """Every chat that a reminder can go to now.

        First those of the person who placed the last order, then WhatsApp before Telegram, each in the order in which
        its people were linked.
        """
        people = await self._people(outlet)
        found = await self._store.known_chats([chat.key for person in people for chat in _chats_of(person.identity)])
        chats = [
            chat
            for person in people
            for chat in _chats_of(person.identity)
            if self._can_reach(person, chat, found.get(chat.key), now)
        ]
        first = people[0].identity if people else ""
        chats.sort(key=lambda chat: (chat.sender != first, chat.channel != WHATSAPP))
        return [*chats, *await self._in_the_browser(people, now)]

    def may_push(self, chat: ChatRef) -> bool:
        """Whether its channel is one that people are reminded on."""
        return chat.channel in self._channels & {WHATSAPP, TELEGRAM} or (chat.channel == WEB and self._browser)

    async def can_reach(self, chat: ChatRef, now: datetime) -> bool:
        """Whether a chat that exists can be written to by itself now."""
        known = (await self._store.known_chats([chat.key])).get(chat.key)
        if known is None or not self.may_push(chat):
            return False
        return not _is_silent(known) if chat.channel == WEB else self._can_reach(Person(chat.sender), chat, known, now)

    async def _people(self, outlet: str) -> list[Person]:
        """Those who are linked to an outlet, the one in charge first: who ordered last, else who was linked first."""
        linked = await self._store.linked_to(outlet)
        last = await self._store.orders_of(outlet, 1)
        in_charge = last[0].placed_by if last else ""
        return [_person(each) for each in sorted(linked, key=lambda each: each.identity != in_charge)]

    def _can_reach(self, person: Person, chat: ChatRef, known: KnownChat | None, now: datetime) -> bool:
        if chat.channel not in self._channels:
            return False
        if known is None:  # a bot cannot begin a chat; a business can, with a template
            return chat.channel == WHATSAPP and self._template and person.known
        if known.reach is not None or _is_silent(known):
            return False
        if chat.channel == WHATSAPP and not self._template:
            # In UTC: within one zone the difference would be what clocks show, an hour off as they change.
            return known.wrote_at is not None and now.astimezone(UTC) - known.wrote_at <= _WINDOW
        return True

    async def _in_the_browser(self, people: Sequence[Person], now: datetime) -> list[ChatRef]:
        """In the demo the browser may show it: in the chat of each person's that moved last."""
        if not self._browser:
            return []
        keys = await self._store.browser_chats([person.identity for person in people])
        known = await self._store.known_chats(keys)
        newest: dict[str, ChatRef] = {}
        for key in keys:
            if not _is_silent(known[key]):
                newest.setdefault(known[key].chat.sender, known[key].chat)
        return [newest[person.identity] for person in people if person.identity in newest]


def _person(linked: Linked) -> Person:
    """A WhatsApp user id that came with a number was linked beside it: it stands for the same person."""
    return Person(linked.identity, known=not (linked.identity.startswith("whatsapp:") and linked.source == "link"))


def _chats_of(identity: str) -> list[ChatRef]:
    """The chats on messengers that a sender has, or would have."""
    if identity.startswith("telegram:"):
        return [ChatRef(TELEGRAM, identity)]
    on_whatsapp = identity.startswith(("+", "whatsapp:")) and address_of(identity) is not None
    return [ChatRef(WHATSAPP, identity)] if on_whatsapp else []


def _is_silent(known: KnownChat) -> bool:
    """Whether a person has the chat, or its customer asked not to be written to."""
    try:
        session = Session.from_json(known.session)
    except ValueError:
        return False
    return session.handoff is not None or session.opted_out
