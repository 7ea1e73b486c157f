"""Behaviour as steps: what each user had liked before, the newest weighing most, and what he took next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset
from tastemaker.models.histories import latest

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FAINT = 0.02  # what weighs less is left out
FARTHEST = 200  # steps back at most
BLOCK = 1 << 16  # steps at a time


def step_products(data: Dataset, decay: float) -> tuple[csr_array, csr_array]:
    """Sums over all steps of ``before before'`` and ``before next'``, float32 of shape (items, items).

    At a step of a user, `before` holds what he liked until then, ``decay ** t`` for t steps back (0 for the latest),
    and `next` a 1 at the item he liked then. Histories are cut where they weigh below `FAINT`, at the
    latest after `FARTHEST` steps.
    """
    from scipy.sparse import csr_array

    user, item = _liked(data)
    place = np.arange(len(user)) - np.searchsorted(user, user)
    shape = (len(data.items), len(data.items))
    own: Any = csr_array(shape, dtype=np.float32)
    forward: Any = csr_array(shape, dtype=np.float32)
    for start in range(0, len(user), BLOCK):
        before, following = _block(item, place, slice(start, min(start + BLOCK, len(user))), decay, shape[0])
        own, forward = own + before.T @ before, forward + before.T @ following
    return own, forward


def _liked(data: Dataset) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """User and item of the likes that hold, grouped by user, oldest first in each."""
    log = data.interactions
    places = np.flatnonzero(log.sign)
    places = places[latest(log.user[places], log.item[places])]
    places = places[log.sign[places] > 0]
    places = places[np.argsort(log.user[places], kind="stable")]
    return log.user[places].astype(np.int64), log.item[places].astype(np.int64)


def _block(
    item: NDArray[np.int64], place: NDArray[np.int64], part: slice, decay: float, items: int
) -> tuple[csr_array, csr_array]:
    from scipy.sparse import csr_array

    here = np.arange(part.start, part.stop)
    row, column, weight = (np.concatenate(parts) for parts in zip(*_back(item, place, here, decay), strict=True))
    shape = (len(here), items)
    before = csr_array((weight, (row, column)), shape=shape)
    ones = np.ones(len(here), np.float32)
    return before, csr_array((ones, (here - part.start, item[here])), shape=shape)


def _back(
    item: NDArray[np.int64], place: NDArray[np.int64], here: NDArray[np.int64], decay: float
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
    """Row, item and weight of what stands 1, 2, ... steps back from each of the steps `here`."""
    for back in range(1, FARTHEST + 1):
        weight = decay ** (back - 1)
        row = np.flatnonzero(place[here] >= back)
        yield row, item[here[row] - back], np.full(len(row), weight, np.float32)
        if weight * decay < FAINT or not len(row):
            return
