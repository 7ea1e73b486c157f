"""What people ask for now, and what they have always asked for, kept up with every event."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.serving.growing import Growing

HALF = 86_400.0  # seconds after which an event counts half
FAR = 500.0  # half-lives until the counts are scaled anew: 2 ** FAR is still a number


class Pulse:
    """Counts by row: all there ever were, and those that fade.

    A faded count is kept as of a fixed moment, so that an event costs one addition and old counts fade by
    themselves (forward decay, Cormode et al. 2009, section 3).

    Args:
        counts: Positive events of each item so far, shape (n,).
        now: Seconds since 1970.
    """

    def __init__(self, counts: NDArray[np.float64], now: float) -> None:
        self._ever = Growing(counts.astype(np.float64))
        self._faded = Growing(np.zeros(len(counts)))
        self._from = now

    def count(self, rows: NDArray[np.int32], times: NDArray[np.float64], ever: bool = True) -> None:
        """Take positive events; `ever` false where they are counted in `counts` already."""
        if not len(rows):
            return
        self._grow(int(rows.max()) + 1)
        if times.max() - self._from > FAR * HALF:
            self._faded.rows[:] *= 2.0 ** -((times.max() - self._from) / HALF)
            self._from = float(times.max())
        np.add.at(self._faded.rows, rows, 2.0 ** np.clip((times - self._from) / HALF, -FAR, FAR))
        if ever:
            np.add.at(self._ever.rows, rows, 1.0)

    def trend(self, n: int) -> NDArray[np.float64]:
        """Faded counts of the first `n` rows, up to a common factor."""
        return _first(self._faded.rows, n)

    def popular(self, n: int) -> NDArray[np.float64]:
        """Counts of the first `n` rows."""
        return _first(self._ever.rows, n)

    def _grow(self, n: int) -> None:
        for counts in (self._ever, self._faded):
            if n > len(counts.rows):
                counts.put(np.array([n - 1]), np.zeros(1))


def _first(counts: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    return counts[:n] if len(counts) >= n else np.concatenate([counts, np.zeros(n - len(counts))])
