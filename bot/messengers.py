"""WhatsApp and Telegram as the settings want them: the channels, their doors, and the staff's room."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from bot.desk import Desk
from bot.handoff import session_of
from bot.http.webhooks import TelegramDoor, WhatsAppDoor
from bot.intake import Intake
from bot.ports import DeskStore
from bot.settings import Settings
from bot.staff_room import StaffRoom
from bot.storage.store import SqlStore
from bot.telegram_intake import TelegramIntake
from channels.contract import Channel
from channels.telegram import TelegramChannel
from channels.telegram.bot import API_URL
from channels.whatsapp.client import Account
from channels.whatsapp.sender import WhatsAppChannel
from channels.whatsapp.template import Template
from core.domain.messages import ChatRef
from core.ports import Clock


@dataclass
class Messengers:
    """The channels that customers are reached by, by name. Empty where none is configured."""

    whatsapp: WhatsAppChannel | None = None
    telegram: TelegramChannel | None = None
    staff_room: StaffRoom | None = None
    others: Mapping[str, Channel] = field(default_factory=dict)

    @property
    def channels(self) -> dict[str, Channel]:
        """All of them."""
        own = [channel for channel in (self.whatsapp, self.telegram) if channel is not None]
        return {**{channel.name: channel for channel in own}, **self.others}

    def state_of(self, name: str) -> str:
        """How a channel is, for /health."""
        channel = self.channels.get(name)
        return channel.state if channel is not None else "not configured"

    async def start(self) -> None:
        """Register with the providers, in the background."""
        for channel in self.channels.values():
            await channel.start()

    async def stop(self) -> None:
        """Take nothing more and close the connections."""
        for channel in self.channels.values():
            await channel.stop()


def open_messengers(
    settings: Settings,
    store: DeskStore,
    clock: Clock,
    others: Mapping[str, Channel],
    stir: Callable[[ChatRef], None],
) -> Messengers:
    """The messengers that are configured; nothing connects before `start`. They need the desk's own database."""
    made = Messengers(others=others)
    if not isinstance(store, SqlStore):
        return made
    if settings.twilio_account_sid and settings.channel_problem is None:
        made.whatsapp = _whatsapp(settings, store, clock)
    if settings.telegram_bot_token is not None and settings.channel_problem is None:
        made.telegram = telegram = _telegram(settings, store)
        if settings.staff_chat is not None:
            made.staff_room = StaffRoom(
                telegram.bot, store, settings, clock, made.channels, stir, lambda: telegram.me.username
            )
    return made


def open_doors(messengers: Messengers, desk: Desk, store: DeskStore, settings: Settings, clock: Clock) -> "Doors":
    """Where customers' messages come in, wired to the desk."""
    intake = Intake(desk, store)
    doors = Doors(intake)
    if not isinstance(store, SqlStore):
        return doors
    if messengers.whatsapp is not None and settings.twilio_auth_token is not None and settings.public_url:
        token = settings.twilio_auth_token.get_secret_value()
        doors.whatsapp = WhatsAppDoor(messengers.whatsapp, intake, store, clock, token, settings.public_url)
    if messengers.telegram is not None:
        updates = TelegramIntake(messengers.telegram, intake, store, clock, messengers.staff_room)
        messengers.telegram.handle = updates.take
        if settings.telegram_mode == "webhook":
            doors.telegram = TelegramDoor(updates, messengers.telegram.webhook_secret)
    return doors


@dataclass
class Doors:
    """The webhooks."""

    intake: Intake
    whatsapp: WhatsAppDoor | None = None
    telegram: TelegramDoor | None = None

    def add_to(self, app: web.Application) -> None:
        """Add the routes of what is configured."""
        for door in (self.whatsapp, self.telegram):
            if door is not None:
                door.add_to(app)


def _whatsapp(settings: Settings, store: SqlStore, clock: Clock) -> WhatsAppChannel:
    assert settings.twilio_account_sid is not None
    assert settings.twilio_auth_token is not None
    assert settings.twilio_whatsapp_from is not None
    account = Account(
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        settings.twilio_whatsapp_from,
        api_url=settings.twilio_api_url,
        timeout=settings.provider_timeout_seconds,
    )
    template = (
        Template(settings.whatsapp_template_sid, settings.whatsapp_template_variables)
        if settings.whatsapp_template_sid
        else None
    )

    async def outlet_of(chat: ChatRef) -> str | None:
        row = await store.chat_of(chat)
        code = session_of(row).outlet if row is not None else None
        outlet = (await store.reference()).directory.outlets.get(code) if code else None
        return outlet.name if outlet is not None else None

    return WhatsAppChannel(
        account,
        store,
        clock,
        public_url=settings.public_url,
        template=template,
        supplier=settings.supplier_name,
        outlet_of=outlet_of,
    )


def _telegram(settings: Settings, store: SqlStore) -> TelegramChannel:
    assert settings.telegram_bot_token is not None
    secret = settings.telegram_webhook_secret
    return TelegramChannel(
        settings.telegram_bot_token.get_secret_value(),
        settings.telegram_mode,
        store,
        api_url=settings.telegram_api_url or API_URL,
        public_url=settings.public_url or "",
        webhook_secret=secret.get_secret_value() if secret else "",
        timeout=settings.provider_timeout_seconds,
    )
