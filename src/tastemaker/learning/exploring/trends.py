"""What rises and what falls in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset

STRETCHES = 12
SURE = 3.0  # standard deviations
CHANGE = 1.25  # times the other share


@dataclass(frozen=True)
class Trend:
    """Something whose share of all events rises or falls.

    Attributes:
        name: The item's row, or the category's name.
        early: Share of the events of the first two thirds of the time.
        late: Share of those of the last third.
        z: Difference in standard deviations of chance; above 0 it rises.
        shares: Share in each of 12 equal stretches of time, nan where there are no events.
    """

    name: int | str
    early: float
    late: float
    z: float
    shares: tuple[float, ...]


def trends(data: Dataset, labels: Sequence[Sequence[int | str]], most: int = 10, least: int = 20) -> list[Trend]:
    """What rises most and what falls most, the strongest first; nothing without clock times.

    Source: two-sample test of shares with the pooled variance.

    Args:
        data: Whose events.
        labels: For each item the names that its events count for: the row itself, or categories.
        most: So many of each direction.
        least: Events that a name must have.
    """
    log = data.interactions
    known = log.time >= 0
    if data.clock != "time" or known.sum() < 2 or log.time[known].max() == log.time[known].min():
        return []
    time = log.time[known]
    stretch = np.minimum((time - time.min()) * STRETCHES // max(int(time.max() - time.min()), 1), STRETCHES - 1)
    names, table = _counted(labels, log.item[known], stretch)
    total = np.bincount(stretch, minlength=STRETCHES)
    found = [
        trend for at, name in enumerate(names) if table[at].sum() >= least and (trend := _trend(name, table[at], total))
    ]
    rising = sorted((t for t in found if t.z > SURE and t.late > CHANGE * t.early), key=lambda t: -t.z)[:most]
    falling = sorted((t for t in found if t.z < -SURE and t.early > CHANGE * t.late), key=lambda t: t.z)[:most]
    return [*rising, *falling]


def _counted(
    labels: Sequence[Sequence[int | str]], item: NDArray[Any], stretch: NDArray[Any]
) -> tuple[list[int | str], NDArray[np.int64]]:
    """Names, and their events in each stretch, shape (names, 12)."""
    per_item = np.bincount(item.astype(np.int64) * STRETCHES + stretch, minlength=len(labels) * STRETCHES).reshape(
        len(labels), STRETCHES
    )
    place: dict[int | str, int] = {}
    for mine in labels:
        for name in mine:
            place.setdefault(name, len(place))
    table = np.zeros((len(place), STRETCHES), np.int64)
    for row, mine in enumerate(labels):
        for name in mine:
            table[place[name]] += per_item[row]
    return list(place), table


def _trend(name: int | str, counts: NDArray[np.int64], total: NDArray[np.int64]) -> Trend | None:
    cut = STRETCHES * 2 // 3
    before, after = int(total[:cut].sum()), int(total[cut:].sum())
    if not before or not after:
        return None
    early, late, pooled = counts[:cut].sum() / before, counts[cut:].sum() / after, counts.sum() / total.sum()
    spread = math.sqrt(pooled * (1 - pooled) * (1 / before + 1 / after))
    shares = tuple(float(c / t) if t else math.nan for c, t in zip(counts, total, strict=True))
    return Trend(name, float(early), float(late), float((late - early) / spread) if spread else 0.0, shares)
