"""The demo: embedded defaults and the sample supplier, so that there is something to order at once."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from pydantic import SecretStr

from bot.app import open_store
from bot.importing import ImportKind, import_file, read_history
from bot.knowledge_files import open_documents_of
from bot.settings import Settings, load_settings
from bot.storage.migrate import migrate
from bot.storage.store import SqlStore
from core.domain.messages import Answer, ChatRef, Inbound, Intent
from core.domain.orders import Order, OrderLine, OrderStatus
from core.ports import Reference, TurnCommit

SAMPLE = Path(__file__).with_name("sample")
_FILES = (
    (ImportKind.ZONES, "zones.csv"),
    (ImportKind.CATALOGUE, "catalogue.csv"),
    (ImportKind.PRICES, "prices.csv"),
    (ImportKind.OUTLETS, "outlets.csv"),
)


_MESSENGERS: dict[str, None] = dict.fromkeys(
    [
        *("twilio_account_sid", "twilio_auth_token", "twilio_whatsapp_from", "whatsapp_template_sid"),
        *("telegram_bot_token", "telegram_webhook_secret", "staff_chat"),
    ]
)
_NO_MODEL: dict[str, None] = dict.fromkeys(
    ["openai_api_key", "openai_base_url", "openai_model", "openai_transcription_model"]
)
_NO_XERO: dict[str, None] = dict.fromkeys(["xero_client_id", "xero_client_secret", "xero_webhook_key"])
_WHATSAPP = {name: None for name in _MESSENGERS if name.startswith(("twilio", "whatsapp"))}


def demo_settings(*, telegram: bool = False, token: SecretStr | None = None) -> Settings:
    """The settings of the demo: what the environment says, but for the database and where it listens.

    It never opens the database of a real server, never listens to the world and never writes to Xero: its data is in
    a folder of its own below `data_dir`, and it binds to 127.0.0.1 whatever is set. The messengers of a real server are
    left alone too, but with `telegram`: then the bot of `token`, or of the environment, is served by long
    polling, and anyone who writes to it may name any outlet.
    """
    asked = load_settings()
    demo = asked.model_copy(
        update={
            "database_url": None,
            "redis_url": None,
            "data_dir": asked.data_dir / "demo",
            "knowledge_uri": None,
            "embedder": "wordllama",
            "embedding_model": None,
            **_NO_XERO,
            "host": "127.0.0.1",
            "demo": True,
            "supplier_name": asked.supplier_name
            if "supplier_name" in asked.model_fields_set
            else "Straits Packaging Supply (demo)",
        }
    )
    if demo.model_problem is not None:  # a key of some other program's is no wish for a model
        demo = demo.model_copy(update=_NO_MODEL)
    return _with_telegram(demo, token) if telegram else demo.model_copy(update=_MESSENGERS)


def _with_telegram(demo: Settings, token: SecretStr | None) -> Settings:
    """With the bot; and with WhatsApp where that is set completely, for half of it would stop the desk."""
    served = demo.model_copy(
        update={
            "telegram_bot_token": token or demo.telegram_bot_token,
            "telegram_mode": "polling",
            "telegram_webhook_secret": None,
            "name_claim_channels": demo.name_claim_channels | {"telegram"},
        }
    )
    return served if served.channel_problem is None else served.model_copy(update=_WHATSAPP)


async def prepare_demo(settings: Settings, now: datetime) -> bool:
    """Migrate, and load the sample where nothing is loaded yet. Returns whether it was loaded."""
    await migrate(settings.database)
    await _ingest_documents(settings)
    store = open_store(settings)
    try:
        if (await store.reference()).catalogue.products:
            return False
        for kind, name in _FILES:
            await import_file(kind, SAMPLE / name, store, country=settings.country, currency=settings.currency)
        await _place_history(store, settings.tax_rate, now)
        return True
    finally:
        await store.close()


async def _ingest_documents(settings: Settings) -> None:
    """The sample supplier's policies and guides; files that did not change are not read again."""
    library = await open_documents_of(settings)
    try:
        await library.ingest(SAMPLE / "documents")
    finally:
        await library.close()


async def _place_history(store: SqlStore, tax_rate: Decimal, now: datetime) -> None:
    """Orders of the past weeks, so that "the usual" means something."""
    path = SAMPLE / "history.csv"
    reference = await store.reference()
    rows = read_history(
        path.name,
        path.read_bytes(),
        outlets=reference.directory.outlets.keys(),
        skus=reference.catalogue.products.keys(),
    )
    orders: dict[tuple[int, str], dict[str, int]] = {}
    for row in rows:
        orders.setdefault((-row.days_ago, row.outlet), {})[row.sku] = row.quantity
    for (days, outlet), skus in sorted(orders.items()):
        at = datetime.combine(now.date() + timedelta(days=days), time(10), now.tzinfo)
        await _place(store, _order(reference, outlet, skus, at, tax_rate))


def _order(reference: Reference, outlet: str, skus: dict[str, int], at: datetime, tax_rate: Decimal) -> Order:
    catalogue, price_list = reference.catalogue, reference.directory.outlets[outlet].price_list
    lines = []
    for sku, quantity in skus.items():
        product, price = catalogue.products[sku], catalogue.price_of(sku, price_list)
        lines.append(OrderLine(sku, product.name, quantity, product.unit, product.pieces_per_unit, price))
    return Order(
        status=OrderStatus.CONFIRMED,
        outlet=outlet,
        lines=tuple(lines),
        currency=catalogue.products[lines[0].sku].currency,
        tax_rate=tax_rate,
        draft_id=f"sample-{outlet}-{at.date().isoformat()}",
        delivery_date=at.date() + timedelta(days=1),
        delivery_window="morning",
        placed_at=at,
        placed_by="sample data",
    )


async def _place(store: SqlStore, order: Order) -> None:
    """Store an order of the past in a turn of its own; no invoice is made for it."""
    assert order.placed_at is not None
    inbound = Inbound(ChatRef("sample", "history"), order.draft_id, "sample order", order.placed_at)
    accepted = await store.accept(inbound, open_as="sample")
    if accepted.turn is None:
        return
    numbered = replace(order, number=await store.next_order_number())
    answer = Answer((), Intent.ORDER, asked=False, order=numbered)
    await store.commit_turn(TurnCommit(accepted.turn, "{}", None, answer, {}, order.placed_at, orders=(numbered,)))
