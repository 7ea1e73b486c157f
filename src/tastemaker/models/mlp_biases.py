"""What is known of an item and a user before the network looks: shrunk means, or popularity."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

ITEM_SHRINK, USER_SHRINK = 4.0, 8.0
SOFT = 0.05  # share of the range within which predictions bend before its ends

Rows = NDArray[np.int64]
Reals = NDArray[np.float32]


@dataclass(frozen=True)
class Biases:
    """The base of a prediction. Item -1 is the unknown item: the last entry, without any bias.

    For ratings: ``mean + b_i + b_u``, both shrunk means of what is left, the user's from the query's history
    alone, so a stranger's is as good. For clicks: the log of one more than the item's count; the network learns
    its factor.

    Source: Koren 2009, baseline predictors, in closed form.

    Attributes:
        explicit: Whether ratings are predicted.
        mean: Mean rating, 0 for clicks.
        low: Lowest rating seen.
        high: Highest rating seen.
        total: Sum of ``rating - mean`` an item, shape (n_items + 1,); zero for clicks.
        count: Ratings (or positive events) an item, shape (n_items + 1,).
    """

    explicit: bool
    mean: float
    low: float
    high: float
    total: NDArray[np.float64]
    count: NDArray[np.float64]

    def item(self, item: Rows, without: Reals | None = None) -> NDArray[np.float64]:
        """Bias of each item; `without` takes one rating (nan: none; for clicks 1: one click) out again."""
        total, count = self.total[item], self.count[item]
        if without is not None:
            there = np.isfinite(without)
            count = count - there
            total = total - np.where(there, without - self.mean, 0.0) * self.explicit
        return total / (count + ITEM_SHRINK) if self.explicit else np.log1p(np.maximum(count, 0))

    def user(self, row: Rows, weight: Reals, users: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sum and number of the surprises of each user, shape (users,); 0 for clicks."""
        total = np.asarray(np.bincount(row, weight.astype(np.float64), minlength=users), np.float64)
        return total * self.explicit, np.bincount(row, minlength=users).astype(np.float64)

    def surprise(self, item: Rows, value: Reals, sign: NDArray[np.int8]) -> Reals:
        """A rating without mean and item bias, else the sign of the event, shape (n,)."""
        if not self.explicit:
            return sign.astype(np.float32)
        return (value - self.mean - self.item(item)).astype(np.float32)

    def squashed(self, raw: NDArray[np.float64]) -> NDArray[np.float32]:
        """Predictions bent into the seen range, strictly increasing, so that no two lists tie at its ends."""
        edge = max(SOFT * (self.high - self.low), 1e-9)
        top, bottom = raw - (self.high - edge), (self.low + edge) - raw
        out = np.where(top > 0, self.high - edge * np.exp(-np.maximum(top, 0) / edge), raw)
        out = np.where(bottom > 0, self.low + edge * np.exp(-np.maximum(bottom, 0) / edge), out)
        return out.astype(np.float32)


def shrunk(total: NDArray[np.float64], count: NDArray[np.float64]) -> NDArray[np.float64]:
    """The bias of a user from the sum and number of his surprises."""
    return np.asarray(total / (np.maximum(count, 0) + USER_SHRINK))


def biases(item: Rows, value: Reals, sign: NDArray[np.int8], items: int, *, explicit: bool) -> Biases:
    """The biases of a log; its pairs should occur once."""
    empty = Biases(explicit, 0.0, 0.0, 0.0, np.zeros(items + 1), np.zeros(items + 1))
    if not explicit:
        return replace(empty, count=np.bincount(item[sign > 0], minlength=items + 1).astype(np.float64))
    mean = float(value.mean(dtype=np.float64))
    total = np.asarray(np.bincount(item, value.astype(np.float64) - mean, minlength=items + 1), np.float64)
    count = np.bincount(item, minlength=items + 1).astype(np.float64)
    return Biases(explicit, mean, float(value.min()), float(value.max()), total, count)
