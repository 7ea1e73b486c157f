"""What people ask for now, and what they have always asked for, kept up with every event."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from tastemaker.serving.growing import Growing

HALF = 86_400.0  # seconds after which an event counts half
LEADERS = 4096  # rows that the first are looked for among, before all are
FRESH = 1.0  # seconds that leaders may be behind the counts
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
        self._leaders: dict[str, tuple[float, int, NDArray[np.int32]]] = {}
        self._counted = 0

    def count(self, rows: NDArray[np.int32], times: NDArray[np.float64], ever: bool = True) -> None:
        """Take positive events; `ever` false where they are counted in `counts` already."""
        if not len(rows):
            return
        self._grow(int(rows.max()) + 1)
        self._counted += 1
        times = np.minimum(times, max(time.time(), self._from))  # what is dated ahead counts as of now
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

    def leaders(self, source: str) -> NDArray[np.int32]:
        """The first rows by what is "trending" or "popular", without those of count 0, ties by row; a second old."""
        now = time.monotonic()
        at, counted, rows = self._leaders.get(source, (0.0, -1, np.empty(0, np.int32)))
        if counted != self._counted and (counted < 0 or now - at > FRESH):
            counted = self._counted
            counts = (self._faded if source == "trending" else self._ever).rows
            first = np.argsort(-counts, kind="stable")[:LEADERS]
            rows = first[counts[first] > 0].astype(np.int32)
            self._leaders[source] = (now, counted, rows)
        return rows

    def _grow(self, n: int) -> None:
        for counts in (self._ever, self._faded):
            if n > len(counts.rows):
                counts.put(np.array([n - 1]), np.zeros(1))


def _first(counts: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    return counts[:n] if len(counts) >= n else np.concatenate([counts, np.zeros(n - len(counts))])
