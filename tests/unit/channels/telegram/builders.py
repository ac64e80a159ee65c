"""Small builders for tests of the Telegram channel."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from channels.contract import Outgoing
from channels.telegram import BotSelf, Received, parse_update, read_update
from core.domain.messages import ChatRef, Choice, Inbound, Reply

PAYLOADS = Path(__file__).parents[3] / "payloads" / "telegram"
NOW = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
ME = BotSelf(7000000001, "resupply_test_bot")
MEI = 700001
PRIVATE = ChatRef("telegram", f"telegram:{MEI}")
CONFIRM = (Choice("1a2b3c4d:0", "Confirm"), Choice("1a2b3c4d:1", "Cancel"))


def payload(name: str) -> dict[str, Any]:
    """A raw update from tests/payloads/telegram."""
    update: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return update


def received(update: dict[str, Any], me: BotSelf = ME) -> Received:
    return read_update(parse_update(update), me, NOW)


def inbound_of(update: dict[str, Any], me: BotSelf = ME) -> Inbound:
    """The message in an update that has one."""
    found = received(update, me).inbound
    assert found is not None
    return found


def private(**fields: Any) -> dict[str, Any]:
    """An update with a message of Mei's."""
    mei = {"id": MEI, "is_bot": False, "first_name": "Mei"}
    chat = {"id": MEI, "type": "private", "first_name": "Mei"}
    return {"update_id": 9, "message": {"message_id": 5, "date": 1795410000, "from": mei, "chat": chat, **fields}}


def group(**fields: Any) -> dict[str, Any]:
    """An update with a message of Ana's in a group."""
    ana = {"id": 710002, "is_bot": False, "first_name": "Ana"}
    chat = {"id": -1001000000001, "type": "supergroup", "title": "Made-up Cafe"}
    return {"update_id": 9, "message": {"message_id": 5, "date": 1795410000, "from": ana, "chat": chat, **fields}}


def command(text: str) -> dict[str, Any]:
    """The fields of a message that is a command."""
    length = len(text.split(maxsplit=1)[0])
    return {"text": text, "entities": [{"type": "bot_command", "offset": 0, "length": length}]}


def says(text: str, key: str = "t1:0", *, chat: ChatRef = PRIVATE, **more: Any) -> Outgoing:
    """A reply; `choices` and `card` belong to it, `tapped` to the message."""
    reply = Reply(text, tuple(more.get("choices", ())), more.get("card", ""))
    return Outgoing(chat, reply, key, more.get("tapped", ""))


def draft(lines: str, key: str, *, before: str = "", **more: Any) -> Outgoing:
    """A reply that shows a draft, with words before it."""
    card = f"*Your order*\n{lines}"
    text = f"{before}\n\n{card}" if before else card
    return says(text, key, card=card, choices=CONFIRM, **more)
