"""Pictures and sound among texts, by the names of what is recognised in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import Run
from tastemaker.core.fingerprints import of_bytes
from tastemaker.features.base import Encoder
from tastemaker.features.cache import FeatureCache
from tastemaker.features.filling import fill

TOP = 10
Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Names:
    """``v = sum_k p_k e(name_k)`` over the `top` likeliest classes of a picture or a sound, of length 1.

    Source: Norouzi et al. 2014, ConSE, eq. 1-3.

    Attributes:
        vectors: Of the names of the classes, in the space of texts, (classes, d).
        top: Classes that count.
    """

    vectors: Rows
    top: int = TOP

    @classmethod
    def of(cls, names: tuple[str, ...], texts: Encoder, cache: FeatureCache, run: Run) -> Names:
        """Names as a text encoder reads them; kept in the cache like items' texts."""
        keys = [of_bytes(name.encode()) for name in names]
        found = fill(texts, dict(zip(keys, names, strict=True)), cache, run).vectors
        return cls(found.of(keys))

    def place(self, chances: Rows) -> Rows:
        """Vectors of n pictures or sounds from the chances of their classes, (n, classes), to (n, d)."""
        if not len(chances):
            return np.zeros((0, self.vectors.shape[1]), np.float32)
        least = np.partition(chances, -self.top, axis=1)[:, -self.top, None]
        return unit(np.where(chances >= least, chances, 0) @ self.vectors)


def unit(rows: NDArray[np.floating]) -> Rows:
    """Rows of length 1; zeros stay."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)
