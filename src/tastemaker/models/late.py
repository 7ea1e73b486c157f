"""Late fusion: one model a source of content, whose scores are added."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, final

import numpy as np
from pydantic import Field

from tastemaker.core import BadSetting, NotFitted, Run, SavedError, spec_of
from tastemaker.core.component import component
from tastemaker.data import Dataset, Features, ItemVectors, Query
from tastemaker.data.held_out import hold_out
from tastemaker.models.base import Given, Recommender, Scores, State, array
from tastemaker.models.blending import Weights, blended, chosen, judge_of
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.models.parts import Part, built, learned, pack, unpack


@final
@component
class Late(Recommender):
    """``sum_s w_s f(score_s)``: the same model fitted on each source of content alone, their opinions added.

    Scores are brought to one scale as `ensemble` does; the weights are chosen by NDCG@10 on held-out behaviour. An item
    that lacks a source gets the lowest opinion there, no opinion where it has none of them.

    Source: Snoek et al. 2005 (early against late fusion).

    Attributes:
        model: Name or specification of a recommender that ranks by content.
        weights: By the name of the encoder; None: chosen.
    """

    name: ClassVar[str] = "late"
    needs_vectors: ClassVar[bool] = True
    model: Part = Field(default_factory=lambda: built("content")[0])
    weights: dict[str, float] | None = None

    def __post_init__(self) -> None:
        self._models: dict[str, Recommender] = {}
        self._weights: Weights = np.empty(0)

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Fit a model a source; choose what each weighs."""
        if not given.features:
            raise BadSetting("Late fusion fits a model on each source of content, and there is none. Give an encoder.")
        names = sorted(given.features)
        _check(self.weights, names)
        held = None if given.validation is not None or self.weights is not None else hold_out(data, run.seed)
        if self.weights is not None:
            self._weights = np.array([self.weights.get(name, 0.0) for name in names])
        elif held is not None or given.validation is not None:
            part, validation = held or (data, given.validation)
            assert validation is not None
            self._fit(names, part, given, run)
            self._choose(part, validation, run)
        else:
            self._weights = np.ones(len(names))
        self._fit(names, data, given, run)

    def score(self, queries: Sequence[Query]) -> Scores:
        """Weighted sum of what the sources say."""
        if not self._models:
            raise NotFitted(self)
        return blended([model.score(queries) for model in self._models.values()], self._weights, "scores")

    def state(self) -> State:
        """Names, weights, and the arrays of every model."""
        if not self._models:
            raise NotFitted(self)
        names = np.frombuffer(json.dumps(list(self._models)).encode(), np.uint8).copy()
        return {**pack(self._models.values(), [True] * len(self._models)), "names": names, "weights": self._weights}

    def restore(self, state: State) -> None:
        """Take them back."""
        try:
            names = json.loads(bytes(np.asarray(array(state, "names"), np.uint8)))
        except ValueError as error:
            raise SavedError(f"The saved names of the sources are damaged ({error}). Fit it anew.") from error
        self._models = {name: RECOMMENDERS.build(spec_of(self.model)) for name in names}
        self._weights = array(state, "weights").astype(np.float64)
        unpack(self._models.values(), state)

    def _fit(self, names: Sequence[str], data: Dataset, given: Given, run: Run) -> None:
        assert given.features is not None
        self._models = {name: RECOMMENDERS.build(spec_of(self.model)) for name in names}
        for name, model in self._models.items():
            alone = replace(given, items=_vectors(given.features[name]), features={name: given.features[name]})
            learned([model], data, alone, run)

    def _choose(self, data: Dataset, validation: Dataset, run: Run) -> None:
        judge = judge_of(data, validation)
        self._weights = np.ones(len(self._models))
        if len(judge.users) and len(self._models) > 1:
            scores = [model.score(judge.asking) for model in self._models.values()]
            self._weights, figure = chosen(judge, scores, "scores")
            said = ", ".join(f"{name} {w:g}" for name, w in zip(self._models, self._weights, strict=True))
            run.say(f"Weights of the sources by held-out behaviour: {said} (NDCG@10 {figure:.4f}).")


def _vectors(found: Features) -> ItemVectors:
    """One source as item vectors of length 1."""
    norms = np.linalg.norm(found.vectors, axis=1, keepdims=True)
    known = found.present & (norms[:, 0] > 0)
    unit = np.where(known[:, None], found.vectors / np.maximum(norms, 1e-12), 0)
    return ItemVectors(unit.astype(np.float32), known)


def _check(weights: dict[str, float] | None, names: Sequence[str]) -> None:
    for name, weight in (weights or {}).items():
        if name not in names or weight < 0:
            raise BadSetting(f"The weight {weight:g} of {name!r}: sources are {', '.join(names)}, weights at least 0.")
    if weights is not None and sum(weights.values()) <= 0:
        raise BadSetting("All weights of the sources are 0. Give at least one a weight above 0.")
