"""Updates on their way to the bot: the getUpdates queue and the webhook ("Getting updates" in the Bot API)."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.sandbox.telegram.refusals import bad_request, conflict, stricter

Update = dict[str, Any]

KINDS = frozenset(
    """message edited_message channel_post edited_channel_post business_connection business_message
    edited_business_message deleted_business_messages message_reaction message_reaction_count inline_query
    chosen_inline_result callback_query shipping_query pre_checkout_query purchased_paid_media poll poll_answer
    my_chat_member chat_member chat_join_request chat_boost removed_chat_boost managed_bot guest_message""".split()
)
# "an empty list to receive all update types except chat_member, message_reaction, and message_reaction_count (default)"
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass
class Webhook:
    """Where updates are posted."""

    url: str
    secret: str | None = None
    max_connections: int = 40
    last_error: str = ""
    last_error_at: int = 0


@dataclass(frozen=True)
class Delivery:
    """One POST to a webhook. `status` 0 when there was no answer."""

    update_id: int
    status: int
    text: str = ""


@dataclass
class Updates:
    """All updates that the bot has not taken yet."""

    retry_seconds: float = 0.05
    attempts: int = 5000
    in_order: bool = True
    next_id: int = 730_000_001
    allowed: list[str] = field(default_factory=list)
    pending: list[Update] = field(default_factory=list)
    held: list[Update] | None = None
    withheld: list[Update] = field(default_factory=list)
    made: list[Update] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    webhook: Webhook | None = None
    _poll: "asyncio.Future[str] | None" = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _tries: dict[int, int] = field(default_factory=dict)
    _posting: dict[int, "asyncio.Task[None]"] = field(default_factory=dict)
    _pump: "asyncio.Task[None] | None" = None
    _session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Opens what posting needs."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        self._pump = asyncio.create_task(self._deliver())

    async def stop(self) -> None:
        """Ends every long poll and POST."""
        self.end_poll("terminated by the end of the sandbox")
        tasks = [task for task in (self._pump, *self._posting.values()) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    def make(self, kind: str, payload: Any) -> Update:
        """A new update, sent unless the bot did not ask for its kind."""
        return self.send({"update_id": self.next_id, kind: payload})

    def send(self, update: Update) -> Update:
        """Sends an update as it is, filtered as the bot asked; gives it an id where it has none."""
        update = {"update_id": self.next_id, **update}
        self.next_id = max(self.next_id, update["update_id"]) + 1
        kind = next((name for name in update if name != "update_id"), "")
        self.made.append(update)
        if kind in KINDS and not self._wanted(kind):
            self.withheld.append(update)
        elif self.held is not None:
            self.held.append(update)
        else:
            self.pending.append(update)
            self._wake()
        return update

    def _wanted(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT

    def allow(self, kinds: list[str] | None) -> None:
        """Sets which kinds are made; None keeps what was set before."""
        if kinds is None:
            return
        for kind in kinds:
            if kind not in KINDS:
                raise stricter(f'unknown update type "{kind}" in allowed_updates')
        self.allowed = list(kinds)

    def hold(self) -> None:
        """Keeps updates back in `held` until `release()`."""
        self.held = self.held or []

    def release(self, order: list[Update] | None = None) -> None:
        """Sends what was held, or `order` instead of it (shuffled, with copies)."""
        self.pending.extend(dict(update) for update in (self.held or [] if order is None else order))
        self.held = None
        self._wake()

    def _wake(self) -> None:
        self._changed.set()

    # -- getUpdates --------------------------------------------------------------------------------------------

    async def poll(
        self, offset: int | None, limit: int | None, timeout: int | None, allowed: list[str] | None
    ) -> list[Update]:
        """getUpdates. A second one ends the first with 409."""
        if self.webhook:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        if limit is not None and not 1 <= limit <= 100:
            raise stricter("limit must be 1 to 100")
        self.end_poll("terminated by other getUpdates request; make sure that only one bot instance is running")
        self.allow(allowed)
        self._confirm(offset)
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._poll = ended
        try:
            return await self._wait(ended, limit or 100, timeout or 0)
        finally:
            if self._poll is ended:
                self._poll = None

    async def _wait(self, ended: "asyncio.Future[str]", limit: int, timeout: int) -> list[Update]:
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while True:
            if ended.done():
                raise conflict(ended.result())
            left = until - loop.time()
            if self.pending or left <= 0:
                return self.pending[:limit]
            self._changed.clear()
            changed = asyncio.ensure_future(self._changed.wait())
            try:
                either: set[asyncio.Future[Any]] = {changed, ended}
                await asyncio.wait(either, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            finally:
                changed.cancel()

    def _confirm(self, offset: int | None) -> None:
        if not offset:
            return
        if offset < 0:  # "updates will be forgotten": all but the last -offset ones
            self.pending = self.pending[offset:]
        else:
            self.pending = [update for update in self.pending if update["update_id"] >= offset]

    def end_poll(self, why: str) -> None:
        """Ends a waiting getUpdates with 409."""
        if self._poll and not self._poll.done():
            self._poll.set_result(why)
        self._wake()

    # -- webhook -----------------------------------------------------------------------------------------------

    def set_webhook(self, webhook: Webhook | None) -> None:
        """From now on updates are posted there; None goes back to getUpdates."""
        self.webhook = webhook
        if webhook:
            self.end_poll("terminated by setWebhook request")
        self._tries.clear()
        self._wake()

    async def _deliver(self) -> None:
        """Posts pending updates; those of one chat one after the other, which the real server does as well."""
        while True:
            self._changed.clear()
            if self.webhook:
                self._begin(self.webhook)
            await self._changed.wait()
            await asyncio.sleep(0)

    def _begin(self, webhook: Webhook) -> None:
        lanes = {_lane(task_update) for task_update in self.pending if id(task_update) in self._posting}
        for update in list(self.pending):
            if len(self._posting) >= webhook.max_connections:
                return
            if id(update) in self._posting or (self.in_order and _lane(update) in lanes):
                continue
            lanes.add(_lane(update))
            self._posting[id(update)] = asyncio.create_task(self._post_until_taken(update, webhook))

    async def _post_until_taken(self, update: Update, webhook: Webhook) -> None:
        try:
            while self.webhook is webhook and any(update is other for other in self.pending):
                result = await self.post_one(update, webhook.url, webhook.secret)
                tries = self._tries[id(update)] = self._tries.get(id(update), 0) + 1
                if 200 <= result.status < 300 or tries >= self.attempts:
                    self.pending = [other for other in self.pending if other is not update]
                    return
                webhook.last_error = f"Wrong response from the webhook: {result.status} {result.text[:40]}".strip()
                await asyncio.sleep(self.retry_seconds)
        finally:
            self._posting.pop(id(update), None)
            self._wake()

    async def post_one(self, update: Update, url: str, secret: str | None) -> Delivery:
        """One POST of one update, as Telegram makes it; nothing is retried."""
        headers = {SECRET_HEADER: secret} if secret is not None else {}
        assert self._session is not None
        try:
            async with self._session.post(url, json=update, headers=headers) as answer:
                delivery = Delivery(update["update_id"], answer.status, await answer.text())
        except (aiohttp.ClientError, TimeoutError) as error:
            delivery = Delivery(update["update_id"], 0, str(error))
        self.deliveries.append(delivery)
        return delivery

    async def post(
        self,
        updates: list[Update],
        *,
        to: str = "",
        secret: str | None = None,
        copies: int = 1,
        shuffle: int | None = None,
        together: bool = False,
    ) -> list[Delivery]:
        """Posts updates once each (times `copies`), in an order shuffled by a seed, one by one or all `together`."""
        if not to:
            assert self.webhook, "no webhook is set and no address was given"
            to, secret = self.webhook.url, self.webhook.secret
        batch = [update for update in updates for _ in range(copies)]
        if shuffle is not None:
            random.Random(shuffle).shuffle(batch)
        if together:
            return list(await asyncio.gather(*(self.post_one(update, to, secret) for update in batch)))
        return [await self.post_one(update, to, secret) for update in batch]

    async def settled(self, timeout: float = 10.0) -> None:
        """Returns when the bot has taken every update. Raises TimeoutError naming those that it has not."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while self.pending or self._posting:
            if loop.time() > until:
                raise TimeoutError(f"not taken: {[update['update_id'] for update in self.pending]}")
            await asyncio.sleep(0.01)


def check_secret(secret: str | None) -> None:
    """1-256 characters of A-Z, a-z, 0-9, _ and -."""
    if secret is None:
        return
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not secret or not all(c.isascii() and (c.isalnum() or c in "_-") for c in secret):
        raise bad_request("secret token contains unallowed characters")


def _lane(update: Update) -> Any:
    """What is kept in order: a chat's updates."""
    for value in update.values():
        if isinstance(value, dict):
            message = value if "chat" in value else value.get("message") or {}
            chat = message.get("chat") or value.get("from") or {}
            return chat.get("id")
    return None
