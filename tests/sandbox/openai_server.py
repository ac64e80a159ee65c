"""A strict stand-in for OpenAI that the real SDK talks to, written from OpenAI's documentation.

    async with OpenAIServer() as openai:                 # or start()/stop()
        settings: OPENAI_BASE_URL=openai.url, OPENAI_API_KEY=KEY, OPENAI_MODEL=MODEL,
                  OPENAI_TRANSCRIPTION_MODEL=TRANSCRIPTION_MODEL
    OpenAIServer(key=None)                               # a local server that wants no key
    OpenAIServer(rules=Rules(...))                       # reasoning, local, vision, most_image_bytes, ...

Reading what the desk sent
    openai.requests          everything that came: Request(route, authorization, headers, asked, refused, worked, left,
                             sent_pieces); route is "chat" or "transcription", left: the client hung up before the end
    openai.asked             completions: Asked(model, system, user, max_tokens, stream, usage, schema, images)
    openai.refusals          requests the server itself refused; tests should assert that it is empty
    await openai.hung_up()   waits until the client has hung up on a request
    openai.most_at_once      how many requests were under way at the same time, at most
    openai.worked            how many requests the model worked on, whatever became of the answer

Setting up
    openai.answers = lambda asked: "text"                # or a Reply(text, refusal, finish, cached_tokens)
        by default a sentence, or the plainest value of the schema
    openai.transcript = lambda heard: "text";  openai.transcript_usage = lambda heard: {...}
    usage counts a token for every four characters begun (`tokens(text)`) and 800 an image

Faults, for the requests to come (see `Fault` for all of them)
    faults.next(status=429, retry_after="1", times=2);  faults.fine(times=1);
    faults.always(status=503);  faults.clear()
    faults.next(hold_before=True);  await faults.held();  await faults.release()

Stricter than the real one, to catch our errors: fields the desk has no use for are refused as unknown, a schema must be
strict, messages are one of the system's and one of the user's, a limit of tokens is required, an image is
looked at, and a 401 repeats the whole key.

By hand: python -m tests.sandbox.openai_server --port 8200
"""

import argparse
import asyncio
from contextlib import suppress

from tests.sandbox.openai.answers import Reply, tokens
from tests.sandbox.openai.faults import Fault, Faults
from tests.sandbox.openai.requests import Asked, Picture, Rules
from tests.sandbox.openai.server import KEY, MODEL, TRANSCRIPTION_MODEL, OpenAIServer, Request
from tests.sandbox.openai.transcriptions import Heard

__all__ = [
    "KEY",
    "MODEL",
    "TRANSCRIPTION_MODEL",
    "Asked",
    "Fault",
    "Faults",
    "Heard",
    "OpenAIServer",
    "Picture",
    "Reply",
    "Request",
    "Rules",
    "tokens",
]


async def _serve(port: int) -> None:
    server = await OpenAIServer().start(port)
    print(f"OPENAI_BASE_URL={server.url} OPENAI_API_KEY={KEY} OPENAI_MODEL={MODEL}", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="OpenAI on this machine, to try the desk against")
    parser.add_argument("--port", type=int, default=0)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args().port))
