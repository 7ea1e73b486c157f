"""Long texts in pieces: which tokens go together, and the mean of the pieces' vectors."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


class Chunked:
    """Texts as chunks of tokens, or of characters.

    Attributes:
        tokens: The chunks of all texts, one after the other.

    Args:
        texts: The chunks of each text, at least one.
    """

    def __init__(self, texts: Sequence[Sequence[Any]]) -> None:
        self.tokens = list(chain.from_iterable(texts))
        self._counts = [len(parts) for parts in texts]

    @property
    def sizes(self) -> list[int]:
        """Tokens of each chunk."""
        return [max(1, len(part)) for part in self.tokens]

    def mean(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """One vector a text: the mean of its chunks by their tokens, as long as they are on average.

        Args:
            rows: Vectors of the chunks, (n_chunks, dim).

        Returns:
            Shape (n_texts, dim); the vector of a text of one chunk is that chunk's, to the last bit.
        """
        starts = np.cumsum([0, *self._counts[:-1]])
        if len(rows) == len(self._counts):
            return rows
        weight = np.array(self.sizes, np.float64)[:, None]
        total = np.add.reduceat(weight, starts)
        means = np.add.reduceat(rows * weight, starts) / total
        longs = np.add.reduceat(np.linalg.norm(rows, axis=1, keepdims=True) * weight, starts) / total
        means *= longs / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        alone = np.array(self._counts) == 1
        out: NDArray[np.float32] = means.astype(np.float32)
        out[alone] = rows[starts[alone]]
        return out


def cut(encoded: object, chunks: int) -> list[list[int]]:
    """Token ids of the first `chunks` pieces of an encoding of the library tokenizers, at least one, none empty."""
    parts = [encoded, *getattr(encoded, "overflowing")][:chunks]  # noqa: B009
    return [list(getattr(part, "ids")) or [0] for part in parts]  # noqa: B009


def padded(tokens: Sequence[Sequence[int]], width: int = 0, fill: int = 0) -> tuple[Ids, Ids]:
    """Token ids of n texts as one table, filled up at the end, and where they are, both (n, width) of int64.

    Args:
        tokens: Of each text.
        width: Of the table; 0 takes the longest.
        fill: What stands where there is no token.
    """
    lengths = np.array([len(ids) for ids in tokens])
    mask = np.arange(width or int(lengths.max()))[None] < lengths[:, None]
    table = np.full(mask.shape, fill, np.int64)
    table[mask] = np.concatenate(tokens)
    return table, mask.astype(np.int64)
