"""10,000 malformed or hostile webhook bodies: never a 500, never half a message, never a forged one accepted."""

import asyncio
import base64
import copy
import itertools
import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.app import Overrides
from bot.storage.hot import inbound_from
from bot.storage.tables import chats, inbox, messages
from core.domain.messages import ChatRef
from tests.sandbox.sample import Shop, open_shop, sample_settings
from tests.sandbox.telegram_server import SECRET_HEADER, TelegramServer
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, TwilioServer, decoded, sign

PUBLIC = "https://desk.example"
SECRET = "hostile-secret"
PAYLOADS = Path(__file__).parents[2] / "payloads"
FORMS = [decoded(path.read_bytes()) for path in sorted((PAYLOADS / "whatsapp").glob("*.form"))]
UPDATES = [json.loads(path.read_text()) for path in sorted((PAYLOADS / "telegram").glob("*.json"))]
SIDS = {form["MessageSid"] for form in FORMS if "MessageSid" in form}
NUMBERS = itertools.count(1)
BATCH = 50
HOW_MANY = 10_000
FORGED = "forged-by-somebody"

junk_text = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["", " ", "\x00", "\u202e", "'; DROP TABLE chats;--", "<script>", "{{7*7}}", "whatsapp:", "whatsapp:+",
         "+65|+66", "-1", "9" * 400, "1e999", "NaN", "../../etc/passwd", "http://169.254.169.254/", "https://evil.example/x",
         "\ud83d", "A" * 5_000, "whatsapp:+6591230001", "0", "null", "stop", "STOP"]
    ),
)  # fmt: skip
junk_json = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.integers(min_value=2**63), st.floats(allow_nan=False), junk_text
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=12), inner, max_size=3)),
    max_leaves=6,
)


@st.composite
def hostile_forms(draw: Any) -> dict[str, str]:
    """A form of Twilio's with some fields gone, some mad, some more."""
    form = dict(draw(st.sampled_from(FORMS)))
    names = sorted({*form, "ButtonPayload", "ListId", "MediaUrl0", "NumMedia", "Latitude", "Longitude", "OptOutType"})
    for name in draw(st.lists(st.sampled_from(names), max_size=5)):
        if draw(st.booleans()):
            form.pop(name, None)
        else:
            form[name] = draw(junk_text)
    form.update(draw(st.dictionaries(st.text(min_size=1, max_size=10), junk_text, max_size=2)))
    return {encodable(name): encodable(value) for name, value in form.items()}


def encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@st.composite
def hostile_updates(draw: Any) -> Any:
    """An update of Telegram's in which some values are others, or no update at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(junk_json)
    update = copy.deepcopy(draw(st.sampled_from(UPDATES)))
    update["update_id"] = draw(st.one_of(st.integers(1, 10**9), junk_json))
    for _ in range(draw(st.integers(0, 4))):
        everywhere = list(places(update))
        if not everywhere:
            break
        parent, key = draw(st.sampled_from(everywhere))
        if draw(st.booleans()) and isinstance(parent, dict):
            parent.pop(key, None)
        else:
            parent[key] = draw(junk_json)
    return update


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value that can be put something else into."""
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        yield node, key
        yield from places(value)


bodies = st.one_of(
    hostile_forms().map(lambda form: ("form", form)),
    hostile_updates().map(lambda update: ("update", update)),
    st.binary(max_size=200).map(lambda raw: ("raw", raw)),
    hostile_forms().map(lambda form: ("forged form", form)),
    hostile_updates().map(lambda update: ("forged update", update)),
)


def renewed(body: Any, number: int) -> Any:
    """The body under an id that nobody has used, where it has an id of the right form."""
    if isinstance(body, dict) and isinstance(body.get("update_id"), int) and 0 < body["update_id"] < 10**9:
        return {**body, "update_id": 10**9 + number}
    if isinstance(body, dict) and body.get("MessageSid") in SIDS:
        return {**body, "MessageSid": f"SM{number:032x}", "SmsMessageSid": f"SM{number:032x}"}
    return body


async def post(shop: Shop, kind: str, body: Any) -> tuple[str, int, str]:
    """Send one; what kind it was and the status."""
    body = renewed(body, next(NUMBERS))
    url, headers, data = request(kind, body)
    try:
        async with shop.session.post(f"{shop.url}{url}", data=data, headers=headers) as answer:
            return kind, answer.status, await answer.text()
    except aiohttp.ServerDisconnectedError:
        return kind, 0, "disconnected"


def request(kind: str, body: Any) -> tuple[str, dict[str, str], bytes]:
    if kind == "raw":
        door = random.Random(body).choice(["/webhooks/whatsapp", "/webhooks/whatsapp/status", "/webhooks/telegram"])
        form = {"Content-Type": "application/x-www-form-urlencoded", SECRET_HEADER: SECRET}
        return door, form, body
    if "update" in kind:
        secret = SECRET if kind == "update" else FORGED
        if kind != "update" and isinstance(body, dict):
            body["forged"] = FORGED
        data = json.dumps(body).encode()
        return "/webhooks/telegram", {"Content-Type": "application/json", SECRET_HEADER: secret}, data
    door = "/webhooks/whatsapp/status" if "MessageStatus" in body else "/webhooks/whatsapp"
    signature = sign(AUTH_TOKEN, PUBLIC + door, body)
    if kind != "form":
        body = {**body, "ProfileName": FORGED}
        signature = base64.b64encode(signature.encode()[:20]).decode()
    return (
        door,
        {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature},
        urlencode(body).encode(),
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ten_thousand_hostile_bodies(sample_file: Path, tmp_path: Path) -> None:
    assert len(FORMS) > 20
    assert len(UPDATES) > 60
    every = drawn()
    loop = asyncio.new_event_loop()
    seen: Counter[tuple[str, int]] = Counter()

    async def everything() -> None:
        async with TwilioServer() as twilio, TelegramServer() as telegram:
            telegram.updates.hold()
            given_settings = sample_settings(
                f"sqlite:///{tmp_path / 'desk.db'}",
                tmp_path,
                sweep_seconds=3_600.0,
                burst_seconds=30.0,
                public_url=PUBLIC,
                twilio_api_url=twilio.url,
                twilio_account_sid=ACCOUNT_SID,
                twilio_auth_token=AUTH_TOKEN,
                twilio_whatsapp_from=SENDER,
                telegram_api_url=telegram.url,
                telegram_bot_token=telegram.token,
                telegram_mode="webhook",
                telegram_webhook_secret=SECRET,
            )
            async with open_shop(given_settings, Overrides()) as shop:
                while shop.program.messengers.state_of("telegram") != "connected":
                    await asyncio.sleep(0.02)
                await attack(shop, every, seen)
                await check(shop)

    (tmp_path / "desk.db").write_bytes(sample_file.read_bytes())
    try:
        loop.run_until_complete(everything())
    finally:
        loop.close()
    print(sorted(seen.items()))
    assert sum(seen.values()) == len(every) >= HOW_MANY
    assert all(0 < status < 500 for _, status in seen), seen
    assert {status for kind, status in seen if kind.startswith("forged")} <= {400, 403, 413, 415}
    assert seen["form", 200] > 1_000
    assert seen["update", 200] > 1_000


def drawn() -> list[tuple[str, Any]]:
    """The bodies, drawn before anything runs: the strategies must not share their random numbers with a server."""
    every: list[tuple[str, Any]] = []

    @settings(
        max_examples=HOW_MANY,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # a failure names its body; nobody waits for the smallest one
        suppress_health_check=list(HealthCheck),
    )
    @given(bodies)
    def draw(one: tuple[str, Any]) -> None:
        every.append(one)

    draw()
    return every


async def attack(shop: Shop, every: list[tuple[str, Any]], seen: Counter[tuple[str, int]]) -> None:
    """Post them, fifty at a time."""
    for start in range(0, len(every), BATCH):
        batch = every[start : start + BATCH]
        answers = await asyncio.gather(*(post(shop, kind, body) for kind, body in batch))
        for (kind, status, text), (_, body) in zip(answers, batch, strict=True):
            seen[kind, status] += 1
            assert 0 < status < 500, (kind, status, text, body)


async def check(shop: Shop) -> None:
    """Every stored message is whole: it can be read back, stands in the log, and nobody forged it."""
    rows, log, here = await shop.rows(inbox), await shop.rows(messages), await shop.rows(chats)
    of = {row.id: ChatRef(row.channel, row.sender, row.session_id) for row in here}
    assert len(rows) > 1_000
    logged = {(row.chat_id, row.seq): row for row in log}
    for row in rows:
        inbound = inbound_from(of[row.chat_id], row.provider_id, row.received_at, row.payload)
        assert logged[row.chat_id, row.seq].text == inbound.text
        assert FORGED not in json.dumps(row.payload)
        assert of[row.chat_id].sender
