"""What is asked of a recommender, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data.dataset import Dataset


@dataclass(frozen=True)
class Query:
    """One request: who asks, and what he did lately, oldest first; models keep no state of users.

    Attributes:
        user: Row of a user known at training, or None for a stranger.
        history: Items of all his interactions (seen items), int32, shape (h,).
        value: Ratings or event weights beside them, float32, shape (h,).
        time: Times beside them, int64, shape (h,); -1 unknown.
        kind: Events beside them (index into `Dataset.events`), uint8, shape (h,).
        sign: +1 liked, 0 neutral, -1 disliked beside them, int8, shape (h,).
        profile: His own features by encoder name, each float32 of shape (dim,); absent names are unknown.
        context: Whatever else is known of the request (scenario, place, ...).
    """

    user: int | None
    history: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    value: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    time: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    kind: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))
    sign: NDArray[np.int8] = field(default_factory=lambda: np.empty(0, np.int8))
    profile: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, history: Iterable[int], user: int | None = None) -> Query:
        """A query whose history is liked as a whole, each item with weight 1."""
        items = np.fromiter(history, np.int32)
        n = len(items)
        return cls(
            user=user,
            history=items,
            value=np.ones(n, np.float32),
            time=np.full(n, -1, np.int64),
            kind=np.zeros(n, np.uint8),
            sign=np.ones(n, np.int8),
        )

    @property
    def liked(self) -> NDArray[np.int32]:
        """Items with positive feedback, oldest first."""
        return self.history[self.sign > 0]

    @property
    def disliked(self) -> NDArray[np.int32]:
        """Items with negative feedback, oldest first."""
        return self.history[self.sign < 0]


def queries(data: Dataset, users: Iterable[int]) -> list[Query]:
    """What each user row would ask, given the interactions of `data` as his history."""
    asking = np.fromiter(users, np.int64)
    order, start = data.by_user
    n = start[asking + 1] - start[asking]
    ends = np.cumsum(n)
    rows = order[np.repeat(start[asking] - ends + n, n) + np.arange(n.sum())]
    log = data.interactions
    spans = list(pairwise([0, *ends.tolist()]))
    columns = (column[rows] for column in (log.item, log.value, log.time, log.kind, log.sign))
    histories = ([column[a:b] for a, b in spans] for column in columns)
    return list(map(Query, asking.tolist(), *histories))


@dataclass(frozen=True)
class Recommendations:
    """Ranked items for each query; -1 and -inf pad lists shorter than k.

    Attributes:
        users: Rows of users, int32, shape (q,); -1 for a stranger.
        items: Best first, int32, shape (q, k).
        scores: float32, shape (q, k); not comparable between users or models.
    """

    users: NDArray[np.int32]
    items: NDArray[np.int32]
    scores: NDArray[np.float32]
