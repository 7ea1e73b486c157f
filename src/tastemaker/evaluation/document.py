"""What a report page is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tastemaker.evaluation.compare import Comparison
from tastemaker.evaluation.ratings import RatingReport
from tastemaker.evaluation.report import Report

FORMAT = 1


@dataclass(frozen=True)
class Curve:
    """Losses of one fit, such as ``Curve("validation", (1, 2, 3), (0.9, 0.7, 0.6))``."""

    name: str
    epochs: tuple[int, ...]
    losses: tuple[float, ...]


@dataclass(frozen=True)
class SampleUser:
    """One user for people to look at.

    Attributes:
        user: Outside id.
        liked: Titles of his history, the last first.
        listed: Titles of his list, best first, each with its reasons ("" without).
    """

    user: str
    liked: tuple[str, ...]
    listed: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ReportDocument:
    """All that ``report.html`` and ``report.json`` say; whatever is left empty has no section.

    Attributes:
        title: Headline of the page.
        reports: One a model, the chosen model first; all on the same users and the same k.
        summary: What was read, by label, such as ``{"users": 943}``; from the data receipt.
        settings: Settings of the run; may be nested.
        notes: Sentences under the table of models.
        comparisons: The chosen model against others.
        ratings: Measures of predicted ratings, one a model.
        modalities: For each modality the shares of items and of interactions that have it, in [0, 1].
        weights: For each source its mean share in the fused vectors and the standard deviation over items.
        curves: Losses by epoch.
        samples: A few users with their lists.
        broken: Media that could not be read: item, file, reason.
        seconds: Time of each stage.
        files: Where things lie, by what they are.
    """

    title: str
    reports: tuple[Report, ...]
    summary: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    ratings: tuple[RatingReport, ...] = ()
    modalities: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    weights: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()
    samples: tuple[SampleUser, ...] = ()
    broken: tuple[tuple[str, str, str], ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values; numbers that are not finite become null."""
        values = {
            "kind": "report",
            "format": FORMAT,
            "title": self.title,
            "summary": self.summary,
            "settings": self.settings,
            "models": [report.to_json() for report in self.reports],
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
            "ratings": [rating.to_json() for rating in self.ratings],
            "notes": self.notes,
            "modalities": {n: {"items": i, "interactions": x} for n, (i, x) in self.modalities.items()},
            "weights": {n: {"mean": mean, "deviation": spread} for n, (mean, spread) in self.weights.items()},
            "curves": [{"name": c.name, "epochs": c.epochs, "losses": c.losses} for c in self.curves],
            "samples": [_sample(sample) for sample in self.samples],
            "broken": [{"item": item, "file": file, "reason": reason} for item, file, reason in self.broken],
            "seconds": self.seconds,
            "files": self.files,
        }
        return {name: _plain(value) for name, value in values.items()}


def _sample(sample: SampleUser) -> dict[str, Any]:
    listed = [{"title": title, "reasons": reasons} for title, reasons in sample.listed]
    return {"user": sample.user, "liked": sample.liked, "listed": listed}


def _plain(value: Any) -> Any:
    """`value` as JSON can hold it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value if value is None or isinstance(value, str | int | bool) else str(value)
