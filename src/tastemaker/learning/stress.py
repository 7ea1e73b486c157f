"""How models do when less is known: guests with a few events, items with a modality missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator
from tastemaker.data import Features, FeatureSet, Query, Recommendations
from tastemaker.features.users import profile_of
from tastemaker.pipeline import Pipeline

LAST = 5
CELLS = 1 << 22  # of the mask held at a time


@dataclass(frozen=True)
class Guests:
    """A pipeline that is asked by everyone as a stranger who brings his last few events alone.

    What a user had before is still kept out of his list, so that the figures stand beside those of whole histories.

    Attributes:
        pipeline: Fitted.
        last: Events that are brought.
    """

    pipeline: Pipeline
    last: int = LAST

    def recommend(
        self, users: Sequence[str], k: int = 10, *, allowed: NDArray[np.bool_] | None = None
    ) -> Recommendations:
        """Lists for these users, rows in the same order."""
        n_items = len(self.pipeline.data.items)
        step = max(1, CELLS // max(1, n_items))
        rows = self.pipeline.data.users.rows(users)
        parts = [self._part(users[at : at + step], k, allowed) for at in range(0, len(users), step)]
        items, scores = (np.concatenate([getattr(part, of) for part in parts]) for of in ("items", "scores"))
        return Recommendations(rows, items, scores)

    def _part(self, users: Sequence[str], k: int, allowed: NDArray[np.bool_] | None) -> Recommendations:
        whole = self.pipeline.queries(users)
        mask = np.ones((len(whole), len(self.pipeline.data.items)), bool)
        if allowed is not None:
            mask &= allowed
        for row, query in enumerate(whole):
            mask[row, query.history] = False
        return self.pipeline.answer([self._cut(query) for query in whole], k, allowed=mask)

    def _cut(self, query: Query) -> Query:
        newest = slice(max(0, len(query.history) - self.last), None)
        columns = {of: getattr(query, of)[newest] for of in ("history", "value", "time", "kind", "sign")}
        guest = Query(None, **columns)
        return replace(guest, profile=profile_of(guest, self.pipeline.features, self.pipeline.users))


def sources(features: FeatureSet) -> list[str]:
    """The modalities that the vectors are of, such as ["image", "text"]."""
    return sorted({found.source for found in features.values()})


def half_without(features: FeatureSet, source: str, seed: int) -> dict[str, Features]:
    """`features` with everything of `source` missing for half of the items, drawn by `seed`."""
    n = len(next(iter(features.values())).present)
    return without(features, source, generator(seed, f"without {source}").permutation(n)[n - n // 2 :])


def without(features: FeatureSet, source: str, rows: NDArray[np.integer]) -> dict[str, Features]:
    """`features` where none of `rows` has content of `source`."""
    out = dict(features)
    for name, found in features.items():
        if found.source == source:
            there = found.present.copy()
            there[rows] = False
            out[name] = Features(found.source, np.where(there[:, None], found.vectors, np.float32(0)), there)
    return out
