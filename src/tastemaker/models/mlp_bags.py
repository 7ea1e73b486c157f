"""Histories as bags of items: what the network pools, with biases of users beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset, Query
from tastemaker.models.histories import latest
from tastemaker.models.mlp_biases import Biases

Rows = NDArray[np.int64]
Reals = NDArray[np.float32]


@dataclass(frozen=True)
class Bags:
    """The latest opinion of each asker on each item, grouped by asker, oldest first within each.

    Attributes:
        start: Where each asker's entries begin, shape (q + 1,).
        row: Number of the asker, shape (n,).
        item: Shape (n,).
        value: Rating, or weight of the event.
        sign: +1, 0 or -1.
        weight: What an entry says beyond the usual: a rating without the biases of mean and item, else its sign.
        pooled: Whether it is among the asker's last ones, which the network looks at.
    """

    start: Rows
    row: Rows
    item: Rows
    value: Reals
    sign: NDArray[np.int8]
    weight: Reals
    pooled: NDArray[np.bool_]

    @property
    def liked(self) -> Reals:
        """1 where an entry is positive, else 0."""
        return (self.sign > 0).astype(np.float32)


def bags_of_queries(asked: Sequence[Query], biases: Biases, last: int) -> Bags:
    """The bags of some queries."""
    sizes = [len(q.history) for q in asked]
    row = np.repeat(np.arange(len(asked)), sizes)
    item = _joined([q.history for q in asked], np.int64)
    sign, value = _joined([q.sign for q in asked], np.int8), _joined([q.value for q in asked], np.float32)
    return _bags(row, (item, value, sign), len(asked), biases, last)


def bags_of_data(data: Dataset, biases: Biases, last: int) -> Bags:
    """The bags of all users."""
    log, order = data.interactions, data.by_user.order
    columns = (log.item[order].astype(np.int64), log.value[order], log.sign[order])
    return _bags(log.user[order].astype(np.int64), columns, len(data.users), biases, last)


def entries(bags: Bags, rows: Rows) -> tuple[Rows, Rows]:
    """Numbers of the pooled entries of some askers, and where each one's begin, shape (len(rows) + 1,)."""
    sizes = bags.start[rows + 1] - bags.start[rows]
    begin = np.concatenate([[0], np.cumsum(sizes)])
    place = np.arange(begin[-1]) - np.repeat(begin[:-1], sizes) + np.repeat(bags.start[rows], sizes)
    kept = bags.pooled[place]
    return place[kept], np.concatenate([[0], np.cumsum(kept)])[begin]


def _bags(row: Rows, columns: tuple[Rows, Reals, NDArray[np.int8]], askers: int, biases: Biases, last: int) -> Bags:
    place = latest(row, columns[0])
    row, item, value, sign = row[place], columns[0][place], columns[1][place], columns[2][place]
    start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=askers))]).astype(np.int64)
    pooled = start[row + 1] - np.arange(len(row)) <= last
    return Bags(start, row, item, value, sign, biases.surprise(item, value, sign), pooled)


def _joined(parts: Sequence[NDArray[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype), *parts]).astype(dtype)
