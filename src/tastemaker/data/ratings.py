"""What an interaction is worth: its rating where there are ratings, else the weight of its event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data.events import Events
from tastemaker.data.numbers import numbers_of
from tastemaker.data.receipt import Ledger
from tastemaker.data.settings import DataSettings

RATED = 0.9  # share of rows with a rating from which on the ratings are the values
Masks = tuple[tuple[NDArray[np.bool_], str], ...]


@dataclass(frozen=True)
class Values:
    """Values and signs of n rows.

    Attributes:
        value: Ratings or weights, float32, shape (n,).
        sign: +1, 0 or -1, int8, shape (n,).
        explicit: Whether the values are ratings that users gave.
        refused: Rows that cannot be used, and why.
        ratings: What the source said, float64, shape (n,), or None.
    """

    value: NDArray[np.float32]
    sign: NDArray[np.int8]
    explicit: bool
    refused: Masks
    ratings: NDArray[np.float64] | None

    def example(self, row: int, rule: str) -> str:
        """The rating of a row, if `rule` is about ratings."""
        return f": rating {self.ratings[row]:g}" if self.ratings is not None and "rating" in rule else ""


def values_of(column: Any, kind: NDArray[np.uint8], events: Events, settings: DataSettings, ledger: Ledger) -> Values:
    """Values and signs from the ratings (may be None) and the events.

    With 9 ratings in 10 rows and more the ratings are the values, and rows without one are refused. With fewer, the
    values are the events' weights, and ratings only say the sign. A negative or neutral event says the sign itself.
    """
    weights = np.array(events.weights, np.float32)
    event_sign = np.sign(weights).astype(np.int8)[kind]
    if column is None:
        return Values(weights[kind], event_sign, False, (), None)
    ratings, wrong = numbers_of(column)
    missing = np.isnan(ratings) & ~wrong
    if missing.all():
        ledger.add("the column of ratings is empty", "ignored", len(ratings))
        return Values(weights[kind], event_sign, False, (), None)
    refused = _refused(ratings, wrong, settings)
    sign = np.where((kind > 0) & (event_sign < 1), event_sign, _sign(ratings, settings.positive_from))
    if missing.sum() > (1 - RATED) * len(ratings):
        ledger.add("rows without a rating (the ratings only say the sign)", "noted", int(missing.sum()))
        sign = np.where(missing, event_sign, sign)
        return Values(weights[kind], sign.astype(np.int8), False, refused, ratings)
    refused = (*refused, (missing, "rows without a rating"))
    explicit = not _follows(kind, ratings)
    ledger.add("ratings that follow from the event (taken as its weight)", "noted", 0 if explicit else len(ratings))
    _far(ratings, ledger)
    with np.errstate(over="ignore", invalid="ignore"):
        return Values(ratings.astype(np.float32), sign.astype(np.int8), explicit, refused, ratings)


def _refused(ratings: NDArray[np.float64], wrong: NDArray[np.bool_], settings: DataSettings) -> Masks:
    endless = np.isinf(ratings) | (np.abs(ratings) > np.finfo(np.float32).max)
    refused: Masks = ((wrong, "ratings that are no numbers"), (endless, "ratings that are infinite"))
    if settings.rating_range is not None:
        low, high = settings.rating_range
        outside = np.isfinite(ratings) & ((ratings < low) | (ratings > high))
        refused = (*refused, (outside, f"ratings outside {low:g} to {high:g}"))
    return refused


def _sign(ratings: NDArray[np.float64], positive_from: float | None) -> NDArray[np.int8]:
    sign = np.sign(np.nan_to_num(ratings)).astype(np.int8)
    if positive_from is None:
        return sign
    return np.where(ratings >= positive_from, 1, np.minimum(sign, 0)).astype(np.int8)


def _follows(kind: NDArray[np.uint8], ratings: NDArray[np.float64]) -> bool:
    """Whether each of several events always has the same rating: then it is a weight that nobody gave."""
    kinds = np.unique(kind)
    if len(kinds) < 2:
        return False
    low, high = np.full(256, np.inf), np.full(256, -np.inf)
    finite = np.isfinite(ratings)
    np.minimum.at(low, kind[finite], ratings[finite])
    np.maximum.at(high, kind[finite], ratings[finite])
    return bool((low[kinds] >= high[kinds]).all())


def _far(ratings: NDArray[np.float64], ledger: Ledger) -> None:
    """Flag ratings ten times as far from the others as those are from each other."""
    finite = np.isfinite(ratings)
    if not finite.any():
        return
    low, high = np.quantile(ratings[finite], [0.01, 0.99])
    room = 10 * max(high - low, 1.0)
    far = np.flatnonzero(finite & ((ratings < low - room) | (ratings > high + room)))
    shown = (f"row {row + 1}: rating {ratings[row]:g}" for row in far[:5])
    ledger.add("ratings far from all others (set rating_range to drop them)", "flagged", len(far), shown)
