"""The second half of `run`: split, learn, measure beside simple baselines, refit on everything, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.answers import Cut, RunAnswer
from tastemaker.actions.holdout import asking, candidates, decided, other_vectors, split_of
from tastemaker.actions.learn import Prepared
from tastemaker.actions.samples import samples
from tastemaker.core import Run
from tastemaker.data import Dataset
from tastemaker.data.join import join

if TYPE_CHECKING:
    from tastemaker.data import Split
    from tastemaker.evaluation.report import Report
    from tastemaker.models import Recommender
    from tastemaker.pipeline import Pipeline

BASELINES = ("item_knn", "content", "popular")


def measure(prepared: Prepared, pipeline: Pipeline, out: Path, run: Run) -> RunAnswer:
    """Measure `pipeline` and the baselines on one split, then refit it on everything, save and report.

    What is measured has learned from train and validation; test users are asked for once. `auto` chooses by the
    validation, and what it chose is what is refitted.
    """
    from tastemaker.actions.document import write
    from tastemaker.evaluation.compare import compare

    clock = prepared.clock
    how, parts = split_of(prepared, run)
    known = join(parts.train, parts.validation)
    allowed = candidates(how, known, parts.test)
    with clock.stage("fuse", run):
        pipeline.describe(known, prepared.extraction.features, run=run)
    space = other_vectors(prepared.data, pipeline.encoders)
    reports, fitted = [], []
    for model in (asking(pipeline.model, how), *_baselines(pipeline)):
        with clock.stage(f"fit and measure {model.name}", run):
            fitted.append(_learned(pipeline.with_model(model), known, parts, run))
            reports.append(_evaluate(fitted[-1], known, parts.test, (prepared.config.k, space, allowed), run))
    ratings, accuracy = _rated(fitted[0], known, parts.test, run)
    pipeline.model = decided(fitted[0].model)
    with clock.stage("refit on everything", run):
        pipeline.fit(prepared.data, raw=prepared.extraction.features, run=run)
    pipeline.save(out, {"split": how, "metrics": reports[0].to_json()["measures"]})
    answer = RunAnswer(
        prepared=prepared,
        cut=_cut(how, parts, allowed is not None),
        reports=tuple(reports),
        comparisons=tuple(compare(reports[0], other) for other in reports[1:]),
        ratings=ratings,
        accuracy=accuracy,
        samples=samples(pipeline, reports[0].users, run.seed),
        out=out,
    )
    write(answer, pipeline)
    return answer


def _learned(pipeline: Pipeline, known: Dataset, parts: Split, run: Run) -> Pipeline:
    """`pipeline` after train and validation; what chooses itself chooses by the latter, and then learns both."""
    from tastemaker.models.auto import Auto

    if isinstance(pipeline.model, Auto) and (parts.validation.interactions.sign > 0).any():
        return pipeline.refit(parts.train, parts.validation, run)
    return pipeline.refit(known, run=run)


def _cut(how: str, parts: Split, cold: bool) -> Cut:
    train, validation, test = (len(part.interactions) for part in parts)
    return Cut(how, train, validation, test, "items of the test that training never saw" if cold else "all items")


def _baselines(pipeline: Pipeline) -> list[Recommender]:
    from tastemaker.models.catalog import RECOMMENDERS

    names = [n for n in BASELINES if n != pipeline.model.name and (n != "content" or pipeline.items is not None)]
    return [RECOMMENDERS.build(name) for name in names]


def _evaluate(pipeline: Pipeline, known: Dataset, test: Dataset, how: tuple[int, Any, Any], run: Run) -> Report:
    from tastemaker.evaluation.evaluate import evaluate

    k, space, allowed = how
    report = evaluate(pipeline, known, test, k=k, items=space, seed=run.seed, run=run, allowed=allowed)
    return report.named(pipeline.model.name)


def _rated(pipeline: Pipeline, known: Dataset, test: Dataset, run: Run) -> tuple[Any, dict[str, dict[str, float]]]:
    """Errors of predicted ratings and accuracy of yes / no, for a model that predicts them."""
    from tastemaker.actions.rated import accuracies, rating_report
    from tastemaker.models import Rates

    if not isinstance(pipeline.model, Rates):
        return (), {}
    ratings = (rating_report(pipeline, test, run.seed),) if known.explicit else ()
    return ratings, accuracies(pipeline, {"train": known, "test": test}, run.seed)
