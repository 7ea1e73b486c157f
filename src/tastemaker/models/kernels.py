"""A kernel on all content together, bent by behaviour: which sources, and which of their directions, matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Features, FeatureSet
from tastemaker.models.linear import factors

if TYPE_CHECKING:
    from scipy.sparse import csr_array

BLOCK = 4096  # items placed at a time
FACTORS = 24  # directions of behaviour that the sources are judged by
JUDGED = 400  # items that they are judged on, at most
FEWEST = 20  # liked items below which the sources are not judged
POWERS = (0.0, 1.0, 1.5)  # how far the spectrum that whitening evened out is restored
SHARES = (0.0, 0.1, 0.3, 1.0)  # squared weights of a source
ROUNDS = 2
RIDGES = (0.05, 0.1, 0.2, 0.4, 0.8)

Real = NDArray[np.float64]


@dataclass(frozen=True)
class Landmarks:
    """``phi(x) = k(x, L) Q S^-1/2`` with ``k(x, y) = exp(-|x - y| / width)`` and ``k(L, L) = Q S Q'``.

    x is all content of an item: the sources side by side, centred, weighted; one that is missing stands at its
    centre. The inner products of the phi are the kernel, as well as the landmarks L tell it.

    Source: Williams & Seeger 2001 (Nystroem); Rasmussen & Williams 2006, eq. 4.18 (the exponential kernel).

    Attributes:
        centre: Mean of each source by name, shape (dim of the source,).
        scale: What its entries are multiplied by, shape (dim of the source,).
        marks: The landmarks, shape (m, sum of dims).
        width: Distance at which the kernel falls to 1 / e.
        project: Shape (m, r), largest variance first.
    """

    centre: Mapping[str, Real]
    scale: Mapping[str, Real]
    marks: Real
    width: float
    project: Real

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        return int(self.project.shape[1])

    def __call__(self, features: FeatureSet) -> NDArray[np.float32]:
        """Vectors of all items, (n, dim); equal for all items of which nothing is known."""
        n = len(next(iter(features.values())).present)
        out = np.zeros((n, self.dim), np.float32)
        for at in range(0, n, BLOCK):
            part = slice(at, min(at + BLOCK, n))
            x = _joined(features, part, self.centre, self.scale)
            out[part] = _kernel(_distances(x, self.marks), self.width) @ self.project
        return out


def landmarks(
    features: FeatureSet, taken: csr_array, *, most: int = 1024, keep: int = 512, seed: int = 0
) -> Landmarks | None:
    """Choose weights of the sources by how well they tell the behaviour of items left out, then the landmarks.

    Each source's share and the power of its spectrum are those with the least leave-one-out error of kernel
    ridge regression (Allen 1974) on the strongest directions of behaviour, found one source at a time.

    Args:
        features: Whitened vectors of the items by encoder, principal directions first.
        taken: Who liked what, (users, items).
        most: Landmarks at most: the most liked items that have content.
        keep: Width of the vectors at most.
        seed: Of the factors.

    Returns:
        None where fewer than two liked items have content.
    """
    likes = np.bincount(taken.indices, minlength=taken.shape[1])
    there = np.any([found.present for found in features.values()], axis=0)
    order = np.argsort(-likes, kind="stable")
    warm = order[(likes > 0)[order] & there[order]]
    if len(warm) < 2:
        return None
    names = sorted(features)
    chosen = _judged(features, taken, warm[:JUDGED], seed) if len(warm) >= FEWEST else dict.fromkeys(names, (1.0, 1.0))
    centre = {name: _centre(features[name]) for name in names}
    scale = {name: _scale(features[name], centre[name], *chosen[name]) for name in names}
    marks = _joined(features, np.sort(warm[:most]), centre, scale)
    far = _distances(marks, marks)
    width = 2 * float(np.median(far[np.triu_indices(len(far), 1)]))
    value, vector = np.linalg.eigh(_kernel(far, width))
    value, vector = value[::-1][:keep], vector[:, ::-1][:, :keep]
    strong = value > 1e-6 * value[0]
    return Landmarks(centre, scale, marks, width, vector[:, strong] / np.sqrt(value[strong]))


def placed(
    features: FeatureSet | None, taken: csr_array, *, most: int = 1024, keep: int = 512, seed: int = 0
) -> FeatureSet:
    """All content of the items as one centred source, "content"; none where there is too little. See `landmarks`."""
    found = landmarks(features, taken, most=most, keep=keep, seed=seed) if features else None
    if not features or found is None:
        return {}
    present = np.any([source.present for source in features.values()], axis=0)
    vectors = found(features)
    return {"content": Features("attributes", (vectors - vectors[present].mean(axis=0)) * present[:, None], present)}


def _judged(
    features: FeatureSet, taken: csr_array, rows: NDArray[np.integer], seed: int
) -> dict[str, tuple[float, float]]:
    """Share and power of each source, by leave-one-out errors of the behaviour of `rows`."""
    size, where = factors(taken[:, np.sort(rows)], FACTORS, seed)
    rows, target = np.sort(rows), where * np.sqrt(size)
    squares = {name: {power: _squares(features[name], rows, power) for power in POWERS} for name in sorted(features)}
    chosen = dict.fromkeys(squares, (1.0, 1.0))
    best = _missed(squares, chosen, target)
    for name in list(squares) * (ROUNDS if len(squares) > 1 else 1):
        shares = SHARES if len(squares) > 1 else (1.0,)
        for candidate in ((share, power) for power in POWERS for share in shares):
            tried = {**chosen, name: candidate}
            if not any(share for share, _ in tried.values()):
                continue
            error = _missed(squares, tried, target)
            if error < best:
                best, chosen = error, tried
    return chosen


def _squares(found: Features, rows: NDArray[np.integer], power: float) -> Real:
    """Squared distances between `rows` in one source, (m, m)."""
    centre = _centre(found)
    x = _joined({"": found}, rows, {"": centre}, {"": _scale(found, centre, 1.0, power)})
    return np.square(_distances(x, x))


def _missed(
    squares: Mapping[str, Mapping[float, Real]], chosen: Mapping[str, tuple[float, float]], target: Real
) -> float:
    """Least leave-one-out error of kernel ridge regression, summed over outputs."""
    far = np.sqrt(sum(share * squares[name][power] for name, (share, power) in chosen.items() if share))
    value, vector = np.linalg.eigh(_kernel(far, 2 * float(np.median(far[np.triu_indices(len(far), 1)]))))
    y = target - target.mean(axis=0)
    seen, square = vector.T @ y, vector**2
    errors = []
    for strength in RIDGES:
        kept = value / (value + strength)
        own = square @ kept + 1 / len(y)
        errors.append(np.sum(((y - vector @ (kept[:, None] * seen)) / np.maximum(1 - own, 1e-3)[:, None]) ** 2))
    return float(min(errors))


def _centre(found: Features) -> Real:
    rows = found.vectors[found.present]
    return rows.mean(axis=0, dtype=np.float64) if len(rows) else np.zeros(found.dim)


def _scale(found: Features, centre: Real, share: float, power: float) -> Real:
    """Multipliers of the directions: their spread to the power, the mean square length then the share."""
    rows = found.vectors[found.present] - centre
    spread = rows.std(axis=0, dtype=np.float64) if len(rows) else np.ones(found.dim)
    out = spread**power if power else np.ones(found.dim)
    length = np.sqrt(np.sum((out * spread) ** 2))
    scaled: Real = out * np.sqrt(share) / max(length, 1e-12)
    return scaled


def _joined(
    features: FeatureSet, rows: slice | NDArray[np.integer], centre: Mapping[str, Real], scale: Mapping[str, Real]
) -> Real:
    parts = [
        np.where(features[n].present[rows, None], (features[n].vectors[rows] - centre[n]) * scale[n], 0.0)
        for n in sorted(centre)
    ]
    return np.concatenate(parts, axis=1)


def _distances(x: Real, y: Real) -> Real:
    square = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1) - 2 * x @ y.T
    out: Real = np.sqrt(np.maximum(square, 0.0))
    return out


def _kernel(far: Real, width: float) -> Real:
    out: Real = np.exp(-far / max(width, 1e-12))
    return out
