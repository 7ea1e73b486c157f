"""The columns of a leaderboard, in one place for the page, the Markdown and the terminal."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from tastemaker.learning.board import Entry


@dataclass(frozen=True)
class Column:
    """One column: its head, the value of an entry (nan: none), and how it is written."""

    head: str
    of: Callable[[Entry], float]
    form: str
    higher: bool = False

    def text(self, entry: Entry) -> str:
        """The value for people."""
        value = self.of(entry)
        return format(value, self.form) if math.isfinite(value) else "-"


ACCURACY = ("ndcg", "recall", "hit", "precision", "map", "mrr")
BEYOND = ("coverage", "gini", "diversity", "novelty", "serendipity", "popularity_lift", "calibration")


def _metric(name: str) -> Callable[[Entry], float]:
    def of(entry: Entry) -> float:
        found = entry.report.measures.get(name)
        return math.nan if found is None else found.mean

    return of


METRICS = [Column(name, _metric(name), ".4f", name in ACCURACY) for name in (*ACCURACY, *BEYOND)]
COSTS = [
    Column("overlap of seeds", lambda entry: entry.stability, ".2f"),
    Column("fit s", lambda entry: entry.fit_seconds, ".2f"),
    Column("ms a list", lambda entry: entry.answer_ms, ".2f"),
    Column("peak MB", lambda entry: entry.memory, ".0f"),
    Column("Wh", lambda entry: entry.energy, ".3f"),
    Column("trials", lambda entry: entry.trials, ".0f"),
    Column("tuning s", lambda entry: entry.tuning_seconds, ".0f"),
]
SHORT = ("ndcg", "recall", "hit", "coverage", "diversity", "novelty")


def kept(columns: list[Column], entries: tuple[Entry, ...]) -> list[Column]:
    """The columns in which somebody has a value."""
    return [column for column in columns if any(math.isfinite(column.of(entry)) for entry in entries)]


def best(column: Column, entries: tuple[Entry, ...]) -> float:
    """The highest value of a column where higher is plainly better, else nan."""
    values = [value for entry in entries if math.isfinite(value := column.of(entry))]
    return max(values) if column.higher and len(entries) > 1 and values else math.nan


def settings(entry: Entry) -> str:
    """The chosen settings that differ from the default, such as ``k=200, shrink=12.3``."""
    pairs = (
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in _changed(entry)
    )
    return ", ".join(pairs) or "default"


def _changed(entry: Entry) -> list[tuple[str, object]]:
    return sorted(entry.changed.items())
