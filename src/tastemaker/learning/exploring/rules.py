"""Rules between two items over the likes of users."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset


@dataclass(frozen=True)
class Rule:
    """Users who like the first item also like the second.

    Attributes:
        first: Row of an item.
        then: Row of another.
        count: Users who like both.
        support: Their share of all users with a like.
        confidence: Their share of those who like the first.
        lift: Confidence over the share of users who like the second; 1 is chance.
        surely: Lower end of a 95 % interval of the confidence, over the same share.
    """

    first: int
    then: int
    count: int
    support: float
    confidence: float
    lift: float
    surely: float


FEW = 5  # users that a rule must hold for, where there are few
ENOUGH = 20  # rules


def rules(data: Dataset, least: int = 0, most_items: int = 3000, most: int = 500) -> list[Rule]:
    """Rules between two items over the likes of users, the surest first; of both directions the better one.

    Ranked by the cautious lift (Wilson's lower end of the confidence), so that a few users who share two rare
    items do not stand above hundreds. Source: Agrawal et al. 1993; Wilson 1927.

    Args:
        data: Whose positive feedback.
        least: Users who must like both; 0 takes one in 100, at least 10, or 5 where that leaves fewer than 20 rules.
        most_items: Items that are looked at, those with the most likes.
        most: Rules that are given.
    """
    users, items = np.divmod(data.liked_pairs, max(len(data.items), 1))
    n = len(np.unique(users))
    found = _rules((users, items), data, n, (least or max(10, math.ceil(n / 100)), most_items))
    if not least and len(found) < ENOUGH:
        found = _rules((users, items), data, n, (FEW, most_items))
    return found[:most]


def _rules(likes: tuple[Any, Any], data: Dataset, n: int, bounds: tuple[int, int]) -> list[Rule]:
    least, most_items = bounds
    kept = _popular(likes[1], len(data.items), most_items, least)
    if len(kept) < 2:
        return []
    both = _together(*likes, kept, len(data.users))
    pairs = both.tocoo()
    apart = (pairs.row != pairs.col) & (pairs.data >= least)
    a, b, count = pairs.row[apart], pairs.col[apart], pairs.data[apart]
    first, chance = both.diagonal()[a], both.diagonal()[b] / n
    confidence = count / first
    surely = _wilson(confidence, first) / chance
    whole = np.column_stack([kept[a], kept[b], count])
    shares = np.column_stack([count / n, confidence, confidence / chance, surely])
    order = _one_way(a, b, np.lexsort((b, a, -surely)))
    return [Rule(*w, *s) for w, s in zip(whole[order].tolist(), shares[order].tolist(), strict=True)]


def _one_way(a: NDArray[Any], b: NDArray[Any], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first of both directions of each pair, in the given order."""
    code = np.minimum(a, b)[order].astype(np.int64) * (int(np.maximum(a, b).max(initial=0)) + 1)
    _, first = np.unique(code + np.maximum(a, b)[order], return_index=True)
    return order[np.sort(first)]


def _popular(items: NDArray[np.int64], n: int, most: int, least: int) -> NDArray[np.int64]:
    counts = np.bincount(items, minlength=n)
    kept = np.argsort(-counts, kind="stable")[:most]
    return np.sort(kept[counts[kept] >= least])


def _together(users: NDArray[Any], items: NDArray[Any], kept: NDArray[np.int64], n_users: int) -> Any:
    """How many users like both items of each pair, sparse (kept, kept); likes of one on the diagonal."""
    from scipy.sparse import csr_array

    place = np.full(max(int(items.max(initial=0)), int(kept.max(initial=0))) + 1, -1)
    place[kept] = np.arange(len(kept))
    there = place[items] >= 0
    X = csr_array((np.ones(there.sum(), np.int64), (users[there], place[items[there]])), (n_users, len(kept)))
    return X.T @ X


def _wilson(share: NDArray[np.float64], n: NDArray[Any], z: float = 1.96) -> NDArray[np.float64]:
    """Lower end of the 95 % interval of a share of n."""
    low: NDArray[np.float64] = (
        share + z * z / (2 * n) - z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    ) / (1 + z * z / n)
    return low
