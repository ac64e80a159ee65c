"""The staff endpoints."""

from dataclasses import replace
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
    reads = ("chats", "orders/RS-10001", "orders/RS-10001/invoice.pdf", "orders.csv", "invoices.csv")
    for path in reads:
        assert (await server.get(f"/api/{path}")).status == 401
    for path in ("release", "messages"):
        assert (await server.post(f"/api/chats/1/{path}", json={"text": "hi"})).status == 401
    assert server.store.said_by_staff == []
    assert (await server.get("/api/chats", headers={"Authorization": "Bearer sesame"})).status == 200


async def test_a_released_chat_is_with_the_desk_again(server: Server) -> None:
    await server.say()
    server.store.sessions[1] = Session(handoff=Handoff("complaint", datetime.now(UTC))).to_json()
    await server.say(user="+6591230002")
    for given, ids in (("true", [1]), ("1", [1]), ("false", [1, 2]), ("", [1, 2])):
        listed = (await (await server.get(f"/api/chats?handoff={given}")).json())["chats"]
        assert [chat["id"] for chat in listed] == ids
    assert (listed[0]["handoff"], listed[0]["reason"]) == (True, "complaint")
    assert datetime.fromisoformat(listed[0]["since"]) <= datetime.now(UTC)
    assert (listed[1]["handoff"], listed[1]["reason"], listed[1]["since"]) == (False, None, None)
    assert (await server.get("/api/chats?handoff=maybe")).status == 400
    assert (await server.post("/api/chats/1/release")).status == 200
    assert Session.from_json(server.store.sessions[1]).handoff is None
    assert (await server.post("/api/chats/9/release")).status == 404
    assert (await server.post("/api/chats/x/release")).status == 400


async def test_an_order_is_shown_and_exported_without_formulas(server: Server) -> None:
    server.store.orders.append(ORDER)
    body = await (await server.get("/api/orders/RS-10001")).json()
    assert (body["subtotal"], body["tax"], body["total"]) == ("64.00", "5.76", "69.76")
    assert (await server.get("/api/orders/RS-9")).status == 404
    server.store.orders[0] = replace(ORDER, notes=("-ring the bell", "gate 2"))
    header, row = (await (await server.get("/api/orders.csv")).text()).splitlines()
    assert header.startswith("number,status,outlet")
    assert header.endswith(",notes")
    assert row.endswith(",'-ring the bell; gate 2")
    assert "'=Box" in row
    assert "+6591230001" in row
