"""Who liked what: pairs to learn from and pairs held out, for fusions that learn alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator
from tastemaker.data import Dataset
from tastemaker.training.samplers import Pairs

LEAST = 30  # pairs below which nothing is learned
HELD = 1000  # users at most who hold out an item
SHARE = 3  # at most every third user does
CANDIDATES = 20_000  # items at most among which a held-out one is ranked

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Held:
    """Liked items that training does not see, with the profiles that should tell them.

    Attributes:
        target: Row of each held-out item among `items`, shape (q,).
        items: Candidates and all items of the profiles, shape (m,).
        history: Items of the profiles in `items`, one user after the other.
        start: Where each user's begin in `history`, shape (q + 1,).
    """

    target: Rows
    items: Rows
    history: Rows
    start: Rows

    def figure(self, fused: Callable[[Rows], NDArray[np.float32]]) -> float:
        """Mean of ``1 / log2(1 + rank)`` of the held-out items; items of the profile are not ranked."""
        rows = fused(self.items)
        gains = [self._gain(rows, n) for n in range(len(self.target))]
        return float(np.mean(gains))

    def _gain(self, rows: NDArray[np.float32], n: int) -> float:
        own = self.history[self.start[n] : self.start[n + 1]]
        scores = rows @ rows[own].mean(axis=0)
        scores[own] = -np.inf
        better = np.sum(scores > scores[self.target[n]])
        ties = np.sum(scores == scores[self.target[n]]) - 1
        return float(1 / np.log2(2 + better + ties / 2))


@dataclass(frozen=True)
class Likes:
    """Liked pairs of users with at least two of them, sorted by user.

    Attributes:
        user: Shape (n,).
        item: Beside it, shape (n,).
        first: Where each user's pairs begin, shape (n_users,).
        count: How many they are, shape (n_users,).
        pairs: The same as a set.
        log_q: Log of each item's share of the pairs, shape (n_items,), float32.
        held: What is held out.
    """

    user: Rows
    item: Rows
    first: Rows
    count: Rows
    pairs: Pairs
    log_q: NDArray[np.float32]
    held: Held

    def some(self, user: Rows, each: int, draw: np.random.Generator) -> Rows:
        """`each` random liked items of every user, with repetition, shape (n, each)."""
        places = draw.random((len(user), each)) * self.count[user][:, None]
        return self.item[self.first[user][:, None] + places.astype(np.int64)]


def likes(data: Dataset, known: NDArray[np.bool_], seed: int) -> Likes | None:
    """Liked pairs of items with content; None where there are too few to learn from."""
    user, item = _liked(data, known)
    draw = generator(seed, "held out")
    last = _held_rows(user, len(data.users), draw)
    rest = np.ones(len(user), bool)
    rest[last] = False
    enough = np.bincount(user[rest], minlength=len(data.users)) >= 2
    rest &= enough[user]
    if rest.sum() < LEAST or not len(last):
        return None
    order = np.flatnonzero(rest)[np.argsort(user[rest], kind="stable")]
    user_of, item_of = user[order], item[order]
    count = np.bincount(user_of, minlength=len(data.users))
    first = np.cumsum(count) - count
    held = _held((user[last], item[last]), item_of, (first, count), np.flatnonzero(known), draw)
    seen = np.bincount(item_of, minlength=len(data.items))
    log_q = np.log(np.maximum(seen, 1) / len(item_of)).astype(np.float32)
    return Likes(user_of, item_of, first, count, Pairs(user_of, item_of, len(data.items)), log_q, held)


def _liked(data: Dataset, known: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Pairs with positive feedback on an item with content, each once, in order of time."""
    log = data.interactions
    use = np.flatnonzero((log.sign > 0) & known[log.item])
    user, item = log.user[use].astype(np.int64), log.item[use].astype(np.int64)
    once = np.sort(np.unique(user * len(known) + item, return_index=True)[1])
    return user[once], item[once]


def _held_rows(user: Rows, users: int, draw: np.random.Generator) -> Rows:
    """The last pair of some of the users who have three or more."""
    last = np.full(users, -1, np.int64)
    last[user] = np.arange(len(user))
    able = np.flatnonzero(np.bincount(user, minlength=users) >= 3)
    some = draw.permutation(able)[: max(1, min(HELD, len(able) // SHARE))]
    return np.sort(last[some])


def _held(
    pairs: tuple[Rows, Rows], item: Rows, where: tuple[Rows, Rows], known: Rows, draw: np.random.Generator
) -> Held:
    user, target = pairs
    first, count = where
    own = [item[first[u] : first[u] + count[u]] for u in user]
    history = np.concatenate(own)
    some = draw.permutation(known)[:CANDIDATES]
    items = np.unique(np.concatenate([some, target, history]))
    start = np.concatenate([[0], np.cumsum([len(rows) for rows in own])])
    return Held(np.searchsorted(items, target), items, np.searchsorted(items, history), start)
