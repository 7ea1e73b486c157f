"""What an evaluation found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Recommendations
from tastemaker.evaluation.measured import Measures, plain


@dataclass(frozen=True)
class Slice:
    """The measures of some of the users (or of some of the right answers).

    Attributes:
        by: What cuts: "history", "user", "answers" or the name of a user attribute.
        group: Which part, such as "1-4", "cold" or "F".
        n: Number of its users.
        measures: By metric, of these users alone.
    """

    by: str
    group: str
    n: int
    measures: Measures

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        measures = {name: m.to_json() for name, m in self.measures.items()}
        return {"by": self.by, "group": self.group, "n": self.n, "measures": measures}


@dataclass(frozen=True)
class Gap:
    """How far apart two groups of users are in one metric: those with the highest and the lowest value.

    The interval is of the difference of these two groups and does not allow for their having been picked.
    """

    by: str
    metric: str
    highest: str
    lowest: str
    difference: float
    low: float
    high: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        numbers = {name: plain(getattr(self, name)) for name in ("difference", "low", "high")}
        return {
            "by": self.by,
            "metric": self.metric,
            "highest": self.highest,
            "lowest": self.lowest,
            **numbers,
        }


@dataclass(frozen=True)
class Report:
    """Measures of one model's lists, with the values of every user.

    Attributes:
        k: Length of the lists that were measured.
        users: Ids of the test users, in the order of all values.
        measures: By metric; a metric with another k than the report's is called ``recall@5``.
        facts: Counts: users, cold_users, users_without_list, answers, cold_answers (right answers that are
            items unknown in training), listed, cold_listed, seen_listed (places with an item that the user
            had already), tied_lists (whose last place went by item number among items of one score; 0 where lists
            were made no longer than `k`).
        slices: By length of history, warm and cold users, known and new items, groups of users.
        gaps: Between groups of users, by attribute and metric.
        curve: Recall at 1, 2, ..., shape (places,).
        exposure: In how many lists each item of the catalogue is, shape (n,).
        popularity: How many users have it in training, shape (n,).
        recs: The lists.
        name: Of the model, for tables.
    """

    k: int
    users: tuple[str, ...]
    measures: Measures
    facts: Mapping[str, int]
    slices: tuple[Slice, ...]
    gaps: tuple[Gap, ...]
    curve: NDArray[np.float64]
    exposure: NDArray[np.int64]
    popularity: NDArray[np.int64]
    recs: Recommendations = field(repr=False)
    name: str = "model"

    def __getitem__(self, metric: str) -> float:
        """The reported number of a metric."""
        return self.measures[metric].mean

    def __str__(self) -> str:
        return self.table()

    def named(self, name: str) -> Report:
        """The same under another name."""
        return replace(self, name=name)

    def table(self) -> str:
        """Lines of metric, value, 95 % interval and number of users; what nobody has is left out."""
        lines = [f"{self.name}: {len(self.users)} users, lists of {self.k}"]
        known = {name: m for name, m in self.measures.items() if np.isfinite(m.mean)}
        width = max(map(len, known), default=0)
        return "\n".join([*lines, *(f"  {name:<{width}}  {m.text}" for name, m in known.items())])

    def to_json(self, *, per_user: bool = False) -> dict[str, Any]:
        """Plain values; with `per_user` the ids and the values of every user too."""
        out: dict[str, Any] = {
            "name": self.name,
            "k": self.k,
            "measures": {name: m.to_json(per_user=per_user) for name, m in self.measures.items()},
            "facts": dict(self.facts),
            "slices": [s.to_json() for s in self.slices],
            "gaps": [g.to_json() for g in self.gaps],
            "recall_at": [plain(value) for value in self.curve],
        }
        return out | ({"users": list(self.users)} if per_user else {})


def side_by_side(reports: Iterable[Report], metrics: Sequence[str] | None = None) -> str:
    """A text table: one line a model, one column a metric (all that are defined where None is given)."""
    reports = list(reports)
    if not reports:
        return ""
    known = metrics or [n for n in reports[0].measures if any(np.isfinite(r[n]) for r in reports)]
    rows = [["model", *known], *([r.name, *(_short(r, name) for name in known)] for r in reports)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if at == 0 else cell.rjust(w) for at, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _short(report: Report, metric: str) -> str:
    measured = report.measures.get(metric)
    return f"{measured.mean:.4f}" if measured is not None and np.isfinite(measured.mean) else "-"
