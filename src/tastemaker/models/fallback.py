"""Fallback: the next model speaks where the one before has no opinion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, final

import numpy as np
from pydantic import Field

from tastemaker.core import NotFitted, Run, component
from tastemaker.data import Dataset, Query
from tastemaker.models.base import Given, Recommender, Scores, State
from tastemaker.models.parts import Part, built, learned, pack, unpack


@final
@component
class Fallback(Recommender):
    """Rank by the first model; what it has no opinion on goes below, by the next.

    Models that cannot be fitted, such as one that needs item vectors where there are none, are passed over.

    Attributes:
        models: Names or specifications of recommenders, the most trusted first.
    """

    name: ClassVar[str] = "fallback"
    models: list[Part] = Field(default_factory=lambda: built("item_knn", "content", "popular"), min_length=1)

    def __post_init__(self) -> None:
        self._speaks: list[bool] = []

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Fit each model on the same data."""
        self._speaks = learned(self.models, data, given, run)

    def score(self, queries: Sequence[Query]) -> Scores:
        """Scores of the first model, then each next one's squeezed under the lowest so far."""
        first, *others = self._speaking()
        out = first.score(queries)
        for other in others:
            silent = np.isnan(out)
            if silent.any():
                out = np.where(silent, _below(out, other.score(queries)), out)
        return out

    def state(self) -> State:
        """Arrays of every model, prefixed by its place."""
        self._speaking()
        return pack(self.models, self._speaks)

    def restore(self, state: State) -> None:
        """Hand each model its own arrays."""
        self._speaks = unpack(self.models, state)

    def _speaking(self) -> list[Recommender]:
        if not self._speaks:
            raise NotFitted(self)
        return [model for model, able in zip(self.models, self._speaks, strict=True) if able]


def _below(out: Scores, other: Scores) -> Scores:
    """`other` moved, row by row and in order, under the lowest opinion of `out`."""
    floor = np.min(out, axis=1, keepdims=True, where=~np.isnan(out), initial=np.inf)
    floor = np.where(np.isinf(floor), np.float32(0), floor)
    heard = ~np.isnan(other)
    top = np.max(other, axis=1, keepdims=True, where=heard, initial=-np.inf)
    low = np.min(other, axis=1, keepdims=True, where=heard, initial=np.inf)
    spread = np.where(top > low, top - low, np.float32(1))
    gap = np.maximum(np.abs(floor), 1)  # a step that float32 still tells apart beside the floor
    squeezed = (top - other) / spread
    below: Scores = (floor - gap * (1 + squeezed)).astype(np.float32)
    return below
