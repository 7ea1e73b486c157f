"""Measuring predicted ratings."""

import numpy as np
import pytest

from tastemaker.core import DataError, UnknownName
from tastemaker.evaluation import evaluate_ratings
from tastemaker.evaluation.catalog import RATING_METRICS


def test_the_root_is_taken_of_the_mean():
    report = evaluate_ratings([1, 2, 3], [1, 2, 6])
    assert report["rmse"] == pytest.approx(np.sqrt(3))
    assert report["mae"] == pytest.approx(1)
    assert report.n == 3


def test_intervals_hold_the_value_and_shrink_with_more_pairs():
    rng = np.random.default_rng(0)
    widths = []
    for n in (50, 5000):
        error = rng.normal(size=n)
        m = evaluate_ratings(error, np.zeros(n)).measures["rmse"]
        assert m.low < m.mean < m.high
        widths.append(m.high - m.low)
    assert widths[1] < widths[0] / 5


def test_whole_users_are_resampled():
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(20), 50)
    error = np.repeat(rng.normal(size=20), 50)  # all pairs of a user are alike
    alone = evaluate_ratings(error, np.zeros(1000)).measures["mae"]
    grouped = evaluate_ratings(error, np.zeros(1000), users=users).measures["mae"]
    assert grouped.mean == pytest.approx(alone.mean)
    assert grouped.high - grouped.low > 3 * (alone.high - alone.low)


def test_clicks_have_accuracy_and_auc():
    metrics = [RATING_METRICS.build({"name": "accuracy", "logits": True}), "auc"]
    report = evaluate_ratings([-2, -1, 1, 2], [0, 0, 1, 0], metrics=metrics)
    assert report["accuracy"] == pytest.approx(3 / 4)
    assert report["auc"] == pytest.approx(2 / 3)
    assert report.measures["auc"].n == 1
    assert "accuracy" in str(report)
    assert report.to_json()["pairs"] == 4


@pytest.mark.parametrize(
    ("predicted", "actual", "message"),
    [([1, 2], [1], "must match"), ([], [], "must match"), ([1, np.nan], [1, 2], "1 of 2 pairs")],
)
def test_pairs_that_do_not_match_are_refused(predicted, actual, message):
    with pytest.raises(DataError, match=message):
        evaluate_ratings(predicted, actual)


def test_a_wrong_name_is_refused():
    with pytest.raises(UnknownName, match="'rmse'"):
        evaluate_ratings([1], [1], metrics=["rms"])
