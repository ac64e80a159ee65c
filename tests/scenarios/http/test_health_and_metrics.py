"""GET /health and GET /metrics, and what a log may not hold."""

import io
import json

import structlog

from bot.logs import configure_logs
from bot.settings import load_settings
from core.ports import OpenTurn
from tests.scenarios.http.conftest import Server, StartServer


async def test_health_names_each_part(server: Server) -> None:
    response = await server.get("/health")
    body = await response.json()
    assert response.status == 200
    assert (body["status"], body["database"], body["dispatcher"]) == ("ok", "ok", "running")
    for part in ("redis", "model", "telegram", "whatsapp", "xero"):
        assert body[part] == "not configured"
    assert body["knowledge"] == "empty"
    assert body["accounting"] == "ledger"
    assert body["version"]
    assert body["inbox"] == "ok"
    assert {
        "inbox_waiting",
        "parked",
        "parked_messages",
        "parked_jobs",
        "oldest_waiting_seconds",
        "outbox_depth",
    } <= body.keys()


async def test_health_is_503_while_the_database_is_away(server: Server) -> None:
    server.store.down = True
    response = await server.get("/health")
    assert response.status == 503
    body = await response.json()
    assert (body["status"], body["database"], body["inbox"], body["parked"]) == ("down", "down", "down", None)


async def test_health_needs_no_key_and_tells_no_secret(start: StartServer) -> None:
    server = await start(api_key="sesame", openai_api_key="sk-hidden", openai_model="a-model")
    response = await server.get("/health")
    assert response.status == 200
    assert "sesame" not in await response.text()
    assert "sk-hidden" not in await response.text()


async def test_metrics_count_turns_and_requests(server: Server) -> None:
    await server.say()
    await server.get("/nothing")
    text = await (await server.get("/metrics")).text()
    assert 'resupply_turns_total{channel="api",intent="smalltalk"} 1.0' in text
    assert 'resupply_http_requests_total{route="/api/chatbot",status="200"} 1.0' in text
    assert "resupply_inbox_waiting 0.0" in text
    assert "+65" not in text


async def test_logs_carry_ids_but_no_number_text_or_secret(start: StartServer) -> None:
    output = io.StringIO()
    configure_logs(load_settings(_env_file=None, log_format="json"), output)
    try:
        server = await start(api_key="sesame")
        await server.say("a private message", headers={"Authorization": "Bearer sesame"})
        structlog.get_logger().warning("to +65 9123 0001", twilio_auth_token="t0ken", who=["+6591230001"])
    finally:
        structlog.reset_defaults()
    turn, last = [json.loads(line) for line in output.getvalue().splitlines()]
    assert turn["event"] == "turn"
    assert turn["chat_id"] == 1
    assert turn["turn_id"] == "t1"
    assert turn["request_id"]
    for hidden in ("91230001", "9123 0001", "private", "sesame", "t0ken"):
        assert hidden not in output.getvalue()
    assert last["event"] == "to +65***01"


async def test_a_trace_in_the_log_shows_no_values(server: Server) -> None:
    async def break_down(turn: OpenTurn) -> None:
        secret = "a private message"
        raise RuntimeError(f"broke on {len(secret)} characters")

    output = io.StringIO()
    configure_logs(load_settings(_env_file=None, log_format="json"), output)
    try:
        server.engine.before_commit = break_down
        assert (await server.say("a private message")).status == 503
    finally:
        structlog.reset_defaults()
    assert "RuntimeError" in output.getvalue()
    assert "private" not in output.getvalue()
