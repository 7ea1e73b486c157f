"""How models bear harm to the data: NDCG of the test after each dose, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tastemaker.core import TastemakerError, spec_of
from tastemaker.data import Recommendations
from tastemaker.evaluation.catalog import METRICS
from tastemaker.evaluation.measured import Measured, plain, with_intervals
from tastemaker.learning.bench import OBJECTIVE, Bench, Ground
from tastemaker.learning.cost import metered
from tastemaker.learning.fakes import pushed
from tastemaker.learning.harms import Harm, harms
from tastemaker.learning.journal import Journal, Kept, ModelJournal
from tastemaker.models.catalog import RECOMMENDERS


@dataclass(frozen=True)
class Dose:
    """One point of a curve.

    Attributes:
        dose: How much harm.
        ndcg: Of the test users.
        change: Less that without harm, the same users; None at the first point.
        pushed: Share of the lists that hold the pushed item.
    """

    dose: float
    ndcg: Measured
    change: Measured | None
    pushed: float

    @property
    def kept(self) -> float:
        """Share of the figure without harm."""
        whole = self.ndcg.mean - (self.change.mean if self.change else 0.0)
        return self.ndcg.mean / whole if whole else float("nan")

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        change = None if self.change is None else self.change.to_json()
        out = {"dose": self.dose, "ndcg": self.ndcg.to_json(), "change": change}
        return {**out, "kept": plain(self.kept), "pushed": self.pushed}


@dataclass(frozen=True)
class Curve:
    """What one harm does to one model."""

    model: str
    harm: str
    said: str
    unit: str
    doses: tuple[Dose, ...]

    @property
    def whole(self) -> bool:
        """Whether it has one dose, which is all there is."""
        return not self.unit

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        named = {"model": self.model, "harm": self.harm, "said": self.said, "unit": self.unit}
        return {**named, "doses": [dose.to_json() for dose in self.doses]}


@dataclass(frozen=True)
class Enduring:
    """Harms and models; what is finished lies in the journal, and is not done again."""

    bench: Bench
    journal: Journal
    specs: Mapping[str, Any]

    def run(self, models: Sequence[str], kinds: Sequence[str]) -> tuple[list[Curve], dict[str, str]]:
        """A curve for each harm and model; why some models did not run."""
        found, curves, failed = list(harms(self.bench, kinds)), list[Curve](), dict[str, str]()
        for name in models:
            try:
                curves += [self._curve(name, harm) for harm in found]
            except TastemakerError as error:
                failed[name] = str(error).splitlines()[0]
                self.bench.run.say(f"{name} does not run: {failed[name]}")
        return curves, failed

    def _curve(self, name: str, harm: Harm) -> Curve:
        spec = spec_of(RECOMMENDERS.build(self.specs.get(name, name)))
        journal = self.journal.of(spec, {})
        lists = [self._lists(spec, harm, dose, journal) for dose in harm.doses]
        values = [
            METRICS.build({"name": OBJECTIVE, "k": self.bench.k}).measure(r, self._held, self._known) for r in lists
        ]
        columns = {f"{n}": each for n, each in enumerate(values)}
        changes = {f"{n}-": each - values[0] for n, each in enumerate(values) if n}
        measured = with_intervals(columns | changes, self.bench.run.seed)
        target = pushed(self._known, self.bench.run.seed)
        doses = tuple(
            Dose(dose, measured[f"{n}"], measured.get(f"{n}-"), _share(lists[n], target, self.bench.k))
            for n, dose in enumerate(harm.doses)
        )
        self.bench.run.say(f"{name}, {harm.said}: " + ", ".join(f"{d.dose:g}: {d.ndcg.mean:.4f}" for d in doses))
        return Curve(name, harm.name, harm.said, harm.unit, doses)

    def _lists(self, spec: dict[str, Any], harm: Harm, dose: float, journal: ModelJournal) -> Recommendations:
        place = "whole" if dose == harm.doses[0] else f"{harm.name}-{dose:g}"
        kept = journal.lists(place, spec)
        if kept is None:
            ground = self.bench.testing if place == "whole" else harm.ground(dose)
            kept = self._made(ground, spec)
            journal.keep_lists(place, spec, kept)
        return kept.recs

    def _made(self, ground: Ground, spec: dict[str, Any]) -> Kept:
        with metered() as fit:
            pipeline = ground.fitted(RECOMMENDERS.build(spec), self.bench.run)
        with metered() as answer:
            recs = ground.lists(pipeline, self.bench.k, self.bench.run)
        return Kept(recs, fit, answer)

    @property
    def _held(self) -> Any:
        return self.bench.testing.held

    @property
    def _known(self) -> Any:
        return self.bench.testing.known


def _share(recs: Recommendations, item: int, k: int) -> float:
    return float(np.mean((recs.items[:, :k] == item).any(axis=1)))
