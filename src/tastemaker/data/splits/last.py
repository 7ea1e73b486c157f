"""The newest events of each user are the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data.dataset import Dataset
from tastemaker.data.split import Split
from tastemaker.data.splits.parts import TEST, TRAIN, VALIDATION, assemble, need_order


@component
class Last:
    """Each user's last `n` events are the test, the one before them the validation.

    Users with fewer than ``n + 2`` events stay in training. The future of other users is in the training, so
    figures are comparable with papers that split so, not with what a live system would see.

    Attributes:
        n: Test events a user.
    """

    name: ClassVar[str] = "last"
    n: Annotated[int, Ge(1)] = 1

    def split(self, data: Dataset) -> Iterator[Split]:
        """Yield one split; raises `DataError` where the events have no order."""
        need_order(data, self.name, clock=False)
        back, size = _from_behind(data)
        part = np.full(len(back), TRAIN, np.int8)
        long = size >= self.n + 2
        part[(back == self.n) & long] = VALIDATION
        part[(back < self.n) & long] = TEST
        yield assemble(data, part)


def _from_behind(data: Dataset) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many later events of the same user a row has, and how many events its user has; each (n,)."""
    order, start = data.by_user
    user = data.interactions.user
    place = np.empty(len(user), np.int64)
    place[order] = np.arange(len(user))
    return start[user + 1] - 1 - place, start[user + 1] - start[user]
