"""Errors of predicted ratings, and accuracy of predicted likes over whole sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator
from tastemaker.data import Dataset

if TYPE_CHECKING:
    from tastemaker.evaluation.ratings import RatingReport
    from tastemaker.pipeline import Pipeline


def rating_report(pipeline: Pipeline, test: Dataset, seed: int) -> RatingReport:
    """RMSE and MAE of the ratings that the model predicts for all test pairs."""
    from dataclasses import replace

    from tastemaker.evaluation.ratings import evaluate_ratings

    log = test.interactions
    predicted = _predict(pipeline, log.user, log.item)
    report = evaluate_ratings(predicted, log.value, users=log.user, seed=seed)
    return replace(report, name=pipeline.model.name)


def accuracies(pipeline: Pipeline, parts: Mapping[str, Dataset], seed: int) -> dict[str, dict[str, float]]:
    """Accuracy (sigmoid >= .5, or the rating's own threshold) beside the majority share, a part.

    Where nobody rates, as many pairs that did not happen are drawn as there are pairs that did; with ratings
    the question is whether a rating lies above the mean rating of training.
    """
    return {name: _accuracy(pipeline, part, seed) for name, part in parts.items()}


def _accuracy(pipeline: Pipeline, part: Dataset, seed: int) -> dict[str, float]:
    log = part.interactions
    if part.explicit:
        level = float(pipeline.data.interactions.value.mean())
        predicted, actual = _predict(pipeline, log.user, log.item) >= level, log.value >= level
    else:
        drawn = generator(seed, "accuracy").integers(0, len(part.items), len(log)).astype(np.int32)
        user, item = np.concatenate([log.user, log.user]), np.concatenate([log.item, drawn])
        actual = np.concatenate([log.sign > 0, np.zeros(len(log), bool)])
        predicted = _predict(pipeline, user, item) >= 0.5
    share = float(actual.mean())
    return {"accuracy": float((predicted == actual).mean()), "majority": max(share, 1 - share)}


def _predict(pipeline: Pipeline, user: NDArray[np.int32], item: NDArray[np.int32]) -> NDArray[np.float32]:
    users, items = pipeline.data.users.ids, pipeline.data.items.ids
    return pipeline.rate([users[u] for u in user], [items[i] for i in item])
