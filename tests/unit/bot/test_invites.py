"""Invites: codes that customers can send, links, pictures, the page, and taking somebody off an outlet."""

import io
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr
from pypdf import PdfReader

from bot.english import english_words
from bot.invites import Links, MadeInvite, links_for, make_invite, printable, unlink, write_files
from bot.settings import Settings
from bot.storage.reference_writes import _new_code
from bot.storage.store import SqlStore
from core.domain.commands import UseInvite
from core.domain.messages import ChatRef
from core.domain.sessions import Handoff, Session
from core.errors import InvalidInput
from core.understanding.context import Context
from core.understanding.index import CatalogueIndex
from core.understanding.outlet_names import OutletNames
from core.understanding.reader import read
from tests.eval.loading import load_reference, supplier
from tests.integration.storage.builders import NOW, OUTLET, commit, message, opened, with_outlet

BOTH = Settings(_env_file=None, twilio_whatsapp_from="whatsapp:+6531234567", telegram_bot_token=SecretStr("1:x"))


def made(links: Links) -> MadeInvite:
    return MadeInvite("UG3Z6QGW", OUTLET, 3, datetime(2026, 12, 7, tzinfo=NOW.tzinfo), links)


def test_every_new_code_is_read_as_a_code_by_known_and_unknown_senders() -> None:
    reference = load_reference(supplier("sample"))
    index = CatalogueIndex(reference.catalogue, english_words())
    names = OutletNames(reference.directory.outlets.values())
    for linked in (False, True):
        context = Context(index=index, now=NOW, outlets=names, linked=linked)
        for code in (_new_code() for _ in range(100)):
            words = parse_qs(urlsplit(links_for(code, BOTH, None).by_channel["whatsapp"]).query)["text"]
            assert read(words, context).commands == (UseInvite(code),)


def test_links_carry_the_code() -> None:
    links = links_for("UG3Z6QGW", BOTH, "SupplyBot")
    assert links.by_channel == {
        "whatsapp": "https://wa.me/6531234567?text=Hi%21%20My%20invite%20code%20is%20UG3Z6QGW",
        "telegram": "https://t.me/SupplyBot?start=UG3Z6QGW",
    }
    assert links.missing == ()


def test_a_channel_that_is_not_set_has_no_link_and_is_named() -> None:
    links = links_for("UG3Z6QGW", Settings(_env_file=None), None)
    assert links.by_channel == {}
    assert [word in reason for word, reason in zip(("WhatsApp", "Telegram"), links.missing, strict=True)] == [
        True,
        True,
    ]
    odd = links_for("UG3Z6QGW", Settings(_env_file=None, twilio_whatsapp_from="MG0123456789"), None)
    assert "not a phone number" in odd.missing[0]


def test_the_page_has_outlet_code_and_channels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(_env_file=None, supplier_name="Straits “Packaging” 包装")
    written = write_files(made(links_for("UG3Z6QGW", BOTH, "SupplyBot")), settings)
    names = ["invite-CPZ-PSR-whatsapp.png", "invite-CPZ-PSR-telegram.png", "invite-CPZ-PSR.pdf"]
    assert [path.name for path in written] == names
    assert all((tmp_path / name).read_bytes()[:4] in (b"\x89PNG", b"%PDF") for name in names)
    (page,) = PdfReader(tmp_path / names[2]).pages
    text = page.extract_text()
    for words in ("Canadian Pizza Pasir Ris", "UG3Z6QGW", "WhatsApp", "Telegram", "press Send", "07 December 2026"):
        assert words in text


def test_one_channel_makes_one_picture_by_the_name_asked_for(tmp_path: Path) -> None:
    only = Links({"telegram": "https://t.me/SupplyBot?start=UG3Z6QGW"})
    written = write_files(made(only), BOTH, tmp_path / "door.png")
    assert [path.name for path in written] == ["door.png", "door.pdf"]
    with pytest.raises(InvalidInput, match="cannot write"):
        write_files(made(only), BOTH, tmp_path / "missing" / "door.png")


def test_without_a_channel_the_page_still_shows_the_code() -> None:
    (page,) = PdfReader(io.BytesIO(printable(made(Links({})), BOTH))).pages
    assert "UG3Z6QGW" in page.extract_text()


async def test_invites_are_listed_with_their_state(store: SqlStore) -> None:
    await with_outlet(store)
    code, outlet, until = await make_invite(store, "cpz-psr", 2, 14, NOW)
    assert outlet == OUTLET
    assert until == NOW + timedelta(days=14)
    await store.add_invite(OUTLET.code, code="late", expires_at=NOW - timedelta(days=1))
    await store.add_invite(OUTLET.code, code="GONE")
    await store.revoke_invite(" gone ")
    states = {row.code: (row.uses, row.max_uses, row.state(NOW)) for row in await store.invite_rows()}
    assert states == {code: (0, 2, "open"), "LATE": (0, 1, "expired"), "GONE": (0, 1, "revoked")}
    assert code in (await store.reference()).directory.invites
    turn = await opened(store)
    await store.commit_turn(commit(turn, invites_used=(code,)))
    turn = await opened(store)
    await store.commit_turn(commit(turn, invites_used=(code,)))
    assert {row.code: row.state(NOW) for row in await store.invite_rows()}[code] == "used up"


async def test_what_cannot_be_is_refused(store: SqlStore) -> None:
    await with_outlet(store)
    with pytest.raises(InvalidInput, match="no outlet"):
        await make_invite(store, "NOPE", 1, 14, NOW)
    for uses, days in ((0, 1), (1, 0), (10_001, 1), (1, 3_651)):
        with pytest.raises(InvalidInput, match="between"):
            await make_invite(store, OUTLET.code, uses, days, NOW)
    with pytest.raises(InvalidInput, match="no invite code"):
        await store.revoke_invite("NOPE")
    with pytest.raises(InvalidInput, match="not linked"):
        await unlink(store, OUTLET.code, "+6599999999")


async def test_who_is_unlinked_cannot_go_on_in_a_chat_under_way(store: SqlStore) -> None:
    await with_outlet(store)
    sender = "telegram:77"
    await store.link(sender, OUTLET.code)
    assert [(each.identity, each.source) for each in await store.linked_to(OUTLET.code)] == [
        ("+6591230001", "file"),
        (sender, "link"),
    ]
    chat = ChatRef("telegram", sender)
    turn = await opened(store, message(chat=chat))
    prices = {"BOX-12": Decimal("32.00")}
    session = Session(outlet=OUTLET.code, handoff=Handoff("asked", NOW), opted_out=True, shown=prices).to_json()
    await store.commit_turn(commit(turn, session=session))
    await unlink(store, OUTLET.code, sender)
    assert [each.identity for each in await store.linked_to(OUTLET.code)] == ["+6591230001"]
    row = await store.chat(turn.chat_id)
    assert row is not None
    stored = Session.from_json(row.session)
    assert stored.outlet is None
    assert stored.shown == {}, "prices are the outlet's"
    assert stored.handoff is not None
    assert stored.opted_out
