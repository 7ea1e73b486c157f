"""Measuring a saved pipeline, or anybody's lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.tables import read_columns, read_table
from tastemaker.core import BadSetting, Run

if TYPE_CHECKING:
    from tastemaker.evaluation.report import Report


@dataclass(frozen=True)
class EvaluateRequest:
    """A test file, and a pipeline or lists with what they were made from."""

    test: Path
    pipeline: Path | None = None
    recs: Path | None = None
    train: Path | None = None
    k: int = 10
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class Evaluated:
    """The report."""

    report: Report

    def text(self) -> str:
        """One line a metric."""
        return self.report.table()

    def to_json(self) -> Any:
        """The report as an object."""
        return self.report.to_json()


def evaluate(request: EvaluateRequest) -> Evaluated:
    """Measure a saved pipeline on what came later, or lists that anybody made."""
    if request.pipeline is not None and request.recs is None:
        return Evaluated(_pipeline(request, request.pipeline))
    if request.pipeline is None and request.recs is not None and request.train is not None:
        return Evaluated(_lists(request, request.recs, request.train))
    raise BadSetting("Give a saved pipeline and --test, or --recs with --train and --test.")


def _pipeline(request: EvaluateRequest, folder: Path) -> Report:
    from tastemaker.evaluation.evaluate import evaluate as measure
    from tastemaker.pipeline import load

    pipeline = load(folder)
    report = measure(
        pipeline, pipeline.data, pipeline.read(request.test), k=request.k, seed=request.run.seed, run=request.run
    )
    return report.named(pipeline.model.name)


def _lists(request: EvaluateRequest, recs: Path, train: Path) -> Report:
    from tastemaker.evaluation.lists import evaluate_lists

    pairs = ("user_id", "item_id")
    ranked = ("rank",) if "rank" in read_table(recs).column_names else ()
    return evaluate_lists(
        read_columns(recs, (*pairs, *ranked)),
        read_columns(train, pairs),
        read_columns(request.test, pairs),
        request.k,
        seed=request.run.seed,
    ).named(recs.stem)
