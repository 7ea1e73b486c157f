"""Whitening: each encoder's vectors centred, rotated, evened out and cut to a common width."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Features

Doubles = NDArray[np.float64]
CHUNK = 65_536  # rows that are centred at once
FLOOR = 1e-3  # directions with less than this share of the largest variance are not blown up further


@component
class Whiten:
    """Settings of the whitening that every encoder's vectors go through before fusion.

    Attributes:
        dim: Directions that are kept, those of the largest variance; fewer where the vectors are narrower.
        strength: 0 only centres and rotates; 1 gives every kept direction the same variance.
        unit: Whether rows get length 1 afterwards.
    """

    dim: Annotated[int, Ge(1), Le(4096)] = 256
    strength: Annotated[float, Ge(0), Le(1)] = 0.5
    unit: bool = True

    def fit(self, features: Features) -> Whitening:
        """Learn centre and rotation from the rows that are present.

        Source: principal components; eigenvalues to the power ``-strength / 2`` scale them (Huang et al. 2021,
        "WhiteningBERT", arXiv 2104.01767, is strength 1).
        """
        mean, covariance = _moments(features.vectors[features.present])
        values, axes = _components(covariance, self.dim)
        floor = np.maximum(values, FLOOR * values.max(initial=0.0))
        scale = np.where(floor > 0, floor, 1.0) ** (-self.strength / 2)
        return Whitening(mean.astype(np.float32), (axes * scale).astype(np.float32), self.unit)


def _moments(rows: NDArray[np.float32]) -> tuple[Doubles, Doubles]:
    """Mean, shape (d,), and covariance, (d, d); of fewer than two rows nothing is learned: 0 and identity."""
    n, d = rows.shape
    if n < 2:
        return np.zeros(d), np.eye(d)
    mean = rows.mean(axis=0, dtype=np.float64)
    total = np.zeros((d, d))
    for start in range(0, n, CHUNK):
        centred = rows[start : start + CHUNK] - mean
        total += centred.T @ centred
    return mean, total / n


def _components(covariance: Doubles, dim: int) -> tuple[Doubles, Doubles]:
    """The largest variances, shape (r,), and their directions, (d, r), each with its largest entry positive."""
    values, axes = np.linalg.eigh(covariance)
    kept = np.argsort(-values, kind="stable")[:dim]
    axes = axes[:, kept]
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    return np.maximum(values[kept], 0), axes * np.where(largest < 0, -1.0, 1.0)


@dataclass(frozen=True)
class Whitening:
    """A fitted whitening.

    Attributes:
        mean: Centre, shape (d,).
        matrix: Rotation and scale, shape (d, r).
        unit: Whether rows get length 1.
    """

    mean: NDArray[np.float32]
    matrix: NDArray[np.float32]
    unit: bool

    def apply(self, features: Features) -> Features:
        """The same rows whitened, zero where absent."""
        vectors = self.rows(features.vectors)
        return Features(features.source, vectors * features.present[:, None], features.present)

    def rows(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Whiten rows of shape (n, d) to (n, r)."""
        out = (vectors - self.mean) @ self.matrix
        if self.unit:
            out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
        return np.asarray(out, np.float32)

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Arrays that `restore` takes."""
        return {"mean": self.mean, "matrix": self.matrix, "unit": np.array([self.unit])}

    @classmethod
    def restore(cls, state: Mapping[str, NDArray[Any]]) -> Whitening:
        """Rebuild what `state` gave."""
        return cls(state["mean"], state["matrix"], bool(state["unit"][0]))
