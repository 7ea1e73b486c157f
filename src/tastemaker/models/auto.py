"""The model chooses itself: a ladder of models on held-out behaviour, the best or a blend of the best."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Self, final

import numpy as np
from annotated_types import Ge, Gt
from pydantic import BeforeValidator, Field

from tastemaker.core import NotFitted, Run, SavedError, TastemakerError, spec_of
from tastemaker.core.component import component
from tastemaker.core.run import Clock
from tastemaker.data import Dataset, Query
from tastemaker.data.held_out import Asked, entered_at_once, hold_out
from tastemaker.data.join import join
from tastemaker.models.base import Given, Recommender, Scores, Settles, State, array
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.models.choosing import Choice, Panel, Tried, joined
from tastemaker.models.parts import Part, built

LADDER: tuple[dict[str, Any], ...] = (  # cheap ones first; what the time does not allow is left out
    {"name": "popular"},
    {"name": "popular", "half_life": 5.0},
    {"name": "popular", "half_life": None},
    {"name": "item_knn", "decay": 0.5},
    {"name": "item_knn", "decay": 1.0},
    {"name": "user_knn", "decay": 1.0},
    {"name": "rp3beta", "decay": 0.6},
    {"name": "rp3beta", "decay": 1.0},
    {"name": "content"},
    {"name": "session_knn"},
    {"name": "ease", "order": 0.0, "decay": 1.0, "dropout": 0.5},
    {"name": "ease", "order": 0.7, "decay": 0.7, "reg": 100.0},
    {"name": "als", "decay": 1.0},
    {"name": "als", "decay": 1.0, "zeros": 5.0, "reg": 0.05},
    {"name": "transformer"},
    {"name": "ease", "order": 0.0, "decay": 1.0, "dropout": 0.5, "content": 30.0},
    {"name": "ease", "order": 0.9, "decay": 0.9, "reg": 300.0},
    {"name": "gru"},
    {"name": "two_tower"},
)
BELOW = ("content", "popular")  # what speaks where the model that was kept has no opinion
ORDERED: tuple[Asked, ...] = ("future", "any", "last", "time")  # what is asked there comes after what is known
LEAST = 0.2  # of it for learning anew, even where choosing took too long
SHARE = 0.5  # of the time budget for choosing; the rest is for learning anew from everything
TURN = 0.65  # of the time left for choosing that one model may take, where it can be told

Held = tuple[Dataset, Dataset]


def _ladder() -> list[Recommender]:
    return built(*LADDER)


@final
@component
class Auto(Recommender):
    """Fits a ladder of models on part of the events, asks the rest which is best, learns anew from all.

    What is held out is like what will be asked: the validation data where they are given, else by `asked`. To the best
    model by NDCG@10 others are added (`ensemble`), what helps most first, `blend` models at most; the blend is kept
    where it is better than the best by more than `gain`. For users of whose likes nothing is known the same is chosen
    apart. What the model kept has no opinion on goes below, by content, then by popularity. Why is said to the progress
    lines. Models that cannot be fitted, networks that read an order where none is asked for, or what the budget leaves
    no time for, are passed over. Networks are stopped by the same held-out events, and learn anew for as many epochs.

    Attributes:
        models: Names or specifications, cheap ones first.
        asked: What lists will be for. "future": what known users take next, and what new users take; "last": the one
            that known users take next; "time": all that comes after a moment; "random": what is missing, wherever it
            stands; "any": both what comes next and what is missing; "cold_users", "cold_items": users or items without
            behaviour. None: "any" where most events stand within half a minute of the one before (their order may be
            that of a form), else "future"; where validation data are given, they say it.
        budget: Seconds; ``Run.seconds`` goes before it.
        blend: Models in the blend at most; 1 blends nothing.
        gain: What a blend must gain, as a share of the best model's NDCG@10.
        chosen: What was chosen before (see `decided`): it is learned, and nothing is chosen.
    """

    name: ClassVar[str] = "auto"
    models: list[Part] = Field(default_factory=_ladder, min_length=1)
    asked: Asked | None = None
    budget: Annotated[float, Gt(0)] = 300.0
    blend: Annotated[int, Ge(1)] = 6
    gain: Annotated[float, Ge(0)] = 0.01
    chosen: Annotated[Recommender | None, BeforeValidator(RECOMMENDERS.coerce)] = None

    def __post_init__(self) -> None:
        self._kept: Recommender | None = None

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Choose, then fit what was chosen on everything."""
        budget = run.seconds or self.budget
        clock = Clock(budget)
        if self.chosen is None:
            asked = self._question(data, given)
            held = _held(data, given, asked, run)
            spec = self._choose(held, given, asked, replace(run, seconds=SHARE * budget))
        else:
            spec = spec_of(self.chosen)
        known = data if given.validation is None else join(data, given.validation)
        kept = RECOMMENDERS.build(spec)
        kept.learn(known, replace(given, validation=None), replace(run, seconds=clock.least(LEAST)))
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

    def decided(self) -> Self:
        """One that learns what this one kept, and chooses nothing; raises `NotFitted`."""
        return replace(self, chosen=RECOMMENDERS.build(spec_of(self.kept)))

    def asking(self, asked: Asked | None) -> Self:
        """One that is not fitted and chooses by `asked`, where its settings do not say what lists are for."""
        return replace(self, asked=self.asked or asked)

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

    def _question(self, data: Dataset, given: Given) -> Asked:
        """What lists are for: as set, else what the validation or the data suggest."""
        if given.validation is not None:
            return "future" if self.asked in (None, "any") else self.asked
        return self.asked or ("any" if entered_at_once(data) else "future")

    def _choose(self, held: Held | None, given: Given, asked: Asked, run: Run) -> dict[str, Any]:
        """What is kept, over what speaks where it has no opinion."""
        first, popular = map(_alone, ("content" if given.items is not None else "popular", "popular"))
        known, strangers = (None, None) if held is None else self._climbed(held, given, asked, run)
        if known is not None:
            run.say(f"auto, for those who are known: {known.said}")
        if strangers is not None:
            run.say(f"auto, for strangers: {strangers.said}")
        spec = joined(known or first, strangers or popular)
        below = [name for name in BELOW if name != spec["name"]]
        return {"name": "fallback", "models": [spec, *below]}

    def _climbed(self, held: Held, given: Given, asked: Asked, run: Run) -> tuple[Choice | None, Choice | None]:
        """Fit one model after the other, as long as there is time, and choose."""
        clock = Clock(run.seconds)
        tried = Tried(Panel.of(held, given, asked))
        for spec in map(spec_of, self.models):
            model = RECOMMENDERS.build(spec)  # freed after its turn: some are large
            if tried.some and not clock.least(0):
                run.say(f"auto: no time left for {model.name} and what comes after it")
                break
            if model.needs_order and (held[0].clock == "none" or asked not in ORDERED):
                continue
            kept = _fitted(model, held, given, replace(run, seconds=clock.least(0)))
            if kept is not None:
                tried.add(model, kept)
        return tried.chosen(self.blend, self.gain)


def _held(data: Dataset, given: Given, asked: Asked, run: Run) -> Held | None:
    """What to learn from and what to choose by; known users go on where the validation holds strangers alone."""
    if given.validation is None:
        return hold_out(data, run.seed, asked)
    known = np.isin(given.validation.interactions.user, data.interactions.user)
    more = None if known.any() else hold_out(data, run.seed, None if asked in ORDERED else "random")
    return (data, given.validation) if more is None else (more[0], join(more[1], given.validation))


def _alone(name: str) -> Choice:
    """What is kept where there is too little behaviour to choose by."""
    return Choice(((spec_of(RECOMMENDERS.build(name)), 1.0),), "")


def _fitted(model: Recommender, held: Held, given: Given, run: Run) -> dict[str, Any] | None:
    """Learn from what was not held out; gives what to learn anew, None where it cannot be fitted."""
    data, validation = held
    if model.needs_vectors and given.items is None:
        return None
    stopped = isinstance(model, Settles)
    seconds = run.seconds * TURN if stopped and run.seconds else run.seconds
    try:
        model.learn(data, replace(given, validation=validation if stopped else None), replace(run, seconds=seconds))
    except TastemakerError as error:
        run.say(f"auto passes {model.name} over: {str(error).splitlines()[0]}")
        return None
    return model.settled() if isinstance(model, Settles) else spec_of(model)
