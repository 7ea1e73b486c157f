"""Settings of one model, chosen on the validation alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tastemaker.core import DataError, spec_of
from tastemaker.learning.bench import OBJECTIVE, Bench
from tastemaker.learning.cost import metered
from tastemaker.learning.journal import Journal, ModelJournal
from tastemaker.learning.limits import Limits, span
from tastemaker.learning.search import Trial, suggest
from tastemaker.models.base import Recommender
from tastemaker.models.catalog import RECOMMENDERS

Spec = Mapping[str, Any]


@dataclass(frozen=True)
class Tuned:
    """What the trials of one model found.

    Attributes:
        default: Its settings without tuning, with its name.
        trials: All of them, the default first.
        journal: Where its work lies.
    """

    default: Spec
    trials: tuple[Trial, ...]
    journal: ModelJournal

    @property
    def best(self) -> Trial:
        """The trial with the highest figure; the first of equal ones."""
        return max((t for t in self.trials if math.isfinite(t.value)), key=lambda trial: trial.value)

    @property
    def spec(self) -> dict[str, Any]:
        """Name and all settings of the best trial."""
        return {**self.default, **self.best.settings}

    @property
    def changed(self) -> dict[str, Any]:
        """The settings of the best trial that differ from the default."""
        return {name: value for name, value in self.best.settings.items() if value != self.default[name]}


def tune(bench: Bench, spec: Spec | str, limits: Limits, journal: Journal) -> Tuned:
    """Try settings of a model until a limit is reached; its default settings come first, then its `starts`.

    Trials that are in the journal count, with the time that they took. A model without a search space is tried
    with its default settings alone. A setting that fails is passed over.

    Raises:
        TastemakerError: the model cannot do with its default settings.
    """
    made = RECOMMENDERS.build(spec)
    default, space = spec_of(made), made.space
    own = journal.of(default, space)
    stored, done = own.trials(), list[Trial]()
    while limits.another(len(done), math.fsum(t.seconds for t in done)) and (space or not done):
        at = len(done)
        if at < len(stored):
            done.append(stored[at])
            continue
        settings = _next(made, default, done, bench.run.seed)
        done.append(_known(settings, done) or _try(bench, default, settings, at))
        own.keep_trial(done[-1])
        _say(bench, default["name"], done, limits)
    return Tuned(default, tuple(done), own)


def _next(model: Recommender, default: Spec, done: list[Trial], seed: int) -> dict[str, Any]:
    """The defaults, then the starts of the model, then what the search says."""
    first = ({}, *model.starts)
    if len(done) >= len(first):
        return suggest(model.space, done, seed)
    return {**{name: default[name] for name in model.space}, **first[len(done)]}


def _known(settings: Spec, done: list[Trial]) -> Trial | None:
    """The same settings again: their figure is known."""
    same = next((trial for trial in done if dict(trial.settings) == dict(settings)), None)
    return same and Trial(len(done), settings, same.value, 0.0, 0.0, same.error)


def _try(bench: Bench, default: Spec, settings: Spec, number: int) -> Trial:
    value, error = math.nan, ""
    with metered() as cost:
        try:
            value = bench.score(_built({**default, **settings}))
        except Exception as failure:
            if number == 0:
                raise
            error = f"{type(failure).__name__}: {failure}"
    if number == 0 and not math.isfinite(value):
        raise DataError("No user of the validation could be measured.")
    return Trial(number, settings, value, cost.seconds, cost.cpu, error)


def _built(spec: Spec) -> Recommender:
    return RECOMMENDERS.build(spec)


def _say(bench: Bench, name: str, done: list[Trial], limits: Limits) -> None:
    last, spent = done[-1], math.fsum(t.seconds for t in done)
    best = max((t.value for t in done if math.isfinite(t.value)), default=math.nan)
    found = f"{OBJECTIVE} {last.value:.4f} (best {best:.4f})" if not last.error else f"failed: {last.error}"
    of = "" if limits.seconds is None else f" of {span(limits.seconds)}"
    bench.run.say(f"{name}: trial {len(done)}/{limits.trials}: {found}, {span(spent)}{of}")
