"""Whatever JSON a server sends: a text, or ModelUnavailable, and nothing else."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ModelUnavailable
from core.ports import MediaFile
from tests.sandbox.openai.clients import ASK, READ, Desk, heard
from tests.sandbox.openai_server import OpenAIServer

NOTE = MediaFile(b"OggS", "audio/ogg")

scalars = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["stop", "length", "tokens"])
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner)
)


def some(*names: str, **known: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with some of these fields, each with what belongs there or anything."""
    fields = dict.fromkeys(names, anything) | {name: value | anything for name, value in known.items()}
    return st.fixed_dictionaries({}, optional=fields)


usage = some(
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "seconds",
    "type",
    prompt_tokens_details=some("cached_tokens"),
)
said = some("content", "refusal", "role", "tool_calls")
choice = some("index", "finish_reason", message=said, delta=said)
bodies = some("id", "object", "error", "text", choices=st.lists(choice | anything, max_size=2), usage=usage) | anything


@pytest.mark.parametrize("streamed", [False, True])
def test_whatever_a_server_sends(streamed: bool, migrated_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "resupply.db"
    copy(migrated_file, path)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(OpenAIServer().start())
    desk = Desk(server, f"sqlite:///{path}")
    client = desk.open(model_breaker_failures=1_000_000, model_attempts=1)

    async def ask(body: Any) -> None:
        turn = client.turn()
        for prompt in (ASK, READ):
            if streamed:
                server.faults.next(events=(json.dumps(body),) * 2)
                await heard(turn.stream(prompt))
            else:
                server.faults.next(body=body)
                with suppress(ModelUnavailable):
                    assert isinstance(await turn.complete(prompt), str)
        server.faults.next(body=body)
        with suppress(ModelUnavailable):
            assert isinstance(await turn.transcribe(NOTE), str)
        assert turn.usage.model_calls == 3
        assert turn.usage.cost_usd >= 0

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(bodies)
    def run(body: Any) -> None:
        loop.run_until_complete(ask(body))

    try:
        run()
    finally:
        loop.run_until_complete(desk.close())
        loop.run_until_complete(server.stop())
        loop.close()
