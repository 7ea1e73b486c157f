"""What a batch is made of: shuffled rows, and items that a user did not take."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

ROUNDS = 8  # redraws of a negative that was taken; after these it stays


def shuffled(n: int, batch: int, draw: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """All of 0..n-1 once, in random order, in parts of at most `batch`."""
    order = draw.permutation(n)
    for start in range(0, n, batch):
        yield order[start : start + batch]


class Pairs:
    """A set of (user, item) that answers quickly which pairs are in it.

    Args:
        user: Rows of users, shape (n,).
        item: Rows of items in 0..items-1, shape (n,).
        items: Number of items.
    """

    def __init__(self, user: NDArray[np.integer], item: NDArray[np.integer], items: int) -> None:
        self.items = items
        self._keys = np.unique(self._key(user, item))

    def has(self, user: NDArray[np.integer], item: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Whether each pair is in the set; shapes are broadcast."""
        if not len(self._keys):
            return np.zeros(np.broadcast_shapes(user.shape, item.shape), bool)
        key = self._key(user, item)
        place = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        return np.asarray(self._keys[place] == key)

    def negatives(self, user: NDArray[np.integer], each: int, draw: np.random.Generator) -> NDArray[np.int64]:
        """`each` uniform items a user that he has no pair with, shape (n, each).

        A user who took nearly everything may get items that he took.
        """
        item = draw.integers(self.items, size=(len(user), each))
        asked = np.broadcast_to(user[:, None], item.shape)
        for _ in range(ROUNDS):
            row, place = np.nonzero(self.has(asked, item))
            if not len(row):
                break
            item[row, place] = draw.integers(self.items, size=len(row))
        return item

    def _key(self, user: NDArray[np.integer], item: NDArray[np.integer]) -> NDArray[np.int64]:
        return np.asarray(user, np.int64) * self.items + np.asarray(item, np.int64)
