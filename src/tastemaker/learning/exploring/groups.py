"""Clusters of items that are alike, and segments of users who like the same, each with a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset, Features
from tastemaker.learning.exploring.naming import Namer
from tastemaker.learning.exploring.sample import drawn

TRIED = (3, 4, 5, 6, 8, 10, 12, 16)  # numbers of groups
MOST = 5000  # rows that groups are learned from
JUDGED = 1000  # rows whose fit is measured
USUAL = 8  # groups where no number of them stands out
CLEAR = 0.12  # silhouette from which on a number of groups stands out
EACH = 8  # rows a group at least, on the average
LIKES = 3  # likes that a user must have


@dataclass(frozen=True)
class Cluster:
    """A group of items or users.

    Attributes:
        name: What stands out in it; () where nothing does.
        size: Number of members.
        share: Of the rows that were grouped.
        members: Rows of the most typical ones, the most typical first.
    """

    name: tuple[str, ...]
    size: int
    share: float
    members: tuple[int, ...]


@dataclass(frozen=True)
class Clusters:
    """All groups of one kind.

    Attributes:
        source: Which vectors they were made from.
        groups: Largest first.
        fit: Mean silhouette in [-1, 1]: near 0 the groups run into each other.
    """

    source: str
    groups: tuple[Cluster, ...]
    fit: float


def item_clusters(source: str, found: Features, labels: Sequence[Sequence[str]], seed: int = 0) -> Clusters | None:
    """Groups of items by their whitened vectors; None for too few items.

    Args:
        source: Name of the vectors.
        found: The vectors, of rows of length 1.
        labels: Terms of each item.
        seed: Of the draws.
    """
    rows = np.flatnonzero(found.present)
    rows = rows[drawn(len(rows), MOST, seed)]
    split = _split(found.vectors[rows], seed)
    if split is None:
        return None
    namer = Namer([labels[row] for row in rows.tolist()])
    names = [namer.name(split.belongs == group) for group in range(split.n)]
    return _clusters(source, rows, split, names)


def user_segments(
    source: str, found: Features, data: Dataset, labels: Sequence[Sequence[str]], seed: int = 0
) -> Clusters | None:
    """Groups of users by the mean vector of what they like, named by what they like more than others do."""
    from scipy.sparse import csr_array

    users, items = np.divmod(data.liked_pairs, max(len(data.items), 1))
    there = found.present[items]
    shape = (len(data.users), len(data.items))
    likes = csr_array((np.ones(int(there.sum())), (users[there], items[there])), shape)
    able = np.flatnonzero(np.diff(likes.indptr) >= LIKES)
    able = able[drawn(len(able), MOST, seed)]
    if not len(able):
        return None
    means = likes[able] @ found.vectors
    means = means - means.mean(axis=0)
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    split = _split(means.astype(np.float32), seed)
    if split is None:
        return None
    namer = Namer(labels)
    every: NDArray[Any] = np.asarray(likes[able].sum(axis=0)).ravel()
    names = [_taste(namer, likes[able[split.belongs == group]], every) for group in range(split.n)]
    return _clusters(source, able, split, names)


def _taste(namer: Namer, likes: Any, every: NDArray[Any]) -> tuple[str, ...]:
    """Terms of the items that a group likes more than all users do."""
    mine = np.asarray(likes.sum(axis=0)).ravel()
    return namer.contrast(mine, every - mine)


@dataclass(frozen=True)
class _Split:
    n: int
    belongs: NDArray[np.int64]
    typical: NDArray[np.float64]  # cosine to the centre of the own group
    fit: float


def _split(X: NDArray[np.float32], seed: int) -> _Split | None:
    """k-means with the number of groups whose silhouette is best, or the usual one where none is clear."""
    made = [split for n in TRIED if n * EACH <= len(X) and (split := _means(X, n, seed)) is not None]
    if not made:
        return None
    best = max(made, key=lambda split: split.fit)
    return best if best.fit >= CLEAR else max((split for split in made if split.n <= USUAL), key=lambda split: split.n)


def _means(X: NDArray[np.float32], n: int, seed: int) -> _Split | None:
    """So many groups; None where the rows have too few different values."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    judged = drawn(len(X), JUDGED, seed)
    if len(np.unique(X[judged], axis=0)) <= n:
        return None
    made = KMeans(n, n_init=3, random_state=seed, max_iter=50).fit(X)
    belongs = made.labels_.astype(np.int64)
    if len(np.unique(belongs[judged])) < 2:
        return None
    typical = np.einsum("nd,nd->n", X, made.cluster_centers_[belongs]).astype(np.float64)
    return _Split(n, belongs, typical, float(silhouette_score(X[judged], belongs[judged])))


def _clusters(source: str, rows: NDArray[np.int64], split: _Split, names: Sequence[tuple[str, ...]]) -> Clusters:
    groups = []
    for group, name in enumerate(names):
        mine = np.flatnonzero(split.belongs == group)
        typical = mine[np.argsort(-split.typical[mine], kind="stable")[:8]]
        groups.append(Cluster(name, len(mine), len(mine) / len(rows), tuple(rows[typical].tolist())))
    return Clusters(source, tuple(sorted(groups, key=lambda g: -g.size)), split.fit)
