"""Which metrics are measured, by name or ready-made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tastemaker.core import UnknownName
from tastemaker.evaluation.base import ExposureMetric, Metric
from tastemaker.evaluation.catalog import EXPOSURE_METRICS, METRICS


@dataclass(frozen=True)
class Chosen:
    """Metrics of users and of all lists together, by the name that the report gives them."""

    users: dict[str, Metric]
    exposure: dict[str, ExposureMetric]

    @property
    def depth(self) -> int:
        """The longest list that one of them looks at."""
        of_users = [metric.k for metric in self.users.values()]
        return max([1, *of_users, *(metric.k for metric in self.exposure.values())])


def choose(metrics: Sequence[str | Metric | ExposureMetric] | None, k: int) -> Chosen:
    """Metrics from names ("recall", "recall@5") and objects; None takes all of both catalogs at `k`.

    Raises:
        UnknownName: no metric is called so.
    """
    chosen = Chosen({}, {})
    for metric in METRICS.names() + EXPOSURE_METRICS.names() if metrics is None else metrics:
        made: Any = _built(metric, k) if isinstance(metric, str) else metric
        label = made.name if made.k == k else f"{made.name}@{made.k}"
        if made.name in EXPOSURE_METRICS.names():
            chosen.exposure[label] = made
        else:
            chosen.users[label] = made
    return chosen


def _built(text: str, k: int) -> Metric | ExposureMetric:
    name, _, depth = text.partition("@")
    if depth and not depth.isdecimal():
        raise UnknownName("metric", text, METRICS.names() + EXPOSURE_METRICS.names())
    spec = {"name": name, "k": int(depth) if depth else k}
    if name in EXPOSURE_METRICS.names():
        return EXPOSURE_METRICS.build(spec)
    if name not in METRICS.names():
        raise UnknownName("metric", name, METRICS.names() + EXPOSURE_METRICS.names())
    return METRICS.build(spec)
