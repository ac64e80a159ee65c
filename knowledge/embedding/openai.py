"""Vectors from OpenAI, or from any server that speaks its embeddings API."""

from collections.abc import Sequence
from functools import cached_property
from threading import Lock
from time import monotonic
from typing import Any

import numpy as np
from openai import DefaultHttpxClient, Omit, OpenAI, OpenAIError

from knowledge.embedding.lengths import unit
from knowledge.errors import EmbedderUnusable
from knowledge.ports import Vectors

_BATCH = 256
# A customer waits for the vector of a question; an ingest has time, and tries again.
_QUESTION_SECONDS = 2.0
_BATCH_SECONDS = 30.0
_BATCH_RETRIES = 3
_REST_SECONDS = 30.0
_NO_KEY = "none"  # the SDK wants one; no header is sent with it


class OpenAIEmbedder:
    """Embeds by a model of an API. For a while after a question without an answer none is asked."""

    def __init__(self, model: str, *, api_key: str | None, base_url: str | None) -> None:
        self.name = f"openai/{model}"
        self._model = model
        self._headers: dict[str, str | Omit] = {} if api_key is not None else {"Authorization": Omit()}
        self._client = OpenAI(
            api_key=api_key or _NO_KEY, base_url=base_url, http_client=DefaultHttpxClient(follow_redirects=False)
        )
        self._lock = Lock()
        self._rests_until = 0.0

    @cached_property
    def dimensions(self) -> int:
        """Length of a vector, as the model has it."""
        return int(self.embed(["length"]).shape[1])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text, of unit length. Raises EmbedderUnusable."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        if len(texts) == 1:
            return self._question(texts[0])
        return np.concatenate([self._batch(texts[n : n + _BATCH]) for n in range(0, len(texts), _BATCH)])

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _question(self, text: str) -> Vectors:
        with self._lock:
            if monotonic() < self._rests_until:
                raise EmbedderUnusable("the embeddings API did not answer a moment ago")
        try:
            return self._asked([text], _QUESTION_SECONDS, 0)
        except EmbedderUnusable:
            with self._lock:
                self._rests_until = monotonic() + _REST_SECONDS
            raise

    def _batch(self, texts: Sequence[str]) -> Vectors:
        return self._asked(texts, _BATCH_SECONDS, _BATCH_RETRIES)

    def _asked(self, texts: Sequence[str], seconds: float, retries: int) -> Vectors:
        client = self._client.with_options(timeout=seconds, max_retries=retries)
        try:
            found = client.embeddings.create(
                model=self._model,
                input=[text or " " for text in texts],
                encoding_format="float",
                extra_headers=self._headers,
            )
        except OpenAIError as error:
            # Its message may repeat a part of the key.
            status = getattr(error, "status_code", None)
            reason = f"HTTP {status}" if status else type(error).__name__
            raise EmbedderUnusable(f"the embeddings API cannot be used: {reason}") from None
        return _vectors(found, len(texts))


def _vectors(answer: Any, count: int) -> Vectors:
    """The rows of an answer in the order of its texts. A server may answer anything."""
    try:
        rows = sorted(answer.data, key=lambda row: row.index)
        vectors = np.asarray([row.embedding for row in rows], dtype=np.float32)
    except (TypeError, ValueError, AttributeError):
        vectors = np.zeros(0, dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) != count or not np.isfinite(vectors).all():
        raise EmbedderUnusable("the embeddings API answered with something that is no list of vectors")
    return unit(vectors)
