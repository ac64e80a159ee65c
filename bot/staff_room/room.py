"""The staff room: a Telegram group in which the supplier's people see what happens, and take part."""

from collections.abc import Callable, Mapping
from typing import Any

from telegram import Bot, Chat, Update
from telegram.error import BadRequest

from bot.ports import ChatRow, ClaimedJob
from bot.settings import Settings
from bot.staff_room import buttons, wording
from bot.staff_room.customers import Customers
from bot.staff_room.files import Files
from bot.staff_room.holding import holder_of
from bot.staff_room.post import NEWS, Place, Post, staff_failure
from bot.staff_room.replies import Replies
from bot.staff_room.taps import Taps
from bot.storage.store import SqlStore
from channels.contract import Channel
from core.domain.messages import Attachment, ChatRef
from core.errors import DeliveryRefused
from core.ports import Clock


class StaffRoom:
    """`announce` handles "staff" jobs; `handle` takes the updates of the group, which `handles` recognises.

    The group is `settings.staff_chat`. `channels` fetch customers' files; `stir` is told of a chat that staff
    wrote into; `bot_name` is the bot's own, "" until it is known.
    """

    def __init__(
        self,
        bot: Bot,
        store: SqlStore,
        settings: Settings,
        clock: Clock,
        channels: Mapping[str, Channel],
        stir: Callable[[ChatRef], None],
        bot_name: Callable[[], str] = str,
    ) -> None:
        if settings.staff_chat is None:
            raise ValueError("there is no staff room without RESUPPLY_STAFF_CHAT")
        self._store = store
        self._post = Post(bot, store, settings.staff_chat)
        self._customers = Customers(store)
        self._files = Files(self._post, channels, settings.media_max_bytes)
        self._replies = Replies(self._post, store, clock, self._customers, settings.max_message_chars, stir, bot_name)
        self._taps = Taps(self._post, store, clock)

    async def announce(self, job: ClaimedJob) -> None:
        """Tell the group of a "staff" job; payload: `{"about", "chat", "outlet", "sender", "channel", "author",
        "text", "order", "attachments", "reason", "error"}`, where absent keys mean nothing.

        What was posted for the job's key before is not posted again. Raises DeliveryFailed or DeliveryRefused.
        """
        payload = job.payload
        chat_id = payload.get("chat")
        row = await self._store.chat(chat_id) if isinstance(chat_id, int) else None
        told = await self._told(payload, row)
        place = Place(job.key, 0, told.chat_id, buttons=NEWS)
        markup = buttons.keyboard(row.chat_id, holder_of(row)) if row is not None else None
        try:
            await self._post.text(place, wording.announcement(told), markup)
            for part, attachment in enumerate(told.attachments, 1):
                await self._files.pass_on(Place(job.key, part, told.chat_id), told.channel, attachment, job.attempts)
        except BadRequest as error:
            raise staff_failure(error) from error

    async def handles(self, update: Update) -> bool:
        """Whether an update is the staff room's: from the group, or a tap on one of its buttons anywhere."""
        chat, query = update.effective_chat, update.callback_query
        if chat is not None and chat.type != Chat.PRIVATE and await self._post.is_group(chat.id):
            return True
        return query is not None and (query.data or "").startswith(buttons.PREFIX)

    async def handle(self, update: Update) -> None:
        """Take an update of the group. Staff talk among themselves, channel posts and anonymous admins are let be.

        Raises what the store raises in an outage. Taking the same update again changes and sends nothing more.
        """
        if update.callback_query is not None:
            await self._taps.tapped(update.callback_query)
            return
        message = update.message or update.edited_message
        if message is None or message.chat.id != self._post.group:
            return
        if message.migrate_to_chat_id is not None:
            await self._post.moved(message.migrate_to_chat_id)
        elif message.sender_chat is not None or message.from_user is None or message.from_user.is_bot:
            return
        elif update.edited_message is not None:
            await self._replies.edited(message, update.update_id)
        else:
            await self._replies.wrote(message, update.update_id)

    async def _told(self, payload: Mapping[str, Any], row: ChatRow | None) -> wording.Told:
        """What a payload is about, its order as it stands now. Raises DeliveryRefused for a malformed one."""
        about, number, attachments = payload.get("about"), payload.get("order"), _attachments(payload)
        if not isinstance(about, str):
            raise DeliveryRefused("a staff job says nothing of what it is about")
        order = await self._store.order(number) if isinstance(number, str) else None
        outlet = payload.get("outlet") or (order.outlet if order else None)
        chat = row.chat if row is not None else ChatRef(payload.get("channel") or "", payload.get("sender") or "")
        return wording.Told(
            about=about,
            customer=await self._customers.html(outlet, payload.get("author") or "", chat),
            chat_id=row.chat_id if row is not None else None,
            channel=chat.channel,
            text=payload.get("text") or "",
            reason=payload.get("reason") or payload.get("error") or "",
            order=order,
            number=number or "",
            attachments=attachments,
        )


def _attachments(payload: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The files of a payload. Raises DeliveryRefused where one has nothing to fetch it by."""
    try:
        return tuple(
            Attachment(each["ref"], each.get("content_type") or "", each.get("name") or "", each.get("size"))
            for each in payload.get("attachments") or ()
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise DeliveryRefused(f"malformed staff job: {type(error).__name__}") from None
