"""Fallback: the next model speaks where the one before has no opinion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, final

import numpy as np
from pydantic import BeforeValidator, Field

from tastemaker.core import BadSetting, NotFitted, Run, component
from tastemaker.data import Dataset, Query
from tastemaker.models.base import Given, Recommender, Scores, State, array
from tastemaker.models.catalog import RECOMMENDERS

Part = Annotated[Recommender, BeforeValidator(RECOMMENDERS.coerce)]


def _default() -> list[Recommender]:
    return [RECOMMENDERS.build(name) for name in ("item_knn", "content", "popular")]


@final
@component
class Fallback(Recommender):
    """Rank by the first model; what it has no opinion on goes below, by the next.

    Models that need item vectors are passed over where there are none.

    Attributes:
        models: Names or specifications of recommenders, the most trusted first.
    """

    name: ClassVar[str] = "fallback"
    models: list[Part] = Field(default_factory=_default, min_length=1)

    def __post_init__(self) -> None:
        self._speaks: list[bool] = []

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Fit each model on the same data."""
        speaks = [given.items is not None or not model.needs_vectors for model in self.models]
        if not any(speaks):
            names = ", ".join(model.name for model in self.models)
            raise BadSetting(f"All models of this fallback ({names}) need item vectors, and there are none.")
        for model, able in zip(self.models, speaks, strict=True):
            if able:
                model.learn(data, given, run)
            else:
                run.say(f"note: {model.name} is passed over, there are no item vectors")
        self._speaks = speaks

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
        parts = [(n, m) for n, m in enumerate(self.models) if self._speaks[n]]
        return {
            "speaks": np.array(self._speaks),
            **{f"{n}.{key}": value for n, m in parts for key, value in m.state().items()},
        }

    def restore(self, state: State) -> None:
        """Hand each model its own arrays."""
        self._speaks = array(state, "speaks").astype(bool).tolist()
        for n, (model, able) in enumerate(zip(self.models, self._speaks, strict=True)):
            if able:
                own = {k.split(".", 1)[1]: v for k, v in state.items() if k.startswith(f"{n}.")}
                model.restore(own)

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
