"""Intervals by resampling users."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator

RESAMPLES = 1000
LEVEL = 0.95
CELLS = 1 << 22  # weights held at a time: 32 MiB


def resampled_means(values: NDArray[np.float64], seed: int, resamples: int = RESAMPLES) -> NDArray[np.float64]:
    """Column means of resamples of the rows, drawn with replacement; nan cells count in no mean.

    Rows of one resample are the same for all columns. Draws are counted (a multinomial vector a resample), so
    that all means are one matrix product.

    Args:
        values: One row a user, shape (n, m).
        seed: Equal seeds give equal draws.
        resamples: How many, b.

    Returns:
        Shape (b, m); nan where a resample has no value in a column.
    """
    n, m = values.shape
    out = np.full((resamples, m), np.nan)
    if n == 0:
        return out
    rng = generator(seed, "bootstrap")
    there = np.isfinite(values)
    filled, there = np.where(there, values, 0), there.astype(np.float64)
    step = max(1, CELLS // n)
    for at in range(0, resamples, step):
        weights = _draws(rng, min(step, resamples - at), n)
        total, count = weights @ filled, weights @ there
        out[at : at + step] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return out


def _draws(rng: np.random.Generator, rows: int, n: int) -> NDArray[np.float64]:
    """How often each of n users is drawn in `n` draws, shape (rows, n)."""
    drawn = rng.integers(0, n, size=(rows, n)) + np.arange(rows)[:, None] * n
    return np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


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
