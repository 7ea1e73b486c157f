"""Many models on equal terms: each tuned on validation, refitted, and shown the test once a seed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import TastemakerError
from tastemaker.evaluation.measured import Measured
from tastemaker.evaluation.report import Report
from tastemaker.evaluation.seeds import average, overlap
from tastemaker.evaluation.significance import Difference, against
from tastemaker.learning.bench import Bench, Ground
from tastemaker.learning.board import Entry
from tastemaker.learning.cost import Cost, metered, watt_hours
from tastemaker.learning.families import CONTENT, SIMPLE, family_of
from tastemaker.learning.journal import Journal, Kept
from tastemaker.learning.limits import Limits, span
from tastemaker.learning.stress import LAST, Guests, half_without, sources
from tastemaker.learning.tuning import Tuned, tune
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline

TESTED = ("ndcg", "recall", "hit")
GUESTS = f"guests with their last {LAST} events"
WITHOUT = "without-"


@dataclass
class Comparing:
    """A comparison while it runs.

    Attributes:
        bench: The split, with what all models share.
        limits: Tuning of each model.
        seeds: Training seeds; each is shown the test once.
        journal: Where finished work lies.
        specs: Settings of models that are not tried with their defaults, by name.
    """

    bench: Bench
    limits: Limits
    seeds: Sequence[int]
    journal: Journal
    specs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._halves: dict[str, Ground] = {}

    def run(self, names: Sequence[str]) -> tuple[list[Entry], dict[str, str]]:
        """An entry for each model that ran, the highest NDCG first; why the others did not."""
        entries, failed, start = [], dict[str, str](), time.perf_counter()
        for at, name in enumerate(names):
            self.bench.run.say(f"[{at + 1}/{len(names)}] {name}{_left(at, len(names), time.perf_counter() - start)}")
            try:
                entries.append(self._entry(name))
            except Exception as error:  # one model must not take the others with it
                failed[name] = _reason(error)
                self.bench.run.say(f"{name} does not run: {failed[name]}")
        return sorted(entries, key=lambda entry: -entry.report["ndcg"]), failed

    def _entry(self, name: str) -> Entry:
        tuned = tune(self.bench, self.specs.get(name, name), self.limits, self.journal)
        kept = [self._tested(tuned, seed) for seed in self.seeds]
        reports = [self.bench.measured(each["lists"].recs).named(name) for each in kept]
        whole = [each["lists"] for each in kept]
        stress = {what: found for what, found in kept[0].items() if what != "lists"}
        every = [*whole, *stress.values()]
        cpu = math.fsum([*(t.cpu for t in tuned.trials), *(k.fit.cpu + k.answer.cpu for k in every)])
        return Entry(
            name=name,
            family=family_of(name),
            spec=tuned.spec,
            changed=tuned.changed,
            validation=tuned.best.value,
            default=tuned.trials[0].value,
            trials=len(tuned.trials),
            report=average(reports, self.bench.run.seed),
            spread=_spread(reports),
            stability=overlap([each.recs for each in whole], self.bench.k),
            fit_seconds=float(np.mean([k.fit.seconds for k in whole])),
            answer_ms=float(np.mean([1000 * k.answer.seconds / len(k.recs.users) for k in whole])),
            memory=max(max(k.fit.memory, k.answer.memory) for k in whole),
            tuning_seconds=math.fsum(t.seconds for t in tuned.trials),
            energy=watt_hours(cpu),
            stress={_said(what): self.bench.measured(each.recs).named(name) for what, each in stress.items()},
        )

    def _tested(self, tuned: Tuned, seed: int) -> dict[str, Kept]:
        """Lists of one seed, and with the first seed those where less is known; what is there is not made again."""
        fitted = cache(lambda: self._fitted(self.bench.testing, tuned, seed))
        wanted = ["lists", *(self._stress(tuned.spec["name"]) if seed == self.seeds[0] else ())]
        done = {}
        for what in wanted:
            place = f"seed-{seed}-{what}"
            kept = tuned.journal.lists(place, tuned.spec)
            if kept is None:
                kept = self._made(what, tuned, seed, fitted)
                tuned.journal.keep_lists(place, tuned.spec, kept)
                self.bench.run.say(f"{tuned.spec['name']}: seed {seed}, {_said(what)}: {span(kept.answer.seconds)}")
            done[what] = kept
        return done

    def _made(self, what: str, tuned: Tuned, seed: int, fitted: Callable[[], tuple[Pipeline, Cost]]) -> Kept:
        ground = self._half(what.removeprefix(WITHOUT)) if what.startswith(WITHOUT) else self.bench.testing
        pipeline, fit = self._fitted(ground, tuned, seed) if what.startswith(WITHOUT) else fitted()
        asked = Guests(pipeline) if what == "guests" else pipeline
        with metered() as answer:
            recs = ground.lists(asked, self.bench.depth, self.bench.seeded(seed))
        return Kept(recs, Cost() if what == "guests" else fit, answer)

    def _fitted(self, ground: Ground, tuned: Tuned, seed: int) -> tuple[Pipeline, Cost]:
        with metered() as fit:
            pipeline = ground.fitted(RECOMMENDERS.build(tuned.spec), self.bench.seeded(seed))
        return pipeline, fit

    def _half(self, source: str) -> Ground:
        if source not in self._halves:
            self._halves[source] = self.bench.with_features(
                half_without(self.bench.features, source, self.bench.run.seed)
            )
        return self._halves[source]

    def _stress(self, name: str) -> list[str]:
        """What is taken away from a model."""
        return ["guests", *(f"{WITHOUT}{source}" for source in sources(self.bench.features) if name in CONTENT)]


def baseline(entries: Sequence[Entry]) -> str:
    """The simple model with the highest validation figure; "" where there is none."""
    simple = [entry for entry in entries if entry.name in SIMPLE]
    return max(simple, key=lambda entry: entry.validation).name if simple else ""


def differences(entries: Sequence[Entry], base: str, seed: int) -> dict[str, tuple[Difference, ...]]:
    """Each model less the baseline on the same test users, by metric; p values corrected for all models."""
    values = {entry.name: entry.report.measures for entry in entries}
    if base not in values:
        return {}
    return {
        metric: tuple(
            against(
                _values(values[base][metric]),
                {name: _values(found[metric]) for name, found in values.items() if name != base},
                seed,
            )
        )
        for metric in TESTED
    }


def _values(found: Measured) -> NDArray[np.float64]:
    return np.empty(0) if found.values is None else found.values


def _said(what: str) -> str:
    """A part of the work for people."""
    return {"lists": "test lists", "guests": GUESTS}.get(what, f"half of the items {what.replace('-', ' ')}")


def _spread(reports: Sequence[Report]) -> dict[str, float]:
    if len(reports) < 2:
        return {}
    return {name: float(np.std([r[name] for r in reports], ddof=1)) for name in reports[0].measures}


def _left(done: int, every: int, spent: float) -> str:
    """Such as ``, about 3:20 min left``; nothing before the first is done."""
    return f", about {span(spent / done * (every - done))} left" if done else ""


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if isinstance(error, TastemakerError) else f"{type(error).__name__}: {text}"
