"""The next settings to try: a tree-structured Parzen estimator over those that were tried."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tastemaker.core import MissingExtra, generator
from tastemaker.core.space import Choice, Range, SearchSpace, Value


@dataclass(frozen=True)
class Trial:
    """One setting that was tried.

    Attributes:
        number: 0 for the default settings.
        settings: Values of the settings in the space.
        value: Validation figure; nan where the fit failed.
        seconds: Wall time of fitting and measuring.
        cpu: Processor seconds of it.
        error: Why it failed; "" where it did not.
    """

    number: int
    settings: Mapping[str, Any]
    value: float
    seconds: float
    cpu: float
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values; a failed trial has no value."""
        return {**vars(self), "settings": dict(self.settings), "value": None if math.isnan(self.value) else self.value}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Trial:
        """What `to_json` gave."""
        return cls(**{**plain, "value": math.nan if plain["value"] is None else plain["value"]})


def suggest(space: SearchSpace, past: Sequence[Trial], seed: int) -> dict[str, Value]:
    """Settings for the next trial, made from the past and the seed alone, so that a stopped search goes on alike.

    The first ten are random. Past settings outside the space (defaults may be) teach nothing.

    Source: Bergstra et al. 2011, "Algorithms for hyper-parameter optimization" (TPE).

    Raises:
        MissingExtra: Optuna is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingExtra("optuna", "tune") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    draw = int(generator(seed, f"trial {len(past)}").integers(2**31))
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=draw))
    every = {name: _distribution(values) for name, values in space.items()}
    for trial in past:
        if math.isfinite(trial.value) and all(trial.settings[name] in space[name] for name in space):
            known = {name: trial.settings[name] for name in space}
            study.add_trial(optuna.trial.create_trial(params=known, distributions=every, value=trial.value))
    return {name: cast(Value, value) for name, value in study.ask(every).params.items()}


def _distribution(values: Range | Choice) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(values, Choice):
        return CategoricalDistribution(values.values)
    if values.whole:
        return IntDistribution(int(values.low), int(values.high), log=values.log)
    return FloatDistribution(values.low, values.high, log=values.log)
