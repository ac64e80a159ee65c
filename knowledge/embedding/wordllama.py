"""Static word vectors that come with the wordllama package: no download, about 50 µs a text."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from knowledge.ports import Vectors


class WordLlamaEmbedder:
    """Embeds by the mean of 256-dimensional word vectors."""

    name = "wordllama/l2_supercat_256"
    dimensions = 256

    def __init__(self) -> None:
        self._lock = Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text, of unit length; a text without a known word is all zeros."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        with self._lock:
            model = self._model
        vectors = np.nan_to_num(np.asarray(model.embed(list(texts)), dtype=np.float32))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        result: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
        return result

    @cached_property
    def _model(self) -> Any:
        import wordllama

        # The plain load() looks for the tokenizer outside the package, and on the network.
        folder = Path(wordllama.__file__).parent
        return wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
