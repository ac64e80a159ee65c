"""Invites as they are handed out: the code, links that carry it, QR pictures and a page to print.

A channel that is not configured gets no link, and `missing` says so; nothing is made up.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import segno
from telegram.helpers import create_deep_linked_url

from bot.invite_page import CodeOnPage, invite_page
from bot.settings import Settings
from bot.storage.store import SqlStore
from bot.telegram_account import username
from core.domain.orders import Draft
from core.domain.outlets import Outlet
from core.domain.sessions import Session
from core.errors import DeskError, InvalidInput

MOST_USES = 10_000
MOST_DAYS = 3_650
_PIXELS = 12  # a module of the plain picture: about 400 pixels, which prints sharp at 5 cm
_NAMES = {"whatsapp": "WhatsApp", "telegram": "Telegram"}
_HOW = {"whatsapp": "Scan with the camera, then press Send.", "telegram": "Scan with the camera, then press Start."}


@dataclass(frozen=True, slots=True)
class Links:
    """Links that open a chat with the code filled in, by channel, and why a channel has none."""

    by_channel: Mapping[str, str]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MadeInvite:
    """An invite just made."""

    code: str
    outlet: Outlet
    uses: int
    expires_at: datetime
    links: Links


def find_outlet(outlets: Mapping[str, Outlet], code: str) -> Outlet:
    """The active outlet of that code, however it is capitalised. Raises InvalidInput."""
    wanted = code.strip().casefold()
    found = next((outlet for outlet in outlets.values() if outlet.code.casefold() == wanted), None)
    if found is None:
        raise InvalidInput(f"there is no outlet {code!r}")
    return found


async def make_invite(
    store: SqlStore, outlet: str, uses: int, days: int, now: datetime
) -> tuple[str, Outlet, datetime]:
    """A new code with its outlet and its end. Raises InvalidInput for an unknown outlet or a number out of range."""
    if not 1 <= uses <= MOST_USES:
        raise InvalidInput(f"uses must be between 1 and {MOST_USES}")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"days must be between 1 and {MOST_DAYS}")
    found = find_outlet((await store.reference()).directory.outlets, outlet)
    until = now + timedelta(days=days)
    return await store.add_invite(found.code, max_uses=uses, expires_at=until), found, until


def links_for(code: str, settings: Settings, telegram_name: str | None) -> Links:
    """The links of a code. `telegram_name` is the bot's, where it is known."""
    number = whatsapp_number(settings)
    links, missing = {}, []
    if number:
        links["whatsapp"] = whatsapp_link(number, code)
    elif settings.twilio_whatsapp_from:
        missing.append("TWILIO_WHATSAPP_FROM is not a phone number, so there is no WhatsApp link.")
    else:
        missing.append("No WhatsApp number is set (TWILIO_WHATSAPP_FROM), so there is no WhatsApp link.")
    if telegram_name:
        links["telegram"] = telegram_link(telegram_name, code)
    elif settings.telegram_bot_token is None:
        missing.append("No Telegram bot is set (TELEGRAM_BOT_TOKEN), so there is no Telegram link.")
    return Links(links, tuple(missing))


async def ask_links(code: str, settings: Settings) -> Links:
    """The links of a code, with the bot's name asked of Telegram. A bot that cannot be asked has no link."""
    if settings.telegram_bot_token is None:
        return links_for(code, settings, None)
    try:
        return links_for(code, settings, await username(settings))
    except DeskError as error:
        known = links_for(code, settings, None)
        return Links(known.by_channel, (*known.missing, f"There is no Telegram link: {error}."))


def whatsapp_number(settings: Settings) -> str | None:
    """The digits of the WhatsApp sender, or None where none is set."""
    found = re.fullmatch(r"(?:whatsapp:)?\+?(\d{6,15})", re.sub(r"[\s().-]", "", settings.twilio_whatsapp_from or ""))
    return found[1] if found else None


def whatsapp_link(number: str, code: str) -> str:
    """Opens WhatsApp with the words ready to send (WhatsApp's "click to chat": digits only, text encoded)."""
    return f"https://wa.me/{number}?text={quote(f'Hi! My invite code is {code}', safe='')}"


def telegram_link(bot: str, code: str) -> str:
    """Opens the bot; pressing Start sends it the code."""
    return str(create_deep_linked_url(bot, code))


def qr_png(link: str) -> bytes:
    """A QR picture of a link, with the quiet border that readers need."""
    picture = io.BytesIO()
    segno.make(link, error="m", micro=False).save(picture, kind="png", scale=_PIXELS, border=4)
    return picture.getvalue()


def printable(made: MadeInvite, settings: Settings) -> bytes:
    """A page to print (PDF): the outlet, a QR for every channel there is, and the code in large letters."""
    codes = [CodeOnPage(_NAMES[name], _HOW[name], link) for name, link in made.links.by_channel.items()]
    terms = f"For {made.uses} {'person' if made.uses == 1 else 'people'}, until {made.expires_at:%d %B %Y}."
    return invite_page(settings.supplier_name, made.outlet.name, made.code, codes, terms, settings.invoice_font)


def write_files(made: MadeInvite, settings: Settings, picture: Path | None = None) -> list[Path]:
    """Write the plain pictures and the page beside them; returns what was written.

    `picture` is the PNG's name, invite-OUTLET.png where it is not given; with two channels theirs are added to
    it, and the page has its name with .pdf. Raises InvalidInput where nothing can be written.
    """
    base = picture or Path(f"invite-{re.sub(r'[^A-Za-z0-9._-]', '_', made.outlet.code)}.png")
    if base.suffix.lower() != ".png":
        base = base.with_name(f"{base.name}.png")
    links = made.links.by_channel
    files = {
        (base if len(links) == 1 else base.with_name(f"{base.stem}-{name}{base.suffix}")): qr_png(link)
        for name, link in links.items()
    }
    files[base.with_suffix(".pdf")] = printable(made, settings)
    for path, data in files.items():
        try:
            path.write_bytes(data)
        except OSError as error:
            raise InvalidInput(f"cannot write {path}: {error.strerror}") from None
    return list(files)


async def unlink(store: SqlStore, outlet: str, identity: str) -> None:
    """Take a sender off an outlet, and the outlet out of the chats where it is set. Raises InvalidInput, Busy.

    Without the second step a chat that is under way would go on ordering for it.
    """
    if not await store.unlink(identity, outlet):
        raise InvalidInput(f"{identity} is not linked to {outlet}; see `resupply outlets people {outlet}`")
    for key in await store.chat_keys_of(identity):
        await store.edit_session(key, lambda stored: _without(stored, outlet))


def _without(stored: str | None, outlet: str) -> str | None:
    """A session in which this outlet and what belongs to it are not known any more.

    What the customer and staff decided about the chat stays: who has it, and whether it may be written to.
    """
    try:
        session = Session.from_json(stored)
    except ValueError:
        return stored
    if session.outlet != outlet:
        return stored
    session.outlet, session.claimed = None, False
    session.draft, session.ordered, session.expecting = Draft(), None, None
    session.offer, session.read = None, None
    for remembered in (session.questions, session.undo, session.focus, session.asked_about, session.offered):
        remembered.clear()
    session.checked.clear()
    session.known.clear()
    session.shown.clear()
    return session.to_json()
