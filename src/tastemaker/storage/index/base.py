"""What an index of vectors is."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.int32]


class VectorIndex(Protocol):
    """Finds the vectors with the largest inner products. May be searched from several threads while one adds."""

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def __len__(self) -> int:
        """Number of rows."""
        ...

    def put(self, rows: Rows, vectors: Floats) -> None:
        """Add vectors, shape (n, dim), at the end or in place of those of `rows`; zeros are never found."""
        ...

    def search(self, vectors: Floats, k: int, allowed: NDArray[np.bool_] | None = None) -> tuple[Rows, Floats]:
        """Rows and products of the best `k`, each (q, k), best first, ties by row; -1 and -inf pad.

        A query of zeros finds nothing.

        The filter acts inside the search: where at least `k` rows are allowed, `k` come back.

        Args:
            vectors: Shape (q, dim).
            k: At least 1.
            allowed: Bool, shape (n,) for all queries or (q, n); rows that it does not reach, because they were put
                after it was made, are not allowed.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write it, whole or not at all."""
        ...
