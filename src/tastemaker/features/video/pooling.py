"""From the vectors of a clip's frames to one vector that knows motion and order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCKS = 4  # mean, motion, two cosines
GRID = 8  # cells of the map of change, each way
Rows = NDArray[np.float32]


def over_time(rows: Rows) -> Rows:
    """What is there, how much it changes, and in which order.

    Args:
        rows: Vectors of n frames in order, (n, dim).

    Returns:
        Shape (4 dim,): their mean; the mean of absolute differences of neighbours; their projections on the first two
        cosines of time (beginning against end; the ends against the middle). All are divided by the length of
        the mean, so that a clip without motion has zeros there.
    """
    n = len(rows)
    rows = rows.astype(np.float64)
    mean = rows.mean(0)
    motion = np.abs(np.diff(rows, axis=0)).mean(0) if n > 1 else np.zeros_like(mean)
    time = (np.arange(n) + 0.5) / n
    waves = [np.cos(np.pi * k * time) @ rows * 2 / n for k in (1, 2)] if n > 1 else [np.zeros_like(mean)] * 2
    whole = np.concatenate([mean, motion, *waves]) / max(float(np.linalg.norm(mean)), 1e-12)
    return whole.astype(np.float32)


def change(frames: NDArray[np.uint8]) -> Rows:
    """Where the picture moves: mean absolute change of brightness of neighbouring frames in 8 x 8 cells.

    A network's pooled features do not know places; this map does, coarsely.

    Args:
        frames: uint8 RGB, (n, height, width, 3).

    Returns:
        Shape (64,), each from 0 to 1.
    """
    rows, columns = (np.linspace(0, edge, GRID + 1).astype(int)[:-1] for edge in frames.shape[1:3])
    if len(frames) < 2:
        return np.zeros(GRID * GRID, np.float32)
    grey = frames.astype(np.float32).mean(3) / 255
    moved = np.abs(np.diff(grey, axis=0)).mean(0)
    sums = np.add.reduceat(np.add.reduceat(moved, rows, axis=0), columns, axis=1)
    counts = np.outer(np.diff([*rows, frames.shape[1]]), np.diff([*columns, frames.shape[2]]))
    return np.asarray(sums / counts, np.float32).ravel()
