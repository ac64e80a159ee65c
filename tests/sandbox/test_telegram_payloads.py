"""The raw updates under tests/payloads/telegram are such as Telegram sends."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from telegram import Message, Update

from tests.sandbox.telegram.formatting import units
from tests.sandbox.telegram_server import KINDS

FOLDER = Path(__file__).parent.parent / "payloads" / "telegram"
FILES = sorted(FOLDER.glob("*.json"))
# What is still sent for bots written before Bot API 7.0, and what the library has no name for.
OLD = re.compile(r"forward_(?!origin).*|(new|left)_chat_(member|participant)")


def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_update_loads_and_means_what_its_file_says(path: Path) -> None:
    raw = load(path)
    update = Update.de_json(raw, None)
    (kind,) = set(raw) - {"update_id"}
    if path.stem == "unknown_kind":
        assert kind not in KINDS
        return
    assert kind in KINDS
    assert getattr(update, kind) is not None
    message = update.effective_message
    if isinstance(message, Message) and "unknown" not in path.stem:
        assert not [name for name in message.api_kwargs if not OLD.fullmatch(name)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_entities_lie_within_their_text(path: Path) -> None:
    for wire in messages(load(path)):
        for text, entities in (("text", "entities"), ("caption", "caption_entities")):
            for entity in wire.get(entities, []):
                assert 0 <= entity["offset"] < entity["offset"] + entity["length"] <= units(wire[text])


def messages(value: Any) -> list[dict[str, Any]]:
    """Every Message object within an update."""
    found = [value] if isinstance(value, dict) and "message_id" in value else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return found + [message for part in inner for message in messages(part)]


def test_every_kind_of_update_has_a_file_and_no_two_share_an_id() -> None:
    loaded = [load(path) for path in FILES]
    have = {kind for raw in loaded for kind in raw} & KINDS
    assert KINDS - have <= {"managed_bot", "guest_message"}  # of bots that manage other bots, and of guest bots
    ids = [raw["update_id"] for raw in loaded]
    assert len(ids) == len(set(ids)) > 100
