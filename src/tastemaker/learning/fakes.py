"""Users who are none: those who rate at random, and those who push an item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator
from tastemaker.data import Column, Dataset, Interactions, Vocabulary
from tastemaker.data.dataset import NO_SESSION
from tastemaker.data.join import join

FILLER = 20  # popular items that a pusher likes beside his own


def liars(data: Dataset, users: int, seed: int) -> Dataset:
    """`data` with so many users more: histories as long as others', of items at random, rated as others rate."""
    draw = generator(seed, "liars")
    log = data.interactions
    if not users or not len(log):
        return data
    sizes = np.diff(data.by_user.start)
    each = draw.choice(sizes[sizes > 0], users)
    rows = draw.integers(len(log), size=int(each.sum()))
    return _joined(data, users, each, log.take(rows), draw.integers(len(data.items), size=len(rows)))


def pushers(data: Dataset, users: int, seed: int) -> Dataset:
    """`data` with so many users more, each of whom likes the pushed item and popular ones (a bandwagon attack).

    Source: O'Mahony et al. 2004; Burke et al. 2005.
    """
    log = data.interactions
    liked = np.flatnonzero(log.sign > 0)
    if not users or not len(liked):
        return data
    draw = generator(seed, "pushers")
    count = np.bincount(log.item[liked], minlength=len(data.items))
    popular = np.argsort(-count, kind="stable")[: 5 * FILLER]
    target = pushed(data, seed)
    items = [np.append(draw.choice(popular, min(FILLER, len(popular)), replace=False), target) for _ in range(users)]
    best = liked[np.argsort(-log.value[liked], kind="stable")[: max(1, len(liked) // 10)]]
    each = np.array([len(mine) for mine in items])
    return _joined(data, users, each, log.take(draw.choice(best, int(each.sum()))), np.concatenate(items))


def pushed(data: Dataset, seed: int) -> int:
    """The item that pushers push: drawn from those that few like, but somebody."""
    log = data.interactions
    count = np.bincount(log.item[log.sign > 0], minlength=len(data.items))
    some = np.flatnonzero(count > 0)
    few = some[np.argsort(count[some], kind="stable")[: max(1, len(some) // 2)]]
    return int(generator(seed, "pushed").choice(few))


def _joined(data: Dataset, users: int, each: NDArray[Any], rows: Interactions, items: NDArray[Any]) -> Dataset:
    """`data` and the rows of new users, who have `each` so many, of these items, in order of time."""
    n = len(data.users)
    user = np.repeat(np.arange(n, n + users), each).astype(np.int32)
    session = np.full(len(rows), NO_SESSION, np.int32)
    made = replace(rows, user=user, item=items.astype(np.int32), session=session)
    names = Vocabulary(data.users.ids + tuple(f"\0fake {number}" for number in range(users)))
    whole = replace(data, users=names, user_attributes=_longer(data.user_attributes, users), comments=None, split=None)
    return join(whole, replace(whole, interactions=made))


def _longer(table: Mapping[str, Column], more: int) -> dict[str, Column]:
    """The table with rows of which nothing is known."""
    return {
        name: Column(
            column.kind,
            np.append(column.values, np.full(more, np.nan if column.kind == "number" else "", column.values.dtype)),
        )
        for name, column in table.items()
    }
