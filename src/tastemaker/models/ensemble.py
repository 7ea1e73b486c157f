"""Several models, one list: their opinions are added with weights that held-out behaviour chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, ClassVar, Literal, final

import numpy as np
from annotated_types import Ge
from pydantic import Field

from tastemaker.core import BadSetting, NotFitted, Run
from tastemaker.core.component import component
from tastemaker.data import Dataset, Query
from tastemaker.data.held_out import hold_out
from tastemaker.models.base import Given, Recommender, Scores, State, array
from tastemaker.models.blending import Weights, blended, chosen, judge_of, strange
from tastemaker.models.parts import Part, built, learned, pack, unpack


@final
@component
class Ensemble(Recommender):
    """``sum_m w_m f(score_m)``: the opinions of several models on one scale, added.

    Without `weights` these are chosen by NDCG@10 on held-out behaviour: the validation data where they are given,
    else about 10 % of the events; then all models learn from everything. Models that cannot be fitted are passed
    over. An item gets no opinion where no model with a weight has one.

    Source: Cormack et al. 2009 (reciprocal rank fusion); "scores" is CombSUM of standard scores (Fox & Shaw 1994).

    Attributes:
        models: Names or specifications of recommenders.
        how: "scores" adds standardised scores, "ranks" adds ``1 / (60 + rank)``.
        weights: One a model; None: chosen.
        strangers: The same for those of whose likes nothing is known; None: as for all.
    """

    name: ClassVar[str] = "ensemble"
    models: list[Part] = Field(default_factory=lambda: built("ease", "item_knn", "content"), min_length=1)
    how: Literal["scores", "ranks"] = "scores"
    weights: list[Annotated[float, Ge(0)]] | None = None
    strangers: list[Annotated[float, Ge(0)]] | None = None

    def __post_init__(self) -> None:
        self._speaks: list[bool] = []
        self._weights: Weights = np.empty(0)
        for given in (self.weights, self.strangers):
            if given is not None and (len(given) != len(self.models) or sum(given) <= 0):
                raise BadSetting(f"An ensemble of {len(self.models)} models got the weights {given}; one a model.")

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Choose the weights, then fit each model."""
        held = None if given.validation is not None or self.weights is not None else hold_out(data, run.seed)
        if held is not None:
            speaks = learned(self.models, held[0], given, run)
            self._choose(speaks, held[0], replace(given, validation=held[1]), run)
        self._speaks = learned(self.models, data, given, run)
        if held is None:
            self._choose(self._speaks, data, given, run)

    def score(self, queries: Sequence[Query]) -> Scores:
        """Weighted sum of what the models say."""
        if not self._speaks:
            raise NotFitted(self)
        if self.strangers is None or not (new := strange(queries)).any():
            return self._blend(queries, self._weights)
        of_new = self._blend([queries[n] for n in np.flatnonzero(new).tolist()], np.array(self.strangers))
        out = np.empty((len(queries), of_new.shape[1]), np.float32)
        out[new] = of_new
        if not new.all():
            out[~new] = self._blend([queries[n] for n in np.flatnonzero(~new).tolist()], self._weights)
        return out

    def state(self) -> State:
        """Weights, and the arrays of every model."""
        if not self._speaks:
            raise NotFitted(self)
        return {**pack(self.models, self._speaks), "weights": self._weights}

    def restore(self, state: State) -> None:
        """Take them back."""
        self._weights = array(state, "weights").astype(np.float64)
        self._speaks = unpack(self.models, state)

    def _blend(self, queries: Sequence[Query], weights: Weights) -> Scores:
        used = [(m, w) for m, w, s in zip(self.models, weights, self._speaks, strict=True) if s and w > 0]
        if not used:  # those with a weight could not be fitted
            used = [(m, 1.0) for m, s in zip(self.models, self._speaks, strict=True) if s]
        return blended([m.score(queries) for m, _ in used], np.array([w for _, w in used]), self.how)

    def _choose(self, speaks: list[bool], data: Dataset, given: Given, run: Run) -> None:
        """Weights as set, or chosen by the validation data, or equal."""
        self._weights = np.array(self.weights or np.ones(len(self.models)), np.float64) * speaks
        if self.weights is not None or given.validation is None or sum(speaks) < 2:
            return
        judge = judge_of(data, given.validation)
        if len(judge.users):
            able = [m for m, s in zip(self.models, speaks, strict=True) if s]
            found, figure = chosen(judge, [model.score(judge.asking) for model in able], self.how)
            self._weights[np.array(speaks)] = found
            said = ", ".join(f"{m.name} {w:g}" for m, w in zip(able, found, strict=True))
            run.say(f"Weights by held-out behaviour: {said} (NDCG@10 {figure:.4f}).")
