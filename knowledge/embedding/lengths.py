"""Vectors of unit length."""

import numpy as np

from knowledge.ports import Vectors


def unit(vectors: Vectors) -> Vectors:
    """Each row at length 1, so that a product is a cosine; a row of zeros stays one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return result
