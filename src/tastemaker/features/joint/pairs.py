"""Two kinds of content in one space, learned from items that have both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.features.joint.conse import Rows, unit

FEWEST = 50  # pairs below which nothing is learned
MARKS = 1500  # contents that the kernel of a side rests on, at most
KEPT = 400  # directions of the kernel that are looked at, the strongest
DIM = 200
SHRINK = 0.1  # of a side's variance, added to that of every direction: few pairs tell little of most of them
SAME = 1e-6  # distance up to which contents are the same, such as a picture that stands for none
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Side:
    """One kind of content as a kernel sees it: ``(k(x, L) - mean) W`` with ``k(x, y) = exp(-|x - y| / width)``.

    Attributes:
        marks: The contents L, of length 1, (m, d).
        width: Median distance between those that differ.
        mean: Of ``k(x, L)`` over the pairs, (m,).
        weights: W, (m, directions); the directions are even by construction of the kernel.
    """

    marks: Rows
    width: float
    mean: Doubles
    weights: Doubles

    def __call__(self, rows: Rows) -> Doubles:
        """From (n, d) to (n, directions)."""
        out: Doubles = (_kernel(unit(rows), self.marks, self.width) - self.mean) @ self.weights
        return out

    def turned(self, by: Doubles) -> Side:
        """The same followed by a linear map."""
        return Side(self.marks, self.width, self.mean, self.weights @ by)

    @classmethod
    def of(cls, rows: Rows) -> Side:
        """Directions of the kernel over these contents, (n, d), as well as evenly drawn ones tell it."""
        marks = unit(rows)[np.linspace(0, len(rows) - 1, min(len(rows), MARKS)).astype(np.int64)]
        far = _distances(marks, marks)
        apart = far[np.triu_indices(len(far), 1)]
        apart = apart[apart > SAME]
        width = float(np.median(apart)) if len(apart) else 1.0
        kernel = np.exp(-far / width)
        mean = kernel.mean(axis=0)
        value, vector = np.linalg.eigh(kernel - mean - mean[:, None] + mean.mean())
        value, vector = value[-KEPT:], vector[:, -KEPT:]
        there = value > 1e-6 * value[-1]
        return cls(marks, width, mean, vector[:, there] / np.sqrt(value[there]))


@dataclass(frozen=True)
class Pairs:
    """Regularised canonical correlations of two kernels: what both kinds of content tell alike.

    With C the covariances of what the kernels give, ``U S V' = A C_xy B`` where ``A = (C_xx + r I)^-1/2``, B alike; x
    stands at ``x A U S^1/2``, y at ``y B V S^1/2``, of length 1. Closed, so that it needs no training; `r` is `SHRINK`
    times the whole variance of a side.

    Source: Akaho 2001 (kernel canonical correlations); Vinod 1976 (canonical ridge); Gong et al. 2014 (directions
    weighed by their correlation); Williams & Seeger 2001 (kernels on some of the rows).

    Attributes:
        sides: From each kind to the space.
    """

    sides: tuple[Side, Side]

    @classmethod
    def learn(cls, one: Rows, other: Rows, dim: int = DIM, shrink: float = SHRINK) -> Pairs | None:
        """From n pairs, (n, d) and (n, e); None where there are fewer than 50."""
        if len(one) < FEWEST:
            return None
        first, second = Side.of(one), Side.of(other)
        x, y = (side(rows) for side, rows in ((first, one), (second, other)))
        x, y = x - x.mean(axis=0), y - y.mean(axis=0)
        a, b = (_root(rows.T @ rows / len(rows), shrink) for rows in (x, y))
        left, size, right = np.linalg.svd(a @ (x.T @ y / len(x)) @ b, full_matrices=False)
        scale = np.sqrt(size[:dim])
        return cls((first.turned(a @ left[:, :dim] * scale), second.turned(b @ right[:dim].T * scale)))

    def place(self, rows: Rows, side: int) -> Rows:
        """Where contents of the first (0) or second kind (1) stand, (n, d) to (n, dim)."""
        return unit(self.sides[side](rows))


def _root(covariance: Doubles, shrink: float) -> Doubles:
    """``(C + r I)^-1/2``, symmetric."""
    value, vector = np.linalg.eigh(covariance)
    value = np.maximum(value, 0)
    out: Doubles = (vector / np.sqrt(value + max(shrink * float(value.sum()), 1e-12))) @ vector.T
    return out


def _distances(one: NDArray[np.floating], other: NDArray[np.floating]) -> Doubles:
    """Of rows of length 1, (n, d) and (m, d), as (n, m)."""
    out: Doubles = np.sqrt(np.maximum(2 - 2 * (one @ other.T).astype(np.float64), 0))
    return out


def _kernel(rows: NDArray[np.floating], marks: NDArray[np.floating], width: float) -> Doubles:
    out: Doubles = np.exp(-_distances(rows, marks) / width)
    return out
