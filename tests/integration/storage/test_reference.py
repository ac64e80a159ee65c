"""Reference data: replaced as a whole, read as one snapshot, loaded only when it changed."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event

from bot.storage.store import SqlStore
from core.domain.catalogue import Product
from core.domain.delivery import ZoneRules
from core.errors import InvalidInput
from tests.databases import OpenStore
from tests.integration.storage.builders import OUTLET, chat, message, opened

BOX = Product("PB-12", "Pizza Box 12in", "bundle", 50, Decimal("32.00"), "SGD", "Boxes", "White", 2, ("12in", "12 box"))
CUP = Product("CP-8", "Cup 8oz", "sleeve", 50, Decimal("3.125"), "SGD")


async def test_a_snapshot_holds_what_was_written(open_store: OpenStore) -> None:
    store = open_store(holidays={date(2026, 12, 25): "Christmas Day"})
    zones = {"East": ZoneRules((1, 2), time(18, 30), 2, Decimal("30.00"))}
    await store.replace_catalogue([CUP, BOX])
    await store.replace_outlets([OUTLET], {"+6591230001": (OUTLET.code,), "telegram:5": (OUTLET.code,)})
    await store.replace_prices({("cafe", "PB-12"): Decimal("29.90")})
    await store.replace_zones(zones)
    reference = await store.reference()
    assert list(reference.catalogue.products.values()) == [CUP, BOX]
    assert str(reference.catalogue.price_of("CP-8")) == "3.125"
    assert str(reference.catalogue.price_of("PB-12", "cafe")) == "29.90"
    assert reference.directory.outlets == {OUTLET.code: OUTLET}
    assert reference.directory.outlets_of("telegram:5") == (OUTLET,)
    assert reference.calendar.zones == zones
    assert reference.calendar.holidays == {date(2026, 12, 25): "Christmas Day"}


async def test_a_product_missing_from_a_new_file_becomes_inactive(store: SqlStore) -> None:
    await store.replace_catalogue([BOX, CUP])
    await store.add_alias("CP-8", "coffee cup")
    await store.replace_catalogue([replace(CUP, name="Cup 8oz white", aliases=("cup8",))])
    catalogue = (await store.reference()).catalogue
    assert [product.sku for product in catalogue.active] == ["CP-8"]
    assert not catalogue.products["PB-12"].active
    assert catalogue.products["CP-8"].name == "Cup 8oz white"
    assert catalogue.products["CP-8"].aliases == ("cup8", "coffee cup")


async def test_links_learnt_in_chats_outlive_an_import(store: SqlStore) -> None:
    await store.replace_outlets([OUTLET], {"+6591230001": (OUTLET.code,)})
    await store.link("whatsapp:SG.1", OUTLET.code)
    await store.link("+6591230001", OUTLET.code)
    await store.replace_outlets([OUTLET], {"+6591230002": (OUTLET.code,)})
    assert (await store.reference()).directory.contacts.keys() == {"+6591230002", "whatsapp:SG.1"}
    await store.unlink("whatsapp:SG.1", OUTLET.code)
    await store.replace_outlets([replace(OUTLET, code="NEW")], {})
    directory = (await store.reference()).directory
    assert list(directory.outlets) == ["NEW"]
    assert directory.contacts == {}


async def test_a_failing_import_changes_nothing(store: SqlStore) -> None:
    await store.replace_catalogue([BOX])
    before = await store.reference()
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await store.replace_prices({("cafe", "PB-12"): Decimal(1), ("cafe", "NONE"): Decimal(1)})
    with pytest.raises(Exception, match="expected a Decimal"):
        await store.replace_catalogue([replace(CUP, price=1.5)])  # type: ignore[arg-type]
    assert await store.reference() is before


async def test_within_a_turn_an_unchanged_reference_asks_the_database_nothing(open_store: OpenStore) -> None:
    store, other = open_store(), open_store()
    await store.replace_catalogue([BOX])
    await store.reference()
    turn = await opened(store)
    asked: list[str] = []
    event.listen(store.database.engine.sync_engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    first = await store.reference(turn.reference_version)
    assert await store.reference() is first
    assert asked == []
    await other.replace_catalogue([CUP])
    following = await opened(store, message(chat=chat(7)))
    changed = await store.reference(following.reference_version)
    assert "CP-8" in changed.catalogue.products


async def test_loading_happens_once_for_many_callers(store: SqlStore) -> None:
    loaded = await asyncio.gather(*(store.reference() for _ in range(10)))
    assert len({id(each) for each in loaded}) == 1


async def test_an_invite_disappears_when_it_expires(store: SqlStore) -> None:
    await store.replace_outlets([OUTLET], {})
    soon = datetime.now(UTC) + timedelta(seconds=0.3)
    await store.add_invite(OUTLET.code, code="SOON", expires_at=soon)
    code = await store.add_invite(OUTLET.code)
    assert (await store.reference()).directory.invites == {"SOON": OUTLET.code, code: OUTLET.code}
    await asyncio.sleep(0.35)
    assert (await store.reference()).directory.invites == {code: OUTLET.code}
    with pytest.raises(InvalidInput):
        await store.add_invite(OUTLET.code, code=code)
