"""Whatever a chat sends, in whatever order: no turn fails, and an order is only what its Confirm stood under."""

import random
from typing import Any

import pytest

from core.domain.messages import Attachment, ChatRef, Inbound, Kind
from core.domain.orders import Order
from core.ports import Sheet, SheetRow, Unread
from tests.sandbox.push_chat import CODE, PASIR_RIS, STRANGER, TWO_OUTLETS, PushChat

_TEXTS = [
    *("2 bundles 12in pizza box", "3 black straws", "5 sleeves 8oz single wall cups", "2 bundles pizza box", ""),
    *("confirm", "tmr", "cancel", "undo", "yes", "no", "1", "2", "menu", "usual", "status", "hi", "cart", "👍"),
    *("switch outlet", "for toa payoh", "make it 4", "remove the straws", "deliver sunday", "confirm", "tmr"),
    *(f"my code {CODE}", "my invite code is WXYZ2341"),
]
_FILES = (Kind.VOICE, Kind.PHOTO, Kind.DOCUMENT)
_OTHERS = (Kind.STICKER, Kind.LOCATION, Kind.CONTACT, Kind.REACTION, Kind.OTHER, Kind.START, Kind.OPT_OUT, Kind.OPT_IN)


class Files:
    """Sometimes a sheet, sometimes a reason, sometimes a failure."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice

    async def read(self, chat: ChatRef, attachment: Attachment) -> Sheet | Unread:
        if self.dice.random() < 0.3:
            raise OSError("away")
        rows = (SheetRow("2 bundles Pizza Box 12in"), SheetRow("3 packets black straws"), SheetRow("confirm"))
        return self.dice.choice([Sheet("o.xlsx", rows), Unread.GONE])


def _some(chat: PushChat, dice: random.Random, wires: list[tuple[str, str]]) -> Inbound:
    chance = dice.random()
    if chance < 0.3 and wires:
        return chat.tap(*dice.choice(wires[-8:]))
    if chance < 0.4:
        return chat.edit(f"m{dice.randint(1, chat.sent + 1)}", dice.choice(_TEXTS))
    if chance < 0.45:
        return chat.delete(f"m{dice.randint(1, chat.sent + 1)}")
    if chance < 0.55:
        return chat.file("f.xlsx", dice.choice(["", dice.choice(_TEXTS)]), dice.choice(_FILES))
    if chance < 0.65:
        return chat.message(dice.choice(["👍", "😀", "", CODE.lower()]), dice.choice(_OTHERS))
    return chat.message(dice.choice(_TEXTS))


def _as_shown(order: Order | None) -> Any:
    if order is None:
        return None
    return order.outlet, order.delivery_date, [(line.sku, line.quantity, line.unit_price) for line in order.lines]


@pytest.mark.parametrize("seed", range(24))
async def test_no_turn_fails_and_an_order_is_what_was_shown(seed: int) -> None:
    dice = random.Random(seed)
    chat = PushChat(dice.choice([PASIR_RIS, TWO_OUTLETS, STRANGER]), attachments=Files(dice))
    wires: list[tuple[str, str]] = []
    shown: dict[str, Any] = {}
    for _ in range(40):
        messages = [_some(chat, dice, wires) for _ in range(dice.choice([1, 1, 1, 2, 3]))]
        chat.pass_time(seconds=dice.choice([1, 100, 400]))
        heard = await chat.say(*messages)  # fails when the turn was parked
        if heard.commit.orders and len(messages) == 1 and messages[0].text == "Confirm":
            assert _as_shown(heard.commit.orders[0]) == shown[messages[0].choice_id or ""]
        if heard.commit.orders:
            assert not all(m.edited or m.kind in _FILES for m in messages), "neither an edit nor a file decides"
        wires += heard.buttons.items()
        shown |= dict.fromkeys(heard.buttons.values(), _as_shown(heard.commit.answer.order))
