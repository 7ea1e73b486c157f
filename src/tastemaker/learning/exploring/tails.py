"""Who has how much: the long tail of items and users."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEW = (1, 3, 5, 10)  # events: "fewer than so many"
POINTS = 100  # of a curve


@dataclass(frozen=True)
class Tail:
    """How events are spread over items or users.

    Attributes:
        n: Number of items (or users).
        events: Number of events.
        gini: 0 where all have the same number, near 1 where one has all.
        top: Share of the events that the busiest 1 % and 10 % take.
        middle: Events of the middle one.
        fewer: How many have fewer than 1, 3, 5 and 10 events.
        curve: Events of the busiest, the next, ... at up to 100 places: (place, events).
    """

    n: int
    events: int
    gini: float
    top: tuple[float, float]
    middle: float
    fewer: dict[int, int]
    curve: tuple[tuple[int, int], ...]


def tail(counts: NDArray[np.int64]) -> Tail:
    """The spread of `counts`, one an item or user."""
    n, total = len(counts), int(counts.sum())
    ordered = np.sort(counts)[::-1]
    busiest = tuple(float(ordered[: max(1, math.ceil(share * n))].sum() / max(total, 1)) for share in (0.01, 0.1))
    places = np.unique(np.geomspace(1, max(n, 1), POINTS).round().astype(int)) if n else np.array([], int)
    return Tail(
        n=n,
        events=total,
        gini=gini(counts),
        top=(busiest[0], busiest[1]),
        middle=float(np.median(counts)) if n else 0.0,
        fewer={few: int((counts < few).sum()) for few in FEW},
        curve=tuple((int(place), int(ordered[place - 1])) for place in places),
    )


def gini(counts: NDArray[np.int64]) -> float:
    """Inequality of counts in [0, 1): 0 where all are the same. Source: Gini 1912, in its sorted form."""
    n, total = len(counts), int(counts.sum())
    if not n or not total:
        return 0.0
    weights = 2 * np.arange(1, n + 1) - n - 1
    return float(weights @ np.sort(counts) / (n * total))
