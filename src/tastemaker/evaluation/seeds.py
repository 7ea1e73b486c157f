"""Reports of one model under several training seeds, taken together."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError
from tastemaker.data import Recommendations
from tastemaker.evaluation.measured import Measured, Measures, with_intervals
from tastemaker.evaluation.report import Report


def average(reports: Sequence[Report], seed: int = 0) -> Report:
    """One report whose values are the means over `reports`; users are resampled for its intervals.

    Each user's value is averaged first, so an interval tells how much the mean over seeds depends on which
    users were tested. Lists and gaps are those of the first report.

    Raises:
        DataError: the reports are of different users or of lists of different length.
    """
    first = reports[0]
    if any(r.users != first.users or r.k != first.k for r in reports):
        raise DataError("Only reports of the same users and the same length of lists can be averaged.")
    if len(reports) == 1:
        return first
    others = [{(s.by, s.group): s.measures for s in r.slices} for r in reports]
    return replace(
        first,
        measures=_mean([r.measures for r in reports], seed),
        slices=tuple(
            replace(s, measures=_mean([known[s.by, s.group] for known in others], seed)) for s in first.slices
        ),
        curve=_nanmean([r.curve for r in reports]),
        exposure=np.sum([r.exposure for r in reports], axis=0),
    )


def overlap(lists: Sequence[Recommendations], k: int) -> float:
    """Mean share of the first `k` places that two of the `lists` have in common, over pairs and users, in [0, 1].

    1 says that the training seed does not matter; nan for fewer than two lists, and where nobody got one.
    """
    shares = [_shared(a.items[:, :k], b.items[:, :k]) for a, b in combinations(lists, 2)]
    every = np.concatenate([np.empty(0), *shares])
    return float(every.mean()) if len(every) else float("nan")


def _shared(a: NDArray[np.int32], b: NDArray[np.int32]) -> NDArray[np.float64]:
    """Size of the common part over that of the longer list, for each row with a list, (rows,)."""
    both = ((a[:, :, None] == b[:, None, :]) & (a >= 0)[:, :, None]).sum(axis=(1, 2))
    longer = np.maximum((a >= 0).sum(axis=1), (b >= 0).sum(axis=1))
    return np.asarray(both[longer > 0] / longer[longer > 0], np.float64)


def _mean(measures: Sequence[Measures], seed: int) -> dict[str, Measured]:
    columns: Mapping[str, NDArray[np.float64]] = {
        name: _nanmean([m[name].values for m in measures])
        for name, found in measures[0].items()
        if found.values is not None
    }
    drawn = with_intervals(columns, seed)
    means = {
        name: replace(found, mean=float(np.mean([m[name].mean for m in measures])))
        for name, found in measures[0].items()
        if found.values is None
    }
    return {name: drawn.get(name) or means[name] for name in measures[0]}


def _nanmean(columns: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nan in all of them stays nan
        return np.asarray(np.nanmean(np.array(columns, np.float64), axis=0), np.float64)
