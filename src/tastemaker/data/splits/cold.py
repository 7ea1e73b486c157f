"""Some users or items appear in the test alone: what `cold_items` and `cold_users` share."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError
from tastemaker.data.splits.parts import TEST, TRAIN, VALIDATION, Part

Choosing = Literal["cold", "warm"]


def hold_out(
    key: NDArray[np.int32], rng: np.random.Generator, validation: float, test: float, choosing: Choosing
) -> Part:
    """Part a row, by the user or item `key` of the row, shape (n,).

    With `choosing` "cold" the validation consists of `validation` of the keys, none of them in training; with
    "warm" of that share of the rows which are not test.
    """
    known = np.unique(key)
    mixed = rng.permutation(known)
    n_test, n_validation = (max(1, int(share * len(known) + 1e-9)) for share in (test, validation))
    if n_test + n_validation >= len(known):
        raise DataError(f"{len(known)} users or items with behaviour are too few to hold some of them out.")
    part = np.full(len(key), TRAIN, np.int8)
    if choosing == "cold":
        part[np.isin(key, mixed[n_test : n_test + n_validation])] = VALIDATION
    else:
        part[rng.random(len(key)) < validation] = VALIDATION
    part[np.isin(key, mixed[:n_test])] = TEST
    return part
