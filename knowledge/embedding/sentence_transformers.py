"""Vectors from a model of the sentence-transformers library, on this machine (the extra `sentence-transformers`)."""

from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from threading import Lock
from typing import Any

import numpy as np

from knowledge.embedding.lengths import unit
from knowledge.errors import EmbedderUnusable
from knowledge.ports import Vectors


class SentenceTransformerEmbedder:
    """Embeds by a model that the library knows, by name or folder; it is loaded when it is first needed."""

    def __init__(self, model: str) -> None:
        self.name = f"sentence-transformers/{model}"
        self._path = model
        # Its tokenizers do not stand two threads at a time.
        self._lock = Lock()

    @cached_property
    def dimensions(self) -> int:
        """Length of a vector, as the model has it."""
        return int(self.embed(["length"]).shape[1])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text, of unit length. Raises EmbedderUnusable."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        with self._lock:
            vectors = self._model.encode(list(texts), convert_to_numpy=True, show_progress_bar=False)
        return unit(np.asarray(vectors, dtype=np.float32))

    @cached_property
    def _model(self) -> Any:
        try:
            library = import_module("sentence_transformers")
        except ImportError:
            raise EmbedderUnusable(
                "sentence-transformers is not installed: pip install 'resupply[sentence-transformers]'"
            ) from None
        try:
            return library.SentenceTransformer(self._path)
        except (OSError, ValueError, RuntimeError) as error:
            raise EmbedderUnusable(f"the model {self._path} cannot be loaded: {error}") from error
