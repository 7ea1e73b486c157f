"""Intervals by resampling users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator

RESAMPLES = 1000
LEVEL = 0.95
CELLS = 1 << 20  # weights held at a time: 8 MiB


@dataclass(frozen=True)
class Rows:
    """Some of the users and their values.

    Attributes:
        at: Numbers of the users, shape (g,).
        values: Shape (g, m), nan where not defined.
    """

    at: NDArray[np.intp]
    values: NDArray[np.float64]


def resampled_means(values: NDArray[np.float64], seed: int, resamples: int = RESAMPLES) -> NDArray[np.float64]:
    """Column means of resamples of the rows, drawn with replacement; nan cells count in no mean.

    Rows of one resample are the same for all columns.

    Args:
        values: One row a user, shape (n, m).
        seed: Equal seeds give equal draws.
        resamples: How many, b.

    Returns:
        Shape (b, m); nan where a resample has no value in a column.
    """
    return resampled_parts(len(values), [Rows(np.arange(len(values)), values)], seed, resamples)[0]


def resampled_parts(n: int, parts: Sequence[Rows], seed: int, resamples: int = RESAMPLES) -> list[NDArray[np.float64]]:
    """The same for several parts of `n` users: one draw of users serves them all.

    Draws are counted (a multinomial vector a resample), so that all means are one matrix product.
    """
    out = [np.full((resamples, part.values.shape[1]), np.nan) for part in parts]
    if n == 0:
        return out
    rng = generator(seed, "bootstrap")
    sums = [_Sums(part) for part in parts]
    step = max(1, CELLS // n)
    for at in range(0, resamples, step):
        weights = _draws(rng, min(step, resamples - at), n)
        for means, of in zip(out, sums, strict=True):
            means[at : at + step] = of.means(weights)
    return out


class _Sums:
    """Weighted means of the columns of one part."""

    def __init__(self, part: Rows) -> None:
        there = np.isfinite(part.values)
        self._at = part.at
        self._filled = np.where(there, part.values, 0)
        self._gaps = np.flatnonzero(~there.all(axis=0))  # columns that are not defined for everybody
        self._there = there[:, self._gaps].astype(np.float64)

    def means(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        own = weights if len(self._at) == weights.shape[1] else weights[:, self._at]
        total = own @ self._filled
        count = np.broadcast_to(own.sum(axis=1, keepdims=True), total.shape).copy()
        count[:, self._gaps] = own @ self._there
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _draws(rng: np.random.Generator, rows: int, n: int) -> NDArray[np.float64]:
    """How often each of n users is drawn in `n` draws, shape (rows, n)."""
    out = np.empty((rows, n))
    for row in out:
        row[:] = np.bincount(rng.integers(0, n, size=n), minlength=n)
    return out


def interval(means: NDArray[np.float64], level: float = LEVEL) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Percentile interval of each column of (b, m): low and high, each (m,); nan without values."""
    low, high = np.full(means.shape[1], np.nan), np.full(means.shape[1], np.nan)
    there = np.isfinite(means).any(axis=0)
    if there.any():
        edges = np.nanquantile(means[:, there], [(1 - level) / 2, (1 + level) / 2], axis=0)
        low[there], high[there] = edges
    return low, high


def mean_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Column means without the nan cells, shape (m,); nan for columns without values."""
    there = np.isfinite(values)
    count = there.sum(axis=0)
    total = np.where(there, values, 0).sum(axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan), np.float64)
