"""Who may order by naming an outlet: trusted callers, and anyone in the demo."""

import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.app import Overrides
from core import wording
from core.domain.messages import ChatRef, Inbound
from tests.sandbox.sample import Shop, StoppedClock, open_shop, sample_settings

ORDER, OUTLET = "2 bundles 12in pizza box", "My outlet is Canadian Pizza Pasir Ris"


async def body_of(shop: Shop, chat: ChatRef, *texts: str) -> dict[str, Any]:
    """What the last of these messages is answered with."""
    for text in texts:
        inbound = Inbound(chat, uuid4().hex, text, shop.program.clock.now())
        body = await shop.program.desk.converse(inbound)
    return body


@pytest.mark.parametrize(
    ("given", "channel", "may"),
    [
        ({"web_chat": True}, "web", False),
        ({"web_chat": True, "name_claim_channels": "web"}, "web", True),
        ({"demo": True}, "web", True),
        ({}, "api", True),
        ({}, "terminal", True),
        ({"name_claim_channels": ""}, "api", False),
    ],
)
async def test_a_stranger_may_name_an_outlet_only_where_the_setting_says_so(
    sample_file: Path, tmp_path: Path, given: dict[str, Any], channel: str, may: bool
) -> None:
    url = f"sqlite:///{shutil.copy(sample_file, tmp_path / 'desk.db')}"
    settings = sample_settings(url, tmp_path, **given)
    async with open_shop(settings, Overrides(clock=StoppedClock("2026-11-23T09:30"))) as shop:
        body = await body_of(shop, ChatRef(channel, f"{channel}:visitor", "s"), ORDER, OUTLET)
    assert body["order"]["outlet"] == ("CPZ-PSR" if may else None)
    assert (wording.UNKNOWN_SENDER in body["reply"]) is not may
