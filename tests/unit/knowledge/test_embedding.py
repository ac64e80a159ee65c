"""The embedders: unit vectors, in order, and clear errors."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from knowledge.embedding.openai import OpenAIEmbedder
from knowledge.embedding.sentence_transformers import SentenceTransformerEmbedder
from knowledge.embedding.wordllama import WordLlamaEmbedder
from knowledge.errors import EmbedderUnusable
from knowledge.ports import Vectors


def test_wordllama_gives_unit_vectors_and_zeros_for_nothing() -> None:
    embedder = WordLlamaEmbedder()
    vectors = embedder.embed(["refund of goods", "", "money back for products", "  "])
    assert vectors.shape == (4, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1).tolist() == pytest.approx([1, 0, 1, 0])
    assert embedder.embed([]).shape == (0, embedder.dimensions)
    unlike = embedder.embed(["the capital of France"])[0]
    assert vectors[0] @ vectors[2] > vectors[0] @ unlike


def test_a_text_has_the_same_vector_alone_and_among_others() -> None:
    embedder = WordLlamaEmbedder()
    together = embedder.embed(["short", "a text of quite some length about deliveries to Sentosa on Friday"])
    np.testing.assert_allclose(together[0], embedder.embed(["short"])[0], atol=1e-6)


def test_wordllama_leaves_logging_as_it_was() -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    WordLlamaEmbedder().embed(["text"])
    assert (root.level, list(root.handlers)) == before


@pytest.mark.skipif(find_spec("sentence_transformers") is not None, reason="sentence-transformers is installed")
def test_an_extra_that_is_not_installed_says_what_to_install() -> None:
    with pytest.raises(EmbedderUnusable, match=r"resupply\[sentence-transformers\]"):
        SentenceTransformerEmbedder("any").embed(["text"])


# -- OpenAI ----------------------------------------------------------------------------------------------


class Api:
    """A server that speaks the embeddings API. `answer` makes its next answers."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, Any], str | None]] = []
        self.answer: Callable[[list[str]], web.Response] = self.vectors

    def vectors(self, texts: list[str]) -> web.Response:
        """The length of each text as its vector, last text first: the order is told by `index`."""
        data = [{"object": "embedding", "index": n, "embedding": [3.0, float(len(t))]} for n, t in enumerate(texts)]
        return web.json_response({"object": "list", "data": data[::-1], "model": "m", "usage": {}})

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.requests.append((body, request.headers.get("Authorization")))
        return self.answer(body["input"])


@pytest.fixture
async def api() -> AsyncIterator[tuple[Api, str]]:
    served, app = Api(), web.Application()
    app.router.add_post("/v1/embeddings", served.handle)
    async with TestServer(app) as server:
        yield served, str(server.make_url("/v1"))


async def embed(embedder: OpenAIEmbedder, *texts: str) -> Vectors:
    """Embed from a thread, as the library does, and close the connections."""
    try:
        return await asyncio.to_thread(embedder.embed, list(texts))
    finally:
        embedder.close()


async def test_vectors_come_in_the_order_of_their_texts(api: tuple[Api, str]) -> None:
    served, url = api
    embedder = OpenAIEmbedder("small", api_key="sk-secret", base_url=url)
    vectors = await embed(embedder, "aaaa", "", "b" * 400)
    assert vectors[:, 1].tolist() == pytest.approx([4 / 5, 1 / 10**0.5, 400 / (400**2 + 9) ** 0.5])
    assert served.requests == [
        ({"model": "small", "input": ["aaaa", " ", "b" * 400], "encoding_format": "float"}, "Bearer sk-secret")
    ]
    assert embedder.name == "openai/small"


async def test_many_texts_go_in_several_requests(api: tuple[Api, str]) -> None:
    served, url = api
    vectors = await embed(OpenAIEmbedder("small", api_key="k", base_url=url), *(["text"] * 600))
    assert vectors.shape == (600, 2)
    assert [len(body["input"]) for body, _ in served.requests] == [256, 256, 88]


async def test_without_a_key_none_is_sent(api: tuple[Api, str]) -> None:
    served, url = api
    await embed(OpenAIEmbedder("small", api_key=None, base_url=url), "text")
    assert served.requests[0][1] is None


@pytest.mark.parametrize(
    "answer",
    [
        lambda texts: web.json_response({"error": {"message": "bad key sk-secret"}}, status=401),
        lambda texts: web.json_response({"object": "list", "data": [], "model": "m", "usage": {}}),
        lambda texts: web.json_response({"data": [{"index": 0, "embedding": ["x"]}]}),
        lambda texts: web.json_response({"data": [{"index": 0, "embedding": [1.0, None]}]}),
        lambda texts: web.Response(text="<html>", content_type="text/html"),
    ],
    ids=["refused", "empty", "words", "null", "page"],
)
async def test_an_answer_that_cannot_be_used_is_an_error_without_the_key(
    api: tuple[Api, str], answer: Callable[[list[str]], web.Response]
) -> None:
    served, url = api
    served.answer = answer
    with pytest.raises(EmbedderUnusable) as caught:
        await embed(OpenAIEmbedder("small", api_key="sk-secret", base_url=url), "text")
    assert "sk-secret" not in str(caught.value)


async def test_after_a_question_without_an_answer_none_is_asked_for_a_while(api: tuple[Api, str]) -> None:
    served, url = api
    embedder = OpenAIEmbedder("small", api_key="k", base_url=url)
    served.answer = lambda texts: web.Response(status=500)
    for _ in range(3):
        with pytest.raises(EmbedderUnusable):
            await asyncio.to_thread(embedder.embed, ["question"])
    assert len(served.requests) == 1
    served.answer = served.vectors
    assert (await embed(embedder, "many", "texts")).shape == (2, 2)


async def test_a_server_that_is_not_there_is_an_error() -> None:
    with pytest.raises(EmbedderUnusable, match="APIConnectionError"):
        await embed(OpenAIEmbedder("small", api_key="k", base_url="http://127.0.0.1:9/v1"), "text")
