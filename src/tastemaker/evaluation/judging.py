"""Which places of a list hold right answers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset, Recommendations


class Judged(NamedTuple):
    """Lists compared with the truth.

    Attributes:
        hits: Whether a place holds a right answer, bool, shape (q, k).
        answers: Number of different right answers a user, shape (q,).
    """

    hits: NDArray[np.bool_]
    answers: NDArray[np.int64]

    def defined(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """`values`, shape (q,), with nan where a user has no right answer."""
        return np.where(self.answers > 0, values, np.nan)


def judge(recs: Recommendations, truth: Dataset, k: int) -> Judged:
    """Compare the first `k` places with the items that `truth` holds with a positive sign."""
    right = truth.liked_pairs
    n_items = len(truth.items)
    answers = np.bincount(right // n_items, minlength=len(truth.users) + 1)[recs.users]
    listed = recs.items[:, :k].astype(np.int64)
    code = recs.users[:, None].astype(np.int64) * n_items + listed
    hits = np.zeros((len(listed), k), bool)
    hits[:, : listed.shape[1]] = among(code, right) & (listed >= 0) & (recs.users >= 0)[:, None]
    return Judged(hits, answers)


def among(code: NDArray[np.int64], codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each value of `code`, any shape, is in the sorted `codes`."""
    if not len(codes):
        return np.zeros(code.shape, bool)
    place = np.minimum(np.searchsorted(codes, code), len(codes) - 1)
    return np.asarray(codes[place] == code, bool)
