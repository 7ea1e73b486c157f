"""Two parts of one data set, put together again."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data.dataset import Dataset, Interactions


def join(first: Dataset, second: Dataset) -> Dataset:
    """Interactions of both, oldest first; of equal times those of `first` come first.

    Both must share users and items, as the parts of a split do.
    """
    if first.users is not second.users or first.items is not second.items:
        raise ValueError("Only parts of one data set can be joined: their users and items differ.")
    a, b = first.interactions, second.interactions
    order = _order(np.concatenate([a.time, b.time]))
    both = {f.name: np.concatenate([getattr(a, f.name), getattr(b, f.name)])[order] for f in fields(Interactions)}
    return replace(
        first,
        interactions=Interactions(**both),
        comments=_column(first.comments, second.comments, order),
        split=_column(first.split, second.split, order),
    )


def _order(time: NDArray[np.int64]) -> NDArray[np.int64]:
    """Stable order by time; a row without a time stays behind the row before it."""
    known = np.maximum.accumulate(np.where(time >= 0, np.arange(len(time)), 0)) if len(time) else time
    return np.argsort(time[known] if len(time) else time, kind="stable")


def _column(first: Any, second: Any, order: NDArray[np.int64]) -> NDArray[np.object_] | None:
    return None if first is None or second is None else np.concatenate([first, second])[order]
