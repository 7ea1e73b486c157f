"""Recommenders made of recommenders: which can speak, and their arrays side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator

from tastemaker.core import BadSetting, Run, TastemakerError
from tastemaker.core.run import Clock
from tastemaker.data import Dataset
from tastemaker.models.base import Given, Recommender, State, array
from tastemaker.models.catalog import RECOMMENDERS

LEAST = 0.1  # of a time budget for each model, however long those before it took

Part = Annotated[Recommender, BeforeValidator(RECOMMENDERS.coerce)]


def built(*specs: str | dict[str, Any]) -> list[Recommender]:
    """Recommenders from names or specifications."""
    return [RECOMMENDERS.build(spec) for spec in specs]


def learned(models: Sequence[Recommender], data: Dataset, given: Given, run: Run) -> list[bool]:
    """Fit each model; false for one that cannot, such as one that needs vectors where there are none.

    A time budget is for all of them: each has what is left, and a tenth of it at least.

    Raises:
        BadSetting: none can be fitted.
    """
    speaks, reasons = [], []
    clock = Clock(run.seconds)
    for model in models:
        reason = _refusal(model, data, given, replace(run, seconds=clock.least(LEAST)))
        speaks.append(reason is None)
        if reason is not None:
            run.say(f"note: {model.name} is passed over: {reason}")
            reasons.append(f"{model.name}: {reason}")
    if not any(speaks):
        raise BadSetting("None of the models can be fitted.\n  " + "\n  ".join(reasons))
    return speaks


def _refusal(model: Recommender, data: Dataset, given: Given, run: Run) -> str | None:
    if model.needs_vectors and given.items is None:
        return "it would need item vectors, and there are none"
    try:
        model.learn(data, given, run)
    except TastemakerError as error:
        return str(error).splitlines()[0]
    return None


def pack(models: Iterable[Recommender], speaks: Sequence[bool]) -> dict[str, NDArray[Any]]:
    """Arrays of every model that speaks, prefixed by its place."""
    parts = [(n, model) for n, model in enumerate(models) if speaks[n]]
    return {
        "speaks": np.array(speaks, bool),
        **{f"{n}.{key}": value for n, model in parts for key, value in model.state().items()},
    }


def unpack(models: Iterable[Recommender], state: State) -> list[bool]:
    """Hand each model its own arrays; gives back which speak."""
    speaks: list[bool] = array(state, "speaks").astype(bool).tolist()
    for n, (model, able) in enumerate(zip(models, speaks, strict=True)):
        if able:
            model.restore({k.split(".", 1)[1]: v for k, v in state.items() if k.startswith(f"{n}.")})
    return speaks
