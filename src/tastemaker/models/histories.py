"""Histories as sparse rows: what each query liked and disliked, the newest weighing most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Query

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FAINTEST = 1e-12  # old tastes fade, but never to nothing: 0 would read as "no opinion"


def matrix(
    queries: Sequence[Query], items: int, *, decay: float = 1.0, dislike: float = 0.0, value: float = 0.0
) -> csr_array:
    """Weighted histories, float32 of shape (q, items), sorted by item within a row.

    An item liked t opinions ago weighs ``decay ** t`` (0 for the latest), times its rating or event weight to
    the power `value`, as a share of the mean over the liked ones; a disliked item weighs ``-dislike * decay ** t``.
    Neutral items are left out. Of several opinions on one item the latest holds.
    """
    from scipy.sparse import csr_array

    row, item, sign, place = _latest(queries)
    weight = fading(row, decay) * np.where(sign > 0, _worth(queries, row, sign, place, value), -dislike)
    there = weight != 0
    cells = (weight[there].astype(np.float32), (row[there].astype(np.int32), item[there].astype(np.int32)))
    out = csr_array(cells, shape=(len(queries), items))
    out.sort_indices()
    return out


def weights(query: Query, *, decay: float = 1.0, dislike: float = 0.0, value: float = 0.0) -> NDArray[np.float32]:
    """The weight of each entry of one history, shape (h,); 0 where another entry speaks for the item."""
    row, _, sign, place = _latest([query])
    out = np.zeros(len(query.history), np.float32)
    out[place] = fading(row, decay) * np.where(sign > 0, _worth([query], row, sign, place, value), -dislike)
    return out


def _worth(
    queries: Sequence[Query],
    row: NDArray[np.int64],
    sign: NDArray[np.int8],
    place: NDArray[np.int64],
    power: float,
) -> NDArray[np.float64]:
    """Values of the liked entries to a power, their mean in each row 1; 1 for the others."""
    out = np.ones(len(row))
    if power == 0 or not len(row):
        return out
    there = sign > 0
    value = np.concatenate([q.value for q in queries])[place][there].astype(np.float64)
    out[there] = np.power(np.where(value > 0, value, 1.0), power)
    total, number = (np.bincount(row[there], w, minlength=len(queries)) for w in (out[there], None))
    out[there] *= (number / np.maximum(total, FAINTEST))[row[there]]
    return out


def fading(row: NDArray[np.integer], decay: float) -> NDArray[np.float64]:
    """``decay ** steps back`` for entries grouped by row, oldest first within each, shape (n,)."""
    if not len(row):
        return np.zeros(0)
    end = np.cumsum(np.bincount(row))
    back = end[row] - 1 - np.arange(len(row))
    out: NDArray[np.float64] = np.maximum(np.power(float(decay), back), FAINTEST)
    return out


def _latest(
    queries: Sequence[Query],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8], NDArray[np.int64]]:
    """Row, item, sign and place of the opinions that hold, oldest first in each row."""
    sizes = [len(q.history) for q in queries]
    row = np.repeat(np.arange(len(queries)), sizes)
    item = np.concatenate([np.empty(0, np.int64), *(q.history for q in queries)]).astype(np.int64)
    sign = np.concatenate([np.empty(0, np.int8), *(q.sign for q in queries)]).astype(np.int8)
    place = np.flatnonzero(sign)
    place = place[latest(row[place], item[place])]
    return row[place], item[place], sign[place], place


def latest(row: NDArray[np.integer], item: NDArray[np.integer]) -> NDArray[np.int64]:
    """Ascending places of the last entry of each pair (row, item)."""
    if not len(row):
        return np.empty(0, np.int64)
    key = row.astype(np.int64) * (int(item.max()) + 1) + item
    _, first = np.unique(key[::-1], return_index=True)
    return np.sort(len(key) - 1 - first)
