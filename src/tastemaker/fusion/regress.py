"""What an item lacks, told by regression from what it has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Features, FeatureSet
from tastemaker.features.ridge import ridge

LESSONS = 8000  # items that a regression is learned from, at most
FEWEST = 20  # and at least: with fewer, the rows stay absent

Mask = NDArray[np.bool_]


def regressed(features: FeatureSet) -> FeatureSet:
    """Absent rows of each source from the other sources that the items have; those with none stay absent.

    One ridge regression for each set of sources that items with an absent row have, learned from the items that have
    all of these and the source. Leave-one-out errors choose the strength of each direction, so that one which the
    others do not tell stands at its mean: what is filled is shorter than what is told, by as much as it is unsure.
    """
    return {name: _filled(name, features) for name in features}


def _filled(name: str, features: FeatureSet) -> Features:
    found = features[name]
    others = [other for other in sorted(features) if other != name]
    there = np.array([features[other].present for other in others]).reshape(len(others), len(found.present))
    vectors, filled = np.where(found.present[:, None], found.vectors, np.float32(0)), found.present.copy()
    absent = ~found.present & there.any(axis=0)
    for pattern in np.unique(there[:, absent], axis=1).T:
        sources = [other for other, has in zip(others, pattern, strict=True) if has]
        rows = np.flatnonzero(absent & (there == pattern[:, None]).all(axis=0))
        lessons = np.flatnonzero(found.present & there[pattern].all(axis=0))
        if len(lessons) < FEWEST:
            continue
        some = lessons[np.linspace(0, len(lessons) - 1, min(len(lessons), LESSONS)).astype(np.int64)]
        line = ridge(_beside(features, sources, some), found.vectors[some])
        vectors[rows] = line(_beside(features, sources, rows))
        filled[rows] = True
    return Features(found.source, vectors.astype(np.float32), filled)


def _beside(features: FeatureSet, sources: list[str], rows: NDArray[np.integer]) -> NDArray[np.float32]:
    return np.concatenate([features[source].vectors[rows] for source in sources], axis=1)
