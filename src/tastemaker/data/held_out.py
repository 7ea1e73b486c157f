"""What a model keeps back of its training data, to choose by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator
from tastemaker.data.dataset import Dataset

SHARE = 0.1  # of the events
LEAST = 50  # events below which nothing is held out
HIDDEN = 0.1  # of the items, where new ones are asked for
FEWEST = 10  # items below which none are hidden
LONG = 3  # events of a user from which on his last may be held out


def hold_out(data: Dataset, seed: int = 0) -> tuple[Dataset, Dataset] | None:
    """Data to learn from, and about 10 % of the events to choose by; None where there are too few events.

    Where events have an order these are the last tenth of each user's, one at least of those who have 3: so users
    have a history when they are asked for. Else they are drawn at random.
    """
    if len(data.interactions) < LEAST:
        return None
    held = _drawn(data, seed) if data.clock == "none" else _last(data)
    return data.only(~held), data.only(held)


def hide_items(data: Dataset, seed: int = 0) -> NDArray[np.bool_] | None:
    """A tenth of the items with events, at random, (n_items,), to be judged by as new ones; None where they are few."""
    taken = np.unique(data.interactions.item)
    many = round(HIDDEN * len(taken))
    if many < FEWEST:
        return None
    hidden = np.zeros(len(data.items), bool)
    hidden[generator(seed, "hidden items").choice(taken, many, replace=False)] = True
    return hidden


def _last(data: Dataset) -> NDArray[np.bool_]:
    order, start = data.by_user
    user = data.interactions.user[order]
    size = np.diff(start)
    most = np.where(size >= LONG, np.maximum(1, np.round(SHARE * size)), 0)
    held = np.zeros(len(user), bool)
    held[order] = start[user + 1] - np.arange(len(user)) <= most[user]
    return held


def _drawn(data: Dataset, seed: int) -> NDArray[np.bool_]:
    n = len(data.interactions)
    held = np.zeros(n, bool)
    held[generator(seed, "held out").permutation(n)[: max(1, round(SHARE * n))]] = True
    return held
