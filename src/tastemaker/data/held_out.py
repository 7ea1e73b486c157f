"""What a model keeps back of its training data, to choose by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator
from tastemaker.data.dataset import Dataset

SHARE = 0.1  # of the events
LEAST = 50  # events below which nothing is held out
LONG = 3  # events of a user from which on the last may be held out


def hold_out(data: Dataset, seed: int = 0) -> tuple[Dataset, Dataset] | None:
    """Data to learn from, and about 10 % of the events to choose by; None where there are too few events.

    With clock times these are the latest events; with positions the last event of users, drawn until it is
    10 %; else events drawn at random.
    """
    n = len(data.interactions)
    if n < LEAST:
        return None
    size = max(1, round(SHARE * n))
    held = np.zeros(n, bool)
    held[_places(data, size, seed)] = True
    return data.only(~held), data.only(held)


def _places(data: Dataset, size: int, seed: int) -> NDArray[np.int64]:
    n = len(data.interactions)
    if data.clock == "time":
        return np.arange(n - size, n)
    draw = generator(seed, "held out")
    if data.clock == "positions":
        order, start = data.by_user
        last = np.sort(order[start[1:][np.diff(start) >= LONG] - 1])  # user numbers do not matter
        if len(last):
            return np.asarray(draw.permutation(last)[:size])
    return np.asarray(draw.permutation(n)[:size])
