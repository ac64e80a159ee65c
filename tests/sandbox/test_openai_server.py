"""The real SDK talks to the stand-in, which refuses what OpenAI refuses and fails as it is told to."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from tests.sandbox.openai_server import (
    KEY,
    MODEL,
    TRANSCRIPTION_MODEL,
    Heard,
    OpenAIServer,
    Reply,
    Rules,
    tokens,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
SCHEMA = {
    "type": "object",
    "properties": {
        "sku": {"type": "string", "enum": ["PB-12", "PB-10"]},
        "quantity": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
    },
    "required": ["sku", "quantity"],
    "additionalProperties": False,
}


def request(**changes: Any) -> dict[str, Any]:
    """A good request for a completion, with changes; a change to None leaves the field out."""
    fields = {
        "model": MODEL,
        "messages": [{"role": "system", "content": "Read."}, {"role": "user", "content": "two boxes"}],
        "max_tokens": 50,
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def strict(schema: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "read", "strict": True, "schema": schema, **changes}}


def picture(content: bytes, kind: str = "image/png") -> list[dict[str, Any]]:
    url = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return [
        {"role": "system", "content": "Read."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "list"}, {"type": "image_url", "image_url": {"url": url}}],
        },
    ]


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as running:
        yield running


@pytest.fixture
async def sdk(server: OpenAIServer) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key=KEY, base_url=server.url, max_retries=0, timeout=10) as client:
        yield client


async def test_the_sdk_reads_an_answer_and_what_it_used(server: OpenAIServer, sdk: AsyncOpenAI) -> None:
    server.answers = lambda asked: Reply(f"You wrote {asked.user}.", cached_tokens=1)
    completion = await sdk.chat.completions.create(**request())
    assert completion.choices[0].message.content == "You wrote two boxes."
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage is not None
    assert completion.usage.prompt_tokens == tokens("Read.") + tokens("two boxes")
    assert completion.usage.completion_tokens == tokens("You wrote two boxes.")
    assert completion.usage.prompt_tokens_details is not None
    assert completion.usage.prompt_tokens_details.cached_tokens == 1
    assert not server.refusals
    assert server.worked == 1


async def test_the_sdk_reads_a_stream_to_its_usage(server: OpenAIServer, sdk: AsyncOpenAI) -> None:
    server.answers = lambda asked: "Two boxes it is."
    stream = await sdk.chat.completions.create(**request(stream=True, stream_options={"include_usage": True}))
    chunks = [chunk async for chunk in stream]
    heard = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert heard == ["Two", " boxes", " it", " is."]
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == tokens("Two boxes it is.")
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)


async def test_a_schema_is_answered_in_its_form_by_default(server: OpenAIServer, sdk: AsyncOpenAI) -> None:
    completion = await sdk.chat.completions.create(**request(response_format=strict(SCHEMA)))
    assert json.loads(completion.choices[0].message.content or "") == {"sku": "PB-12", "quantity": 1}
    assert server.asked[0].schema == SCHEMA


async def test_the_sdk_sends_a_recording(server: OpenAIServer, sdk: AsyncOpenAI) -> None:
    server.transcript = lambda heard: f"{len(heard.content)} bytes"
    heard = await sdk.audio.transcriptions.create(
        model=TRANSCRIPTION_MODEL, file=("voice.ogg", b"OggS1234", "audio/ogg"), response_format="json"
    )
    assert heard.text == "8 bytes"
    assert heard.usage is not None
    assert heard.usage.type == "duration"
    assert server.requests[0].asked == Heard(TRANSCRIPTION_MODEL, "voice.ogg", "audio/ogg", b"OggS1234")


async def test_a_picture_is_looked_at(server: OpenAIServer, sdk: AsyncOpenAI) -> None:
    await sdk.chat.completions.create(**request(messages=picture(PNG)))
    assert [image.content for image in server.asked[0].images] == [PNG]
    assert server.asked[0].user == "list"


def without(name: str, **changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**SCHEMA, **changes}.items() if key != name}


LOOSE = {**SCHEMA, "required": ["sku"]}
OPEN = without("additionalProperties")
NESTED = {**SCHEMA, "properties": {**SCHEMA["properties"], "quantity": {"type": "object", "properties": {}}}}  # type: ignore[dict-item]
DEFAULTED = {**SCHEMA, "properties": {**SCHEMA["properties"], "sku": {"type": "string", "default": "x"}}}  # type: ignore[dict-item]
WIDE = {**SCHEMA, "properties": {**SCHEMA["properties"], "sku": {"enum": [str(n) for n in range(1_001)]}}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"n": 2}, "n", "unknown_parameter"),
        ({"max_tokens": None}, "max_tokens", None),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"max_completion_tokens": 5}, "max_tokens", None),
        ({"temperature": "cold"}, "temperature", "invalid_type"),
        ({"reasoning_effort": "low"}, "reasoning_effort", "unsupported_parameter"),
        ({"stream_options": {"include_usage": True}}, "stream_options", None),
        ({"messages": [{"role": "user", "content": "hi"}]}, "messages", None),
        ({"response_format": {"type": "json_object"}}, "response_format.type", None),
        ({"response_format": strict(SCHEMA, strict=False)}, "response_format.json_schema.strict", None),
        ({"response_format": strict(SCHEMA, name="a b")}, "response_format.json_schema.name", None),
        ({"response_format": strict({"type": "array", "items": {"type": "string"}})}, "response_format", None),
        ({"response_format": strict(LOOSE)}, "response_format", "invalid_json_schema"),
        ({"response_format": strict(OPEN)}, "response_format", "invalid_json_schema"),
        ({"response_format": strict(NESTED)}, "response_format", "invalid_json_schema"),
        ({"response_format": strict(DEFAULTED)}, "response_format", "invalid_json_schema"),
        ({"response_format": strict(WIDE)}, "response_format", "invalid_json_schema"),
        ({"messages": picture(b"GIF87a")}, "messages[1].content", "image_parse_error"),
        ({"messages": picture(PNG, "image/tiff")}, "messages[1].content", "image_parse_error"),
    ],
)
async def test_what_openai_does_not_take_is_refused(
    server: OpenAIServer, sdk: AsyncOpenAI, changes: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await sdk.chat.completions.create(**request(**changes))
    assert refused.value.param == param
    if code is not None or param == "response_format":
        assert refused.value.code == (code or "invalid_json_schema")
    assert len(server.refusals) == 1
    assert server.worked == 0


async def test_the_key_and_the_model_are_looked_at(server: OpenAIServer, sdk: AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        await sdk.chat.completions.create(**request(model="gpt-none"))
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.AuthenticationError) as wrong:
        await sdk.with_options(api_key="sk-wrong").chat.completions.create(**request())
    assert wrong.value.code == "invalid_api_key"
    assert "sk-wrong" in str(wrong.value)  # so that a test sees where the client repeats it


@pytest.mark.parametrize(
    ("rules", "changes", "param"),
    [
        (Rules(reasoning=True), {}, "max_tokens"),
        (Rules(reasoning=True), {"max_tokens": None, "max_completion_tokens": 5, "temperature": 0}, "temperature"),
        (Rules(local=True), {"response_format": strict(SCHEMA)}, "response_format"),
        (Rules(local=True), {"max_tokens": None, "max_completion_tokens": 5}, "max_completion_tokens"),
        (Rules(vision=False), {"messages": picture(PNG)}, "messages[1].content"),
        (Rules(most_image_bytes=10), {"messages": picture(PNG)}, "messages[1].content"),
        (Rules(stream_options=False), {"stream": True, "stream_options": {"include_usage": True}}, "stream_options"),
    ],
)
async def test_other_servers_take_less(rules: Rules, changes: dict[str, Any], param: str) -> None:
    async with OpenAIServer(rules=rules) as server, AsyncOpenAI(api_key=KEY, base_url=server.url, max_retries=0) as sdk:
        with pytest.raises(openai.BadRequestError) as refused:
            await sdk.chat.completions.create(**request(**changes))
    assert refused.value.param == param


async def test_a_recording_without_a_known_ending_is_refused(sdk: AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await sdk.audio.transcriptions.create(model=TRANSCRIPTION_MODEL, file=("voice.xyz", b"OggS", "audio/ogg"))
    assert refused.value.param == "file"


async def test_a_fault_happens_once_and_then_all_is_well(server: OpenAIServer, sdk: AsyncOpenAI) -> None:
    server.faults.next(status=429, retry_after="7")
    with pytest.raises(openai.RateLimitError) as limited:
        await sdk.chat.completions.create(**request())
    assert limited.value.response.headers["Retry-After"] == "7"
    assert (await sdk.chat.completions.create(**request())).choices[0].message.content
    assert [made.worked for made in server.requests] == [False, True]
    assert not server.refusals


@pytest.mark.parametrize(("fault", "worked"), [({"reset_before": True}, False), ({"reset_after": True}, True)])
async def test_a_dropped_connection_comes_before_or_after_the_work(
    server: OpenAIServer, sdk: AsyncOpenAI, fault: dict[str, Any], worked: bool
) -> None:
    server.faults.next(**fault)
    with pytest.raises(openai.APIConnectionError):
        await sdk.chat.completions.create(**request())
    assert [made.worked for made in server.requests] == [worked]


async def test_the_server_sees_that_the_client_hung_up(server: OpenAIServer, sdk: AsyncOpenAI) -> None:
    server.faults.next(hold_before=True)
    with pytest.raises(openai.APITimeoutError):
        await sdk.with_options(timeout=0.1).chat.completions.create(**request())
    await server.hung_up()
    await sdk.chat.completions.create(**request())
    assert [made.left for made in server.requests] == [True, False]


@pytest.mark.parametrize(
    ("fault", "error", "heard"),
    [
        ({"reset_after_pieces": 2}, openai.APIConnectionError, 2),
        ({"error_after_pieces": 1}, openai.APIError, 1),
        ({"cut_after_pieces": 1}, None, 1),
        ({"no_finish": True}, None, 4),
    ],
)
async def test_a_stream_breaks_off(
    server: OpenAIServer, sdk: AsyncOpenAI, fault: dict[str, Any], error: type[Exception] | None, heard: int
) -> None:
    server.answers = lambda asked: "Two boxes it is."
    server.faults.next(**fault)
    stream = await sdk.chat.completions.create(**request(stream=True))
    pieces, finish, raised = [], None, None
    try:
        async for chunk in stream:
            pieces += [chunk.choices[0].delta.content] if chunk.choices[0].delta.content else []
            finish = chunk.choices[0].finish_reason or finish
    except openai.APIError as broken:
        raised = type(broken)
    assert (len(pieces), finish, raised) == (heard, None, error)
