"""Two kinds of content in one space, learned from items that have both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.features.joint.conse import Rows, unit

FEWEST = 50  # pairs below which nothing is learned
DIM = 200
SHRINK = 30.0  # mean variances that are added to every direction's: few pairs tell little of most of them
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """Regularised canonical correlations: the directions in which both kinds of content tell the same.

    With C the covariances, ``U S V' = A C_xy B`` where ``A = (C_xx + r I)^-1/2`` and B alike; x stands at
    ``x A U S^1/2``, y at ``y B V S^1/2``, both centred and of length 1 before and after. Closed, so that it needs no
    training; `r` is `SHRINK` times the mean variance.

    Source: Vinod 1976 (canonical ridge); Gong et al. 2014 (directions weighed by their correlation).

    Attributes:
        means: Of both kinds, rows of length 1.
        maps: From each kind to the space.
    """

    means: tuple[Doubles, Doubles]
    maps: tuple[Doubles, Doubles]

    @classmethod
    def learn(cls, one: Rows, other: Rows, dim: int = DIM, shrink: float = SHRINK) -> Pairs | None:
        """From n pairs, (n, d) and (n, e); None where there are fewer than 50."""
        if len(one) < FEWEST:
            return None
        x, y = (unit(rows).astype(np.float64) for rows in (one, other))
        means = x.mean(axis=0), y.mean(axis=0)
        x, y = x - means[0], y - means[1]
        a, b = (_root(rows.T @ rows / len(rows), shrink) for rows in (x, y))
        left, size, right = np.linalg.svd(a @ (x.T @ y / len(x)) @ b, full_matrices=False)
        scale = np.sqrt(size[:dim])
        return cls(means, (a @ left[:, :dim] * scale, b @ right[:dim].T * scale))

    def place(self, rows: Rows, side: int) -> Rows:
        """Where contents of the first (0) or second kind (1) stand, (n, d) to (n, dim)."""
        return unit((unit(rows) - self.means[side]) @ self.maps[side])


def _root(covariance: Doubles, shrink: float) -> Doubles:
    """``(C + r I)^-1/2``, symmetric."""
    value, vector = np.linalg.eigh(covariance)
    value = np.maximum(value, 0) + max(shrink * float(value.mean()), 1e-12)
    out: Doubles = (vector / np.sqrt(value)) @ vector.T
    return out
