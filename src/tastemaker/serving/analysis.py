"""What an experiment has shown so far, and what follows. It may be asked every day: all intervals hold at all times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tastemaker.core import DataError
from tastemaker.evaluation.sequential import Interval, Mean, compare, mismatch, ratio, sums_of
from tastemaker.serving.experiments import LOWER, Experiment, Guardrail
from tastemaker.serving.outcomes import DAY, Log, Units, coverage, outcomes, units_of
from tastemaker.storage.base import Event, Shown

MISMATCHED = 0.01
KEEP_ON, SHIP, HARM = "keep on", "ship", "stop: harm"
BROKEN, NOTHING = "stop: arms are not as planned", "stop: nothing found"


@dataclass(frozen=True)
class Figure:
    """A metric of an arm beside the control.

    Attributes:
        metric: Its name.
        arm: Which arm.
        control: The control's mean.
        value: The arm's.
        difference: The arm's less the control's, at all looks together.
    """

    metric: str
    arm: str
    control: float
    value: float
    difference: Interval

    @property
    def relative(self) -> float:
        """The difference as a share of the control's mean; nan where that is 0."""
        return self.difference.mean / self.control if self.control else float("nan")

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        numbers = {name: _plain(getattr(self, name)) for name in ("control", "value", "relative")}
        return {"metric": self.metric, "arm": self.arm, **numbers, "difference": self.difference.to_json()}

    def line(self) -> str:
        """One line."""
        d = self.difference
        return (
            f"  {self.metric:14} {self.arm}: {self.value:.5g}, control {self.control:.5g}, "
            f"difference {d.mean:+.4g} [{d.low:+.4g}, {d.high:+.4g}] ({self.relative:+.1%}), p {d.p:.3g}"
        )


@dataclass(frozen=True)
class Verdict:
    """What follows for an arm.

    Attributes:
        arm: Which.
        decision: "keep on", "ship", "stop: harm", "stop: nothing found" or "stop: arms are not as planned".
        why: In words.
    """

    arm: str
    decision: str
    why: str


@dataclass(frozen=True)
class Analysis:
    """The answer of `analyse`.

    Attributes:
        experiment: Its name.
        days: Since its first list.
        units: By arm.
        crossed: Units left out because they were under several arms.
        mismatch: Always-valid p value of "units fell to the arms as planned".
        figures: Of the experiment's metrics and guardrails, for each arm but the control.
        coverage: Share of the items by arm, at equal numbers of lists; it is no mean of units and has no interval.
        verdicts: One an arm but the control.
    """

    experiment: str
    days: float
    units: Mapping[str, int]
    crossed: int
    mismatch: float
    figures: tuple[Figure, ...]
    coverage: Mapping[str, float]
    verdicts: tuple[Verdict, ...]

    @property
    def verdict(self) -> Verdict:
        """That of the arm to act on: the best of those to ship, else one that harms, else the first."""
        value = {figure.arm: abs(figure.relative) for figure in reversed(self.figures)}
        ship = [verdict for verdict in self.verdicts if verdict.decision == SHIP]
        harm = [verdict for verdict in self.verdicts if verdict.decision == HARM]
        return max(ship, key=lambda v: value[v.arm]) if ship else (harm or self.verdicts)[0]

    @property
    def decision(self) -> str:
        """Of `verdict`."""
        return self.verdict.decision

    def text(self) -> str:
        """For the terminal."""
        units = ", ".join(f"{arm} {n}" for arm, n in self.units.items())
        crossed = f"; {self.crossed} under several arms left out" if self.crossed else ""
        shares = ", ".join(f"{arm} {share:.1%}" for arm, share in self.coverage.items())
        return "\n".join(
            [
                f"experiment {self.experiment}, day {self.days:.1f}: {self.decision}",
                *(f"  {verdict.arm}: {verdict.decision} ({verdict.why})" for verdict in self.verdicts),
                f"units: {units} (as planned: p {self.mismatch:.3g}){crossed}",
                "always-valid intervals of differences to the control:",
                *(figure.line() for figure in self.figures),
                f"coverage at equal numbers of lists: {shares}",
            ]
        )

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "kind": "experiment",
            "experiment": self.experiment,
            "decision": self.decision,
            "days": self.days,
            "units": dict(self.units),
            "crossed": self.crossed,
            "mismatch": self.mismatch,
            "figures": [figure.to_json() for figure in self.figures],
            "coverage": dict(self.coverage),
            "verdicts": [{"arm": v.arm, "decision": v.decision, "why": v.why} for v in self.verdicts],
        }


def analyse(
    experiment: Experiment,
    shown: Sequence[Shown],
    events: Sequence[Event],
    now: float | None = None,
    prices: Mapping[str, float] | None = None,
) -> Analysis:
    """Join outcomes to lists, compare each arm with the control and decide.

    * ship: the first metric is better for certain, and no guardrail can be harmed beyond what is tolerated;
    * stop, harm: the first metric is worse for certain, or a guardrail is harmed by more than is tolerated;
    * stop, arms are not as planned: shares of units cannot be chance, so that nothing else can be trusted;
    * stop, nothing found: its time is over; else keep on.

    With several arms each has its share of `alpha` (Bonferroni). Further metrics are told, and decide nothing.

    Args:
        experiment: As it is kept.
        shown: Lists, at least those since it began; of other experiments or none among them.
        events: Since then.
        now: What is later does not count; None takes the latest time there is.
        prices: By item, for revenue as price times value; None: the value of a purchase alone.

    Raises:
        DataError: no list names an arm of the experiment.
    """
    times = [*(one.time for one in shown), *(event.time for event in events)]
    latest = max(times, default=0.0) if now is None else now
    log = Log(shown, events, latest, prices)
    units = units_of(experiment, log)
    if not len(units.arm):
        raise DataError(
            f"No list names an arm of experiment {experiment.name!r} ({', '.join(experiment.arms)}) while it ran."
        )
    counts = np.bincount(units.arm, minlength=len(units.arms)).tolist()
    found = _Found(experiment, _means(experiment, units, log))
    p = mismatch(counts, [experiment.arms[arm] for arm in units.arms])
    treated = [arm for arm in experiment.arms if arm != experiment.control]
    return Analysis(
        experiment.name,
        float(latest - units.first.min()) / DAY,
        dict(zip(units.arms, counts, strict=True)),
        units.crossed,
        p,
        tuple(found.figure(metric, arm) for metric in found.metrics for arm in treated),
        coverage(units),
        tuple(found.verdict(arm, p, latest) for arm in treated),
    )


def _means(experiment: Experiment, units: Units, log: Log) -> dict[tuple[str, str], Mean]:
    """By metric and arm, over the units that have any denominator."""
    found = {}
    for metric, pairs in outcomes(experiment, units, log).items():
        for at, arm in enumerate(units.arms):
            own = (units.arm == at) & (pairs.x > 0)
            found[metric, arm] = ratio(sums_of(pairs.y[own], pairs.x[own]))
    return found


@dataclass(frozen=True)
class _Found:
    """Means of an experiment, and what they say."""

    experiment: Experiment
    means: Mapping[tuple[str, str], Mean]

    @property
    def metrics(self) -> tuple[str, ...]:
        """Those of the experiment, then those of guardrails alone."""
        return tuple(dict.fromkeys([*self.experiment.metrics, *(g.metric for g in self.experiment.guardrails)]))

    def interval(self, metric: str, arm: str, kept: float = 1.0) -> Interval:
        """Of the arm less `kept` times the control."""
        one = self.experiment
        treated, control = self.means[metric, arm], self.means[metric, one.control]
        return compare(treated, control, effect=one.effect, alpha=one.alpha / (len(one.arms) - 1), kept=kept)

    def figure(self, metric: str, arm: str) -> Figure:
        """Beside the control."""
        control, value = (float(self.means[metric, name].mean) for name in (self.experiment.control, arm))
        return Figure(metric, arm, control, value, self.interval(metric, arm))

    def verdict(self, arm: str, p: float, now: float) -> Verdict:
        """What follows for an arm."""
        first = self.experiment.metrics[0]
        low, high = _upwards(self.interval(first, arm), first not in LOWER)
        rails = {g.metric: self._rail(g, arm) for g in self.experiment.guardrails}
        harmed = [metric for metric, (_, most) in rails.items() if most < 0]
        open_ = [metric for metric, (least, _) in rails.items() if least < 0]
        if p < MISMATCHED:
            return Verdict(arm, BROKEN, f"p {p:.2g}: find out where units got lost before anything is believed")
        if harmed or high < 0:
            return Verdict(arm, HARM, f"{', '.join(harmed or [first])} suffers")
        if low > 0 and not open_:
            return Verdict(arm, SHIP, f"{first} is better, and no guardrail suffers")
        why = f"{first} is better, but {', '.join(open_)} may suffer" if low > 0 else f"{first} may be as before"
        return Verdict(arm, KEEP_ON if self.experiment.runs(now) else NOTHING, why)

    def _rail(self, rail: Guardrail, arm: str) -> tuple[float, float]:
        """Least and most that is left above the harm that is tolerated."""
        up = rail.direction == "up"
        return _upwards(self.interval(rail.metric, arm, 1 - rail.harm if up else 1 + rail.harm), up)


def _upwards(interval: Interval, up: bool) -> tuple[float, float]:
    """Its ends, such that more is better."""
    return (interval.low, interval.high) if up else (-interval.high, -interval.low)


def _plain(value: float) -> float | None:
    return value if np.isfinite(value) else None
