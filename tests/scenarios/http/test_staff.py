"""The staff endpoints."""

from datetime import UTC, date, datetime
from decimal import Decimal

from core.domain.orders import Order, OrderLine, OrderStatus
from core.domain.sessions import Handoff, Session
from tests.scenarios.http.conftest import Server, StartServer

ORDER = Order(
    status=OrderStatus.CONFIRMED,
    outlet="CPZ-PSR",
    lines=(OrderLine("PB-12", "=Box", 2, "bundle", 50, Decimal("32.00")),),
    currency="SGD",
    tax_rate=Decimal("0.09"),
    number="RS-10001",
    delivery_date=date(2026, 11, 24),
    placed_by="+6591230001",
)


async def test_staff_endpoints_want_the_key(start: StartServer) -> None:
    server = await start(api_key="sesame")
    for path in ("/api/chats", "/api/orders/RS-10001", "/api/orders.csv"):
        assert (await server.get(path)).status == 401
    assert (await server.post("/api/chats/1/release")).status == 401


async def test_a_released_chat_is_with_the_desk_again(server: Server) -> None:
    await server.say()
    server.store.sessions[1] = Session(handoff=Handoff("complaint", datetime.now(UTC))).to_json()
    listed = (await (await server.get("/api/chats?handoff=1")).json())["chats"]
    assert [(chat["id"], chat["handoff_reason"]) for chat in listed] == [(1, "complaint")]
    assert (await server.post("/api/chats/1/release")).status == 200
    assert Session.from_json(server.store.sessions[1]).handoff is None
    assert (await server.post("/api/chats/9/release")).status == 404
    assert (await server.post("/api/chats/x/release")).status == 400


async def test_an_order_is_shown_and_exported_without_formulas(server: Server) -> None:
    server.store.orders.append(ORDER)
    body = await (await server.get("/api/orders/RS-10001")).json()
    assert (body["subtotal"], body["tax"], body["total"]) == ("64.00", "5.76", "69.76")
    assert (await server.get("/api/orders/RS-9")).status == 404
    header, row = (await (await server.get("/api/orders.csv")).text()).splitlines()
    assert header.startswith("number,status,outlet")
    assert "'=Box" in row
    assert "+6591230001" in row
