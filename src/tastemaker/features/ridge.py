"""Ridge regression whose strength leave-one-out errors choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import SavedError

STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 1e4, 1e5)

Real = NDArray[np.float64]


@dataclass(frozen=True)
class Linear:
    """``(x - mean_in) @ weights + mean_out``.

    Attributes:
        weights: Shape (inputs, outputs), float64.
        mean_in: Shape (inputs,).
        mean_out: Shape (outputs,).
    """

    weights: Real
    mean_in: Real
    mean_out: Real

    def __call__(self, x: NDArray[Any]) -> Real:
        """Outputs for rows of inputs, float64 of shape (n, outputs)."""
        out: Real = (np.asarray(x, np.float64) - self.mean_in) @ self.weights + self.mean_out
        return out

    def pack(self, name: str) -> dict[str, NDArray[Any]]:
        """Its arrays, each name starting with `name`."""
        return {f"{name}.{part}": getattr(self, part) for part in ("weights", "mean_in", "mean_out")}

    @classmethod
    def unpack(cls, name: str, state: Mapping[str, NDArray[Any]]) -> Self:
        """What `pack` took apart; raises `SavedError` where an array is absent."""
        try:
            return cls(*(state[f"{name}.{part}"] for part in ("weights", "mean_in", "mean_out")))
        except KeyError as error:
            raise SavedError(f"The saved state has no array {error}. Fit it anew.") from error


def ridge(x: NDArray[Any], y: NDArray[Any], reg: float | None = None) -> Linear:
    """Least squares of `y` on `x`, both centred, with a penalty of `reg` on the squared weights.

    Args:
        x: Shape (n, inputs).
        y: Shape (n, outputs).
        reg: Strength; None takes, for each output, the one of `STRENGTHS` with the least squared error of
            leave-one-out: an output that the inputs do not tell is predicted by its mean.

    Source: Hoerl & Kennard 1970; the shortcut for leave-one-out is Allen's PRESS (1974).
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    mean_in, mean_out = x.mean(axis=0), y.mean(axis=0)
    left, size, right = _decompose(x - mean_in)
    seen = left.T @ (y - mean_out)
    strengths = np.array([reg] if reg is not None else STRENGTHS)
    chosen = _choose(left, size, y - mean_out, strengths) if reg is None else np.full(y.shape[1], reg)
    gain = size[:, None] / (size[:, None] ** 2 + chosen[None])
    return Linear(right @ (gain * seen), mean_in, mean_out)


def _decompose(x: Real) -> tuple[Real, Real, Real]:
    """Thin singular value decomposition by the smaller Gram matrix; directions without variance left out."""
    wide = x.shape[1] > x.shape[0]
    value, vector = np.linalg.eigh(x @ x.T if wide else x.T @ x)
    there = value > max(value.max(initial=0.0), 1e-300) * 1e-10
    size, vector = np.sqrt(value[there]), vector[:, there]
    return (vector, size, x.T @ vector / size) if wide else (x @ vector / size, size, vector)


def _choose(left: Real, size: Real, y: Real, strengths: Real) -> Real:
    """For each output the strength with the least leave-one-out error, shape (outputs,)."""
    seen, square = left.T @ y, left**2
    errors = []
    for strength in strengths:
        kept = size**2 / (size**2 + strength)
        own = square @ kept + 1 / len(y)  # each row's pull on its own prediction
        missed = (y - left @ (kept[:, None] * seen)) / np.maximum(1 - own, 1e-3)[:, None]
        errors.append((missed**2).mean(axis=0))
    best: Real = strengths[np.argmin(errors, axis=0)]
    return best
