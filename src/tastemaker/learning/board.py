"""What a comparison found: one entry a model, how they differ, and what could not run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tastemaker.evaluation.measured import plain
from tastemaker.evaluation.report import Report
from tastemaker.evaluation.significance import Difference
from tastemaker.learning.cost import WATTS

FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """One model: its chosen settings, figures over all seeds, and what it cost.

    Attributes:
        name: In the catalog.
        family: The way of recommending that it stands for; "" none.
        spec: Name and all settings that were chosen.
        changed: Chosen settings that differ from the default.
        validation: Figure by which they were chosen.
        default: That of the default settings.
        trials: How many were tried.
        report: Means over the seeds; users are resampled for its intervals.
        spread: Standard deviation over the seeds by metric; empty with one seed.
        stability: Mean overlap of the lists of two seeds, in [0, 1]; nan with one seed.
        fit_seconds: Wall time of one fit on training and validation, mean over seeds.
        answer_ms: Wall time of one list, milliseconds, mean over seeds.
        memory: Highest resident memory of the process meanwhile, MB.
        tuning_seconds: Wall time of all trials.
        energy: Estimate over tuning, fits and lists, Wh.
        stress: Reports of the first seed with less known, by what is missing.
    """

    name: str
    family: str
    spec: Mapping[str, Any]
    changed: Mapping[str, Any]
    validation: float
    default: float
    trials: int
    report: Report
    spread: Mapping[str, float]
    stability: float
    fit_seconds: float
    answer_ms: float
    memory: float
    tuning_seconds: float
    energy: float
    stress: Mapping[str, Report] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        numbers = (
            "validation",
            "default",
            "stability",
            "fit_seconds",
            "answer_ms",
            "memory",
            "tuning_seconds",
            "energy",
        )
        return {
            "name": self.name,
            "family": self.family,
            "spec": dict(self.spec),
            "changed": dict(self.changed),
            "trials": self.trials,
            **{name: plain(getattr(self, name)) for name in numbers},
            "report": self.report.to_json(),
            "spread": {name: plain(value) for name, value in self.spread.items()},
            "stress": {what: report.to_json() for what, report in self.stress.items()},
        }


@dataclass(frozen=True)
class Board:
    """A leaderboard.

    Attributes:
        title: Headline.
        command: What makes it again.
        facts: What was read and how it was cut, by label.
        entries: One a model that ran, the highest test NDCG first.
        failed: Why the others did not run.
        baseline: The simple model that chose itself by validation; "" where none ran.
        differences: By metric, all other models less the baseline.
        seeds: Training seeds.
        limits: Tuning that each model had, in words.
        notes: Sentences under the table.
    """

    title: str
    command: str
    facts: Mapping[str, Any]
    entries: tuple[Entry, ...]
    failed: Mapping[str, str]
    baseline: str
    differences: Mapping[str, tuple[Difference, ...]]
    seeds: tuple[int, ...]
    limits: str
    notes: tuple[str, ...] = ()

    @property
    def reports(self) -> tuple[Report, ...]:
        """One a model, in the order of the entries."""
        return tuple(entry.report for entry in self.entries)

    @property
    def k(self) -> int:
        """Length of the lists; 0 where no model ran."""
        return self.entries[0].report.k if self.entries else 0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "kind": "comparison",
            "format": FORMAT,
            "title": self.title,
            "command": self.command,
            "facts": dict(self.facts),
            "k": self.k,
            "seeds": list(self.seeds),
            "limits": self.limits,
            "watts": WATTS,
            "baseline": self.baseline,
            "entries": [entry.to_json() for entry in self.entries],
            "failed": dict(self.failed),
            "differences": {m: [d.to_json() for d in found] for m, found in self.differences.items()},
            "notes": list(self.notes),
        }


def pareto(points: list[tuple[float, float]]) -> list[int]:
    """Places of the points that no other beats in both coordinates, by the first from low to high.

    Higher is better in both; points that are not finite are left out.
    """
    there = [at for at, point in enumerate(points) if np.isfinite(point).all()]
    order = sorted(there, key=lambda at: (-points[at][0], -points[at][1]))
    front: list[int] = []
    for at in order:
        if not front or points[at][1] > points[front[-1]][1]:
            front.append(at)
    return front[::-1]
