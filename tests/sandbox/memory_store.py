"""An honest in-memory implementation of core.ports.Store: same promises, no SQL, nothing durable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from core.domain.catalogue import Catalogue
from core.domain.messages import ChatRef, Inbound
from core.domain.orders import Draft, Order, OrderStatus
from core.domain.outlets import Directory
from core.errors import AlreadyOrdered, LeaseLost
from core.ports import Accepted, Job, OpenTurn, Reference, TurnCommit, Waiting


@dataclass
class StoredMessage:
    """An inbox row: waiting until a turn answers it or parks it."""

    inbox_id: int
    chat_id: int
    inbound: Inbound
    attempts: int = 0
    answered: bool = False
    parked: str | None = None
    body: dict[str, Any] | None = None


@dataclass
class StoredChat:
    """A chat with its session and lease. `owner` is None while no turn is open; `fence` only grows."""

    chat_id: int
    chat: ChatRef
    session: str | None = None
    draft: Draft | None = None
    owner: str | None = None
    fence: int = 0
    turns: list[TurnCommit] = field(default_factory=list)


class MemoryStore:
    """Everything a desk stores, in dictionaries. One event loop; a lease ends by commit or `expire_lease`."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._chats: dict[str, StoredChat] = {}
        self._chats_by_id: dict[int, StoredChat] = {}
        self._messages: list[StoredMessage] = []
        self._orders: dict[str, Order] = {}
        self._jobs: dict[str, Job] = {}
        self._numbers = count(1)
        self.choices: dict[str, dict[str, bool]] = {}

    async def accept(self, inbound: Inbound, *, open_as: str | None = None) -> Accepted:
        """Keep an inbound message once; with `open_as`, also open a turn on its chat when it is free."""
        known = self._find(inbound)
        chat = self._chat_of(inbound.chat)
        if known is None:
            message = StoredMessage(len(self._messages) + 1, chat.chat_id, inbound)
            self._messages.append(message)
        else:
            message = known
        turn = self._lease(chat, open_as) if open_as and not message.answered else None
        return Accepted(message.inbox_id, chat.chat_id, known is not None, turn, message.body)

    async def open_turn(self, chat_id: int, owner: str) -> OpenTurn | None:
        """Lease a chat that has waiting messages; None when it is leased or has none."""
        return self._lease(self._chats_by_id[chat_id], owner)

    async def commit_turn(self, commit: TurnCommit) -> None:
        """Write a turn and release its lease, or raise LeaseLost or AlreadyOrdered and write nothing."""
        chat = self._chats_by_id[commit.turn.chat_id]
        if chat.owner != commit.turn.owner or chat.fence != commit.turn.fence:
            raise LeaseLost(f"chat {chat.chat_id} is at fence {chat.fence}, the turn at {commit.turn.fence}")
        self._check_orders(commit.orders)
        for order in commit.orders:
            self._orders[order.number or ""] = order
        for job in commit.jobs:
            self._jobs.setdefault(job.key, job)
        self._link(commit)
        chat.session, chat.draft, chat.owner = commit.session, commit.draft, None
        chat.turns.append(commit)
        answered = {waiting.inbox_id for waiting in commit.turn.messages}
        for message in self._messages:
            if message.inbox_id in answered:
                message.answered, message.parked, message.body = True, commit.parked, commit.body

    async def reference(self, version: int | None = None) -> Reference:
        """The current reference data."""
        return self._reference

    def put_reference(self, reference: Reference) -> None:
        """Replace the reference data, as an import or an unlinking does."""
        self._reference = reference

    async def orders_of(self, outlet: str, limit: int = 12) -> Sequence[Order]:
        """The outlet's orders, newest first, cancelled ones included."""
        theirs = [o for o in self._orders.values() if o.outlet == outlet and o.status is not OrderStatus.DRAFT]
        theirs.sort(key=lambda o: (o.placed_at is not None, o.placed_at, o.number), reverse=True)
        return theirs[:limit]

    async def reminder_choices(self, outlet: str) -> Mapping[str, bool]:
        """What an outlet said of reminders."""
        return dict(self.choices.get(outlet, {}))

    async def next_order_number(self) -> str:
        """A new order number; never handed out twice."""
        return f"SO-{next(self._numbers):05d}"

    async def seed_orders(self, orders: Sequence[Order]) -> None:
        """Store past orders, each under a number of its own."""
        for order in orders:
            number = await self.next_order_number()
            self._orders[number] = replace(order, number=number, draft_id=f"seed-{number}")

    def put_order(self, order: Order) -> Order:
        """Store an order as it is."""
        self._orders[order.number or ""] = order
        return order

    def unlink(self, identity: str) -> None:
        """Take a sender off every outlet."""
        known = self._reference.directory
        contacts = {who: codes for who, codes in known.contacts.items() if who != identity}
        directory = Directory(known.outlets, contacts, known.invites)
        self._reference = replace(self._reference, version=self._reference.version + 1, directory=directory)

    def import_catalogue(self, catalogue: Catalogue) -> None:
        """What an import of new products and prices does."""
        self._reference = replace(self._reference, version=self._reference.version + 1, catalogue=catalogue)

    def expire_lease(self, chat_id: int) -> None:
        """What time does to a lease whose owner died: the chat is free, the old fence is worthless."""
        self._chats_by_id[chat_id].owner = None

    @property
    def orders(self) -> tuple[Order, ...]:
        """All stored orders, for a test to look at."""
        return tuple(self._orders.values())

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The outbox, oldest first."""
        return tuple(self._jobs.values())

    @property
    def parked(self) -> tuple[StoredMessage, ...]:
        """Messages that a failing turn put aside."""
        return tuple(message for message in self._messages if message.parked)

    def turns_of(self, chat: ChatRef) -> tuple[TurnCommit, ...]:
        """The committed turns of a chat, oldest first."""
        return tuple(self._chats[chat.key].turns) if chat.key in self._chats else ()

    def _find(self, inbound: Inbound) -> StoredMessage | None:
        identity = (inbound.chat.channel, inbound.provider_id)
        return next((m for m in self._messages if (m.inbound.chat.channel, m.inbound.provider_id) == identity), None)

    def _chat_of(self, ref: ChatRef) -> StoredChat:
        if ref.key not in self._chats:
            chat = StoredChat(len(self._chats) + 1, ref)
            self._chats[ref.key] = self._chats_by_id[chat.chat_id] = chat
        return self._chats[ref.key]

    def _lease(self, chat: StoredChat, owner: str) -> OpenTurn | None:
        waiting = [m for m in self._messages if m.chat_id == chat.chat_id and not m.answered]
        if chat.owner is not None or not waiting:
            return None
        chat.owner, chat.fence = owner, chat.fence + 1
        for message in waiting:
            message.attempts += 1
        return OpenTurn(
            turn_id=f"turn-{chat.chat_id}-{chat.fence}",
            chat_id=chat.chat_id,
            chat=chat.chat,
            owner=owner,
            fence=chat.fence,
            messages=tuple(Waiting(m.inbox_id, m.inbound, m.attempts) for m in waiting),
            session=chat.session,
            reference_version=self._reference.version,
        )

    def _check_orders(self, orders: Sequence[Order]) -> None:
        for order in orders:
            stored = self._orders.get(order.number or "")
            if stored is None:
                twins = (o for o in self._orders.values() if order.draft_id and o.draft_id == order.draft_id)
                if next(twins, None) is not None:
                    raise AlreadyOrdered(f"draft {order.draft_id} is an order already")
            elif order.version != stored.version + 1:
                raise AlreadyOrdered(f"{order.number} is at version {stored.version}, not {order.version - 1}")

    def _link(self, commit: TurnCommit) -> None:
        if not commit.links and not commit.invites_used:
            return
        directory = self._reference.directory
        contacts = dict(directory.contacts)
        for identity, outlet in commit.links:
            contacts[identity] = tuple(dict.fromkeys((*contacts.get(identity, ()), outlet)))
        invites = {c: o for c, o in directory.invites.items() if c not in commit.invites_used}
        self._reference = replace(
            self._reference,
            version=self._reference.version + 1,
            directory=Directory(directory.outlets, contacts, invites),
        )
