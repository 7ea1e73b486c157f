"""Errors of predicted ratings, and accuracy of predicted likes over whole sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator
from tastemaker.data import Dataset
from tastemaker.models import Rates

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
    """Accuracy of the model's yes and no over each whole part, beside the majority share.

    Where nobody rates, as many pairs that did not happen are drawn as there are pairs that did; with ratings
    the question is whether a rating reaches the model's `threshold`.
    """
    return {name: _accuracy(pipeline, part, seed) for name, part in parts.items()}


def _accuracy(pipeline: Pipeline, part: Dataset, seed: int) -> dict[str, float]:
    model, log = _rating(pipeline), part.interactions
    user, item, labels = log.user, log.item, log.sign > 0
    if part.explicit:
        labels = log.value >= model.threshold
    else:
        drawn = generator(seed, "accuracy").integers(0, len(part.items), len(log)).astype(np.int32)
        user, item = np.concatenate([user, user]), np.concatenate([item, drawn])
        labels = np.concatenate([labels, np.zeros(len(log), bool)])
    right = (_predict(pipeline, user, item) >= model.threshold) == labels
    share = float(labels.mean())
    return {"accuracy": float(right.mean()), "majority": max(share, 1 - share)}


def _rating(pipeline: Pipeline) -> Rates:
    assert isinstance(pipeline.model, Rates)
    return pipeline.model


def _predict(pipeline: Pipeline, user: NDArray[np.int32], item: NDArray[np.int32]) -> NDArray[np.float32]:
    users, items = pipeline.data.users.ids, pipeline.data.items.ids
    return pipeline.rate([users[u] for u in user], [items[i] for i in item])
