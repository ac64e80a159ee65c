"""The staff endpoints."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from bot.app import PROGRAM
from core.domain.messages import Attachment, ChatRef, Inbound, Kind
from core.domain.orders import Order, OrderLine, OrderStatus
from core.domain.sessions import Handoff, Session
from tests.sandbox.channel import QuietChannel
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
    assert (await server.get("/api/chats/1/messages")).status == 401
    assert (await server.get("/api/chats/1/messages/1/attachments/0")).status == 401
    for path in ("take", "release", "messages"):
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


async def test_a_chat_is_taken_once_and_by_whom_is_shown(server: Server) -> None:
    await server.say()
    for by in ("Mei", "Raj"):
        taken = await server.post("/api/chats/1/take", json={"by": f"<b>{by}</b>"})
        assert (taken.status, await taken.json()) == (200, {"id": 1, "handoff": True})
    (chat,) = (await (await server.get("/api/chats?handoff=true")).json())["chats"]
    assert chat["reason"] == "taken over by Mei"
    assert chat["reach"] is None
    await server.post("/api/chats/1/release")
    since = datetime(2026, 11, 23, tzinfo=UTC)
    server.store.sessions[1] = Session(handoff=Handoff("complaint", since)).to_json()
    assert (await server.post("/api/chats/1/take")).status == 200
    assert Session.from_json(server.store.sessions[1]).handoff == Handoff("taken over by staff", since)
    wrong = {"by": "x" * 81}
    assert (await server.post("/api/chats/1/take", json=wrong)).status == 413
    assert (await server.post("/api/chats/1/take", json={})).status == 400
    assert (await server.post("/api/chats/9/take")).status == 404


async def test_one_who_unsubscribed_is_not_written_to(server: Server) -> None:
    await server.say()
    server.store.sessions[1] = Session(opted_out=True).to_json()
    refused = await server.post("/api/chats/1/messages", json={"text": "come back"})
    assert refused.status == 409
    assert (await refused.json())["error"]["code"] == "unsubscribed"
    assert server.store.said_by_staff == []


ORDER_SHEET = Attachment("ME1", "application/pdf", "../Bestellung \u2116 7\r\n.pdf", 5)
PAGE = Attachment("ME2", "text/html; charset=utf-8", "", 9)
GONE, HUGE = Attachment("ME3", "image/jpeg"), Attachment("ME4")


async def with_files(start: StartServer, **given: Any) -> Server:
    """A chat whose one message carries files, two of which can be had."""
    channel = QuietChannel()
    channel.files = {"ME1": b"%PDF-", "ME2": b"<script/>", "ME4": b"x" * 2_000}
    server = await start(channels=[channel], media_max_bytes=1_024, **given)
    files = (ORDER_SHEET, PAGE, GONE, HUGE)
    now = server.app[PROGRAM].clock.now()
    chat = ChatRef("quiet", "+6591230001")
    more: Any = {"kind": Kind.DOCUMENT, "attachments": files, "author": "Ann", "quoted": "Anything else?"}
    await server.store.accept(Inbound(chat, "SM1", "our order", now, **more))
    return server


async def test_the_transcript_is_for_staff_to_read(start: StartServer) -> None:
    server = await with_files(start)
    body = await (await server.get("/api/chats/1/messages")).json()
    (line,) = body["messages"]
    assert {name: line[name] for name in ("seq", "direction", "kind", "text", "author", "by", "quoted")} == {
        "seq": 1,
        "direction": "in",
        "kind": "document",
        "text": "our order",
        "author": "Ann",
        "by": None,
        "quoted": "Anything else?",
    }
    assert line["attachments"][0] == {
        "index": 0,
        "name": ORDER_SHEET.name,
        "content_type": "application/pdf",
        "size": 5,
    }
    assert "ME1" not in str(body), "how the provider names a file is nobody's business"
    assert (await (await server.get("/api/chats/1/messages?after=1")).json())["messages"] == []
    assert (await server.get("/api/chats/9/messages")).status == 404
    for query in ("after=-1", "after=x", "limit=0", "limit=501", "newest=perhaps", f"after={'9' * 30}"):
        assert (await server.get(f"/api/chats/1/messages?{query}")).status == 400


async def test_a_customers_file_is_saved_and_never_shown_by_the_browser(start: StartServer) -> None:
    server = await with_files(start)
    path = "/api/chats/1/messages/1/attachments"
    sheet = await server.get(f"{path}/0")
    assert (sheet.status, await sheet.text(), sheet.content_type) == (200, "%PDF-", "application/pdf")
    assert sheet.headers["X-Content-Type-Options"] == "nosniff"
    saved = sheet.headers["Content-Disposition"]
    assert saved.startswith('attachment; filename="Bestellung _ 7__.pdf"; filename*=UTF-8')
    assert unquote(saved.rpartition("''")[2]) == "Bestellung \u2116 7\r\n.pdf"
    page = await server.get(f"{path}/1")
    assert (page.content_type, page.headers["Content-Disposition"][:32]) == (
        "application/octet-stream",
        'attachment; filename="file-1-1.b',
    )
    for n, status in ((2, 502), (3, 502), (4, 404)):
        refused = await server.get(f"{path}/{n}")
        assert (refused.status, (await refused.json())["error"]["code"]) == (
            status,
            "media" if status == 502 else "not_found",
        )
    for missing in ("2/attachments/0", "0/attachments/0", f"{'9' * 18}/attachments/0"):
        assert (await server.get(f"/api/chats/1/messages/{missing}")).status == 404
    assert (await server.get("/api/chats/1/messages/x/attachments/0")).status == 400
    assert (await server.get("/api/chats/7/messages/1/attachments/0")).status == 404


async def test_a_file_of_a_channel_that_is_gone_cannot_be_had(start: StartServer) -> None:
    server = await start()
    now = server.app[PROGRAM].clock.now()
    await server.store.accept(Inbound(ChatRef("quiet", "7"), "u1", "", now, attachments=(PAGE,)))
    assert (await server.get("/api/chats/1/messages/1/attachments/0")).status == 502


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
