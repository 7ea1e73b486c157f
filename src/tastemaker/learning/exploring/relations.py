"""What the modalities say of each other: likeness of their likenesses, and items where they disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator
from tastemaker.data import Dataset, Features, FeatureSet
from tastemaker.features.whiten import Whiten
from tastemaker.learning.exploring.sample import drawn
from tastemaker.models.linear import factors

Rows = NDArray[np.float32]
DIM = 64
LEAST = 30  # items that two sources must share
MOST = 1200  # items whose likenesses are compared
SHUFFLES = 99
K = 10
PAIRS = 300_000  # likes that behaviour is learned from
LIKES = 5  # likes from which on behaviour places an item
SUSPICIOUS = -2.5  # standard deviations, of both directions together


@dataclass(frozen=True)
class Relation:
    """Whether items that are alike by one source are alike by another.

    Attributes:
        one: Name of a source.
        other: Name of another.
        items: Items that have both and were compared.
        cka: Linear centred kernel alignment in [0, 1]; 1 where the likenesses are the same up to scale.
        cka_chance: Its mean where the items of one source are shuffled.
        overlap: Mean share of the 10 nearest items by one source that are among the 10 nearest by the other.
        overlap_chance: Its mean where the items are shuffled.
        p: Share of shufflings (and one) with an overlap as large.
    """

    one: str
    other: str
    items: int
    cka: float
    cka_chance: float
    overlap: float
    overlap_chance: float
    p: float

    @property
    def related(self) -> bool:
        """Whether the two say something of each other beyond chance."""
        return self.p <= 0.01 and self.overlap > 1.3 * self.overlap_chance


def spaces(data: Dataset, features: FeatureSet, seed: int = 0) -> dict[str, Features]:
    """Whitened vectors by encoder name, and those of behaviour (who liked what), each of rows of length 1."""
    made = {name: _white(found) for name, found in features.items() if found.present.sum() >= LEAST}
    liked = _behaviour(data, seed)
    return made if liked is None else {**made, "behaviour": liked}


def _white(found: Features) -> Features:
    return Whiten(dim=DIM, strength=0.5).fit(found).apply(found)


def _behaviour(data: Dataset, seed: int) -> Features | None:
    """Items by who liked them: the leading directions of the users x items table, each item's count evened out."""
    from scipy.sparse import csr_array

    users, items = _some_likes(data, seed)
    counts = np.bincount(items, minlength=len(data.items))
    present = counts >= LIKES
    active = np.bincount(users, minlength=len(data.users))
    dim = min(DIM, int(present.sum()) - 2, int((active > 0).sum()) - 2)
    if present.sum() < LEAST or dim < 2:
        return None
    weight = 1 / np.sqrt(np.maximum(counts[items], 1) * np.maximum(active[users], 1))
    table = csr_array((weight, (users, items)), (len(data.users), len(data.items)))
    size, where = factors(table, dim, seed)
    rows = (where * size)[:, 1:]  # the first direction is how popular an item is
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return Features("vectors", (rows * present[:, None]).astype(np.float32), present)


def _some_likes(data: Dataset, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Users and items of the likes, of so many users drawn at random that they are about `PAIRS`."""
    pairs = data.liked_pairs
    users, items = np.divmod(pairs, max(len(data.items), 1))
    if len(pairs) <= PAIRS:
        return users, items
    kept = np.zeros(len(data.users), bool)
    kept[drawn(len(data.users), max(1, len(data.users) * PAIRS // len(pairs)), seed)] = True
    there = kept[users]
    return users[there], items[there]


def relations(made: Mapping[str, Features], seed: int = 0) -> list[Relation]:
    """Every two sources against each other, the most alike first.

    Source: Kornblith et al. 2019, arXiv 1905.00414, eq. 3 (linear CKA); shuffled items say what chance gives.
    """
    found = [_relation(one, other, made, seed) for one, other in combinations(sorted(made), 2)]
    return sorted((r for r in found if r is not None), key=lambda r: -(r.overlap - r.overlap_chance))


def _relation(one: str, other: str, made: Mapping[str, Features], seed: int) -> Relation | None:
    both = np.flatnonzero(made[one].present & made[other].present)
    both = both[drawn(len(both), MOST, seed)]
    if len(both) < LEAST:
        return None
    X, Y = (made[name].vectors[both].astype(np.float64) for name in (one, other))
    K_, L = _centred(X), _centred(Y)
    near, like = nearest(X, K), nearest(Y, K)
    scale = np.sqrt((K_ * K_).sum() * (L * L).sum()) or 1.0
    draw = generator(seed, f"{one} {other}")
    cka, overlap = [], []
    mine = _marks(near, len(both))
    for turn in range(SHUFFLES):
        order = draw.permutation(len(both))
        overlap.append(float(mine[order[:, None], order[like]].mean()))
        if turn < 20:  # its mean is all that is wanted
            cka.append(float((K_[np.ix_(order, order)] * L).sum() / scale))
    found = float(mine[np.arange(len(both))[:, None], like].mean())
    p = (1 + sum(chance >= found for chance in overlap)) / (1 + SHUFFLES)
    alike = float((K_ * L).sum() / scale)
    return Relation(one, other, len(both), alike, float(np.mean(cka)), found, float(np.mean(overlap)), p)


def _centred(X: NDArray[np.float64]) -> NDArray[np.float64]:
    X = X - X.mean(axis=0)
    return X @ X.T


def _marks(near: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    marks = np.zeros((n, n), bool)
    marks[np.arange(n)[:, None], near] = True
    return marks


def nearest(X: NDArray[Any], k: int) -> NDArray[np.int64]:
    """The k nearest other rows by cosine of rows of length 1, shape (n, k), in no order; n is some thousands."""
    likeness = X @ X.T
    np.fill_diagonal(likeness, -np.inf)
    k = min(k, len(X) - 1)
    return np.argpartition(-likeness, k - 1, axis=1)[:, :k]


@dataclass(frozen=True)
class Mismatch:
    """An item two of whose sources disagree.

    Attributes:
        item: Its row.
        z: Agreement of its two sources in standard deviations over the items; far below 0 is suspicious.
        shared: Of the 10 nearest items by one source, how many are near by the other.
        like: Rows of the items that its first source (the text) is most like.
    """

    item: int
    z: float
    shared: int
    like: tuple[int, ...]


def mismatches(one: Features, other: Features, most_items: int = 3000, seed: int = 0) -> list[Mismatch]:
    """Every compared item by how well its two sources agree, the worst first; `SUSPICIOUS` is far below 0.

    The 10 items nearest by the text have pictures: is the item's own picture more like theirs than like any
    picture? And the same from pictures to texts. Each answer is counted in standard deviations of the item's
    likeness to all, then of all items; the mean of both is the agreement. Say it only where the two sources are
    related at all (`Relation.related`).

    Args:
        one: Whitened vectors (rows of length 1) of the first source.
        other: Of the second, for the same items.
        most_items: Items that are compared.
        seed: Of their draw.
    """
    both = np.flatnonzero(one.present & other.present)
    both = both[drawn(len(both), most_items, seed)]
    if len(both) < LEAST:
        return []
    X, Y = one.vectors[both], other.vectors[both]
    near, like = nearest(X, K), nearest(Y, K)
    agreement = _scaled(_scaled(_agreement(X, like)) + _scaled(_agreement(Y, near)))
    marks = _marks(near, len(both))
    shared = marks[np.arange(len(both))[:, None], like].sum(axis=1)
    order = np.argsort(agreement, kind="stable")
    closest = _closest(X, near)
    return [
        Mismatch(int(both[at]), float(agreement[at]), int(shared[at]), tuple(both[closest[at, :3]].tolist()))
        for at in order
    ]


def _agreement(X: Rows, near: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean likeness of each row to its given rows, in deviations of its likeness to all."""
    likeness = X @ X.T
    np.fill_diagonal(likeness, np.nan)
    given = np.take_along_axis(likeness, near, axis=1).mean(axis=1)
    return np.asarray(
        (given - np.nanmean(likeness, axis=1)) / np.maximum(np.nanstd(likeness, axis=1), 1e-9), np.float64
    )


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """In robust standard deviations: the middle is 0, as is half of the items within 0.67."""
    middle = np.median(values)
    spread = 1.4826 * np.median(np.abs(values - middle))
    scaled: NDArray[np.float64] = (values - middle) / max(float(spread), 1e-9)
    return scaled


def _closest(X: Rows, near: NDArray[np.int64]) -> NDArray[np.int64]:
    likeness = np.einsum("nd,nkd->nk", X, X[near])
    return np.take_along_axis(near, np.argsort(-likeness, axis=1), axis=1)
