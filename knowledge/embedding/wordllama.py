"""Static word vectors that come with the wordllama package: no download, about 50 µs a text."""

import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from knowledge.embedding.lengths import unit
from knowledge.ports import Vectors


class WordLlamaEmbedder:
    """Embeds by the mean of 256-dimensional word vectors."""

    name = "wordllama/l2_supercat_256"
    dimensions = 256

    def __init__(self) -> None:
        self._lock = Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text, of unit length; a text without a word is all zeros."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        with self._lock:
            model = self._model
        there = [n for n, text in enumerate(texts) if text.strip()]
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        if there:
            vectors[there] = model.embed([texts[n] for n in there])
        return unit(vectors)

    @cached_property
    def _model(self) -> Any:
        # Importing it sets up logging for the whole process, at a level that nobody asked for.
        root = logging.getLogger()
        level, handlers = root.level, list(root.handlers)
        try:
            import wordllama
        finally:
            root.setLevel(level)
            root.handlers[:] = handlers
        # The plain load() looks for the tokenizer outside the package, and on the network.
        folder = Path(wordllama.__file__).parent
        return wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
