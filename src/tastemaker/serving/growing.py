"""Arrays that grow by rows while others read them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SPARE = 8  # an eighth more room than was needed


class Growing:
    """Rows of an array that may be replaced, and to which more may come.

    One thread writes; readers take `rows`, which stays valid.

    Args:
        first: The rows that are there at the beginning, shape (n, ...).
    """

    def __init__(self, first: NDArray[Any]) -> None:
        self._all, self._n = first, len(first)

    @property
    def rows(self) -> NDArray[Any]:
        """All rows so far, shape (n, ...)."""
        return self._all[: self._n]

    def put(self, rows: NDArray[np.integer], values: NDArray[Any]) -> None:
        """Set `rows` to `values`; rows in between that nobody set are zeros."""
        n = max(self._n, int(rows.max(initial=-1)) + 1)
        if n > len(self._all) or not self._all.flags.writeable:
            room = np.zeros((n + n // SPARE + 64, *self._all.shape[1:]), self._all.dtype)
            room[: self._n] = self.rows
            self._all = room
        self._all[rows] = values
        self._n = n
