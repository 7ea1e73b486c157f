"""Counts that several metrics need: who took what, how often."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset


class Pairs(NamedTuple):
    """Different pairs of user and item, sorted by user, then item.

    Attributes:
        user: Shape (p,).
        item: Shape (p,).
        taken: Number of different items a user, shape (n_users,).
    """

    user: NDArray[np.int64]
    item: NDArray[np.int64]
    taken: NDArray[np.int64]


def seen_pairs(data: Dataset) -> Pairs:
    """All pairs of `data`, whatever their sign: what was seen may not be listed again."""
    user, item = np.divmod(data.pairs, max(len(data.items), 1))
    return Pairs(user, item, np.bincount(user, minlength=len(data.users)))


def popularity(train: Dataset) -> tuple[NDArray[np.int64], int]:
    """How many users have each item in training, shape (n_items,), and how many users have any."""
    pairs = seen_pairs(train)
    return np.bincount(pairs.item, minlength=len(train.items)), int((pairs.taken > 0).sum())


def row_sums(row: NDArray[np.int64], values: NDArray[Any], n: int) -> NDArray[np.float64]:
    """Sum of the values of each row, shape (n,)."""
    return np.asarray(np.bincount(row, weights=values, minlength=n), np.float64)


def take_rows(values: NDArray[np.float64], rows: NDArray[np.int32]) -> NDArray[np.float64]:
    """``values[rows]``, nan for row -1 (a stranger)."""
    return np.append(values, np.nan)[rows]


def mean_over(values: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean of each row of (q, k) over the places in `mask`; nan where there is none."""
    count = mask.sum(axis=1)
    total = np.where(mask, values, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def exposure(listed: NDArray[np.int32], n_items: int) -> NDArray[np.int64]:
    """In how many lists (q, k) each item is, shape (n_items,)."""
    return np.bincount(listed[listed >= 0], minlength=n_items)
