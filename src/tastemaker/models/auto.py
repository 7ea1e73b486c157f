"""The model chooses itself: a ladder of models on held-out behaviour, the best or a blend of the best."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, final

import numpy as np
from annotated_types import Ge, Gt
from pydantic import Field

from tastemaker.core import NotFitted, Run, SavedError, TastemakerError, spec_of
from tastemaker.core.component import component
from tastemaker.core.run import Clock
from tastemaker.data import Dataset, Query
from tastemaker.data.held_out import hold_out
from tastemaker.models.base import Given, Recommender, Scores, Settles, State, array
from tastemaker.models.blending import chosen, judge_of
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.models.judging import Judge
from tastemaker.models.parts import Part, built

LADDER: tuple[dict[str, Any], ...] = (  # cheap ones first; what the time does not allow is left out
    {"name": "popular"},
    {"name": "item_knn", "decay": 0.5},
    {"name": "item_knn", "decay": 1.0},
    {"name": "rp3beta", "decay": 0.6},
    {"name": "rp3beta", "decay": 1.0},
    {"name": "content"},
    {"name": "session_knn"},
    {"name": "ease", "order": 0.7, "decay": 0.7, "reg": 100.0},
    {"name": "transformer"},
    {"name": "ease", "order": 0.9, "decay": 0.9, "reg": 300.0},
    {"name": "ease", "order": 0.0, "decay": 1.0, "dropout": 0.5},
    {"name": "als", "decay": 1.0, "zeros": 5.0, "reg": 0.05},
    {"name": "gru"},
)
BELOW = ("content", "popular")  # what speaks where the model that was kept has no opinion
LEAST = 0.2  # of it for learning anew, even where choosing took too long
SHARE = 0.5  # of the time budget for choosing; the rest is for learning anew from everything
TURN = 0.65  # of the time left for choosing that one model may take, where it can be told


Found = tuple[float, dict[str, Any], Scores]  # NDCG@10, specification, scores of the users asked for


def _ladder() -> list[Recommender]:
    return built(*LADDER)


@final
@component
class Auto(Recommender):
    """Fits a ladder of models on about 90 % of the events, asks the rest which is best, learns anew from all.

    The best `blend` models by NDCG@10 are blended too (`ensemble`); the blend is kept where it is better than the best
    by more than `gain`. What the model kept has no opinion on goes below, by content, then by popularity. Why is said
    to the progress lines. Models that cannot be fitted, that read an order where there is none, or that the budget
    leaves no time for, are passed over. Networks are stopped by the same held-out events, and learn anew for as many
    epochs.

    Attributes:
        models: Names or specifications, cheap ones first.
        budget: Seconds; ``Run.seconds`` goes before it.
        blend: Models in the blend at most, one of each name; 1 blends nothing.
        gain: What a blend must gain, as a share of the best model's NDCG@10.
    """

    name: ClassVar[str] = "auto"
    models: list[Part] = Field(default_factory=_ladder, min_length=1)
    budget: Annotated[float, Gt(0)] = 300.0
    blend: Annotated[int, Ge(1)] = 6
    gain: Annotated[float, Ge(0)] = 0.01

    def __post_init__(self) -> None:
        self._kept: Recommender | None = None

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Choose, then fit what was chosen on everything."""
        held = (data, given.validation) if given.validation is not None else hold_out(data, run.seed)
        budget = run.seconds or self.budget
        clock = Clock(budget)
        spec = self._choose(held, given, replace(run, seconds=SHARE * budget)) if held else _first(given)
        below = [name for name in BELOW if name != spec["name"]]
        kept = RECOMMENDERS.build({"name": "fallback", "models": [spec, *below]})
        kept.learn(data, given, replace(run, seconds=clock.least(LEAST)))
        self._kept = kept

    def score(self, queries: Sequence[Query]) -> Scores:
        """Scores of the model that was kept."""
        return self.kept.score(queries)

    @property
    def kept(self) -> Recommender:
        """The model that was kept, over content and popularity; raises `NotFitted`."""
        if self._kept is None:
            raise NotFitted(self)
        return self._kept

    def state(self) -> State:
        """What was kept, as a specification in bytes, and its arrays."""
        said = json.dumps(spec_of(self.kept)).encode()
        return {"kept": np.frombuffer(said, np.uint8).copy(), **{f"k.{n}": a for n, a in self.kept.state().items()}}

    def restore(self, state: State) -> None:
        """Take it back."""
        try:
            kept = RECOMMENDERS.build(json.loads(bytes(np.asarray(array(state, "kept"), np.uint8))))
        except (ValueError, TastemakerError) as error:
            raise SavedError(f"The saved choice cannot be built ({error}). Fit it anew.") from error
        kept.restore({key[2:]: value for key, value in state.items() if key.startswith("k.")})
        self._kept = kept

    def _choose(self, held: tuple[Dataset, Dataset], given: Given, run: Run) -> dict[str, Any]:
        """The specification of the best model, or of a blend of the best."""
        judge = judge_of(*held)
        found = self._climb(judge, held, given, run)
        if not found or not len(judge.users):
            return _first(given)
        found.sort(key=lambda entry: -entry[0])
        best = found[0]
        run.say("auto: " + ", ".join(f"{spec['name']} {figure:.4f}" for figure, spec, _ in found))
        some = _kinds(found)[: self.blend]
        weights, figure = chosen(judge, [scores for _, _, scores in some], "scores")
        if len(some) > 1 and figure > best[0] * (1 + self.gain):
            parts = [(spec, float(w)) for (_, spec, _), w in zip(some, weights, strict=True) if w > 0]
            run.say(f"auto keeps a blend of {len(parts)}: NDCG@10 {figure:.4f} on held-out events, best {best[0]:.4f}.")
            return {"name": "ensemble", "models": [p for p, _ in parts], "weights": [w for _, w in parts]}
        run.say(f"auto keeps {best[1]['name']}: NDCG@10 {best[0]:.4f} on held-out events, a blend {figure:.4f}.")
        return best[1]

    def _climb(self, judge: Judge, held: tuple[Dataset, Dataset], given: Given, run: Run) -> list[Found]:
        """What the models say, each opinion once: where there is no order, some settings come to the same."""
        clock = Clock(run.seconds)
        found: list[Found] = []
        for spec in map(spec_of, self.models):
            model = RECOMMENDERS.build(spec)  # freed after its turn: some are large
            if found and not clock.least(0):
                run.say(f"auto: no time left for {model.name} and what comes after it")
                break
            kept = _fitted(model, held, given, replace(run, seconds=clock.least(0)))
            if kept is None:
                continue
            scores = model.score(judge.asking)
            if not any(np.array_equal(scores, other, equal_nan=True) for _, _, other in found):
                found.append((judge.ndcg_of(scores), kept, scores))
        return found


def _fitted(model: Recommender, held: tuple[Dataset, Dataset], given: Given, run: Run) -> dict[str, Any] | None:
    """Learn from what was not held out; gives what to learn anew, None where it cannot be fitted."""
    data, validation = held
    if (model.needs_vectors and given.items is None) or (model.needs_order and data.clock == "none"):
        return None
    stopped = isinstance(model, Settles)
    seconds = run.seconds * TURN if stopped and run.seconds else run.seconds
    try:
        model.learn(data, replace(given, validation=validation if stopped else None), replace(run, seconds=seconds))
    except TastemakerError as error:
        run.say(f"auto passes {model.name} over: {str(error).splitlines()[0]}")
        return None
    return model.settled() if isinstance(model, Settles) else spec_of(model)


def _kinds(found: list[Found]) -> list[Found]:
    """The best of each name, best first: models of one kind err alike, and add little to each other."""
    firsts: dict[str, Found] = {}
    for entry in found:
        firsts.setdefault(entry[1]["name"], entry)
    return list(firsts.values())


def _first(given: Given) -> dict[str, Any]:
    """What is kept where there is too little behaviour to choose by."""
    return {"name": "content" if given.items is not None else "popular"}
