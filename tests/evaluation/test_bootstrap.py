"""Intervals from resampled users."""

import numpy as np
import pytest

from tastemaker.evaluation.bootstrap import Rows, interval, resampled_means, resampled_parts


def test_means_of_resamples_are_around_the_mean():
    values = np.random.default_rng(0).normal(3, 1, size=(400, 2))
    means = resampled_means(values, seed=1)
    assert means.shape == (1000, 2)
    assert means.mean(axis=0) == pytest.approx(values.mean(axis=0), abs=0.01)
    assert means.std(axis=0) == pytest.approx(values.std(axis=0) / 20, rel=0.1)


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(0)
    values = rng.exponential(1, size=(200, 400))  # 400 samples of 200 users, mean 1
    low, high = interval(resampled_means(values, seed=0))
    assert 0.90 <= ((low <= 1) & (high >= 1)).mean() <= 0.98


def test_missing_values_count_in_no_mean():
    values = np.array([[1.0, np.nan, np.nan], [3.0, 2.0, np.nan]] * 20)
    low, high = interval(resampled_means(values, seed=0))
    assert low[0] > 1
    assert (low[1], high[1]) == (2, 2)
    assert np.isnan([low[2], high[2]]).all()


def test_nobody_has_no_interval():
    assert np.isnan(resampled_means(np.empty((0, 3)), seed=0)).all()


def test_blocks_do_not_change_the_draws(monkeypatch):
    values = np.random.default_rng(0).normal(size=(50, 3))
    whole = resampled_means(values, seed=2)
    monkeypatch.setattr("tastemaker.evaluation.bootstrap.CELLS", 200)
    assert resampled_means(values, seed=2) == pytest.approx(whole)


def test_one_draw_of_users_serves_all_parts():
    values = np.random.default_rng(0).normal(size=(300, 2))
    some = np.arange(0, 300, 3)
    whole, part, nobody = resampled_parts(
        300, [Rows(np.arange(300), values), Rows(some, values[some]), Rows(some[:0], values[:0])], seed=4
    )
    np.testing.assert_array_equal(whole, resampled_means(values, seed=4))
    hidden = np.where(np.isin(np.arange(300), some)[:, None], values, np.nan)
    np.testing.assert_allclose(part, resampled_means(hidden, seed=4))
    assert part.std(axis=0) == pytest.approx(values[some].std(axis=0) / 10, rel=0.1)
    assert nobody.shape == (1000, 2)
    assert np.isnan(nobody).all()
