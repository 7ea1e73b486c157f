"""Confidence sequences against the paper's formula, the test they invert, and repeated looks."""

import numpy as np
import pytest

from tastemaker.evaluation.sequential import (
    FEWEST,
    Mean,
    compare,
    difference,
    interval,
    mismatch,
    p_value,
    radius,
    ratio,
    sums_of,
)


def test_a_ratio_and_its_variance_by_hand():
    found = ratio(sums_of(np.array([1.0, 0.0, 2.0]), np.array([2.0, 1.0, 3.0])))
    apart = np.array([1 - 0.5 * 2, 0 - 0.5, 2 - 0.5 * 3])
    assert found.mean == pytest.approx(0.5)
    assert found.variance == pytest.approx((apart**2).sum() / 2 / 3 / 2.0**2)


def test_with_ones_below_it_is_a_mean_with_its_ordinary_variance():
    values = np.array([1.0, 4.0, 4.0, 7.0])
    found = ratio(sums_of(values, np.ones(4)))
    assert found.mean == pytest.approx(4)
    assert found.variance == pytest.approx(values.var(ddof=1) / 4)


def test_the_delta_method_tells_how_ratios_vary():
    rng = np.random.default_rng(0)
    x = rng.poisson(rng.pareto(3, (4000, 200)) * 4) + 1.0
    y = rng.binomial(x.astype(int), rng.beta(2, 18, x.shape)).astype(float)
    found = ratio(sums_of(x=x.T, y=y.T))  # 4000 experiments of 200 users
    assert found.variance.mean() == pytest.approx(found.mean.var(), rel=0.1)


def test_the_radius_is_the_papers():
    t, sd, rho, alpha = 500, 2.0, 0.1, 0.05
    paper = sd * np.sqrt(2 * (t * rho**2 + 1) / (t**2 * rho**2) * np.log(np.sqrt(t * rho**2 + 1) / alpha))
    assert radius(sd**2 / t, rho * sd, alpha) == pytest.approx(paper)


def test_p_is_alpha_just_where_the_interval_touches_0():
    half = radius(0.04, 0.3, alpha=0.01)
    assert p_value(half, 0.04, 0.3) == pytest.approx(0.01)
    assert p_value(0.0, 0.04, 0.3) == 1


@pytest.mark.parametrize(("variance", "tau"), [(np.nan, 1.0), (0.0, 1.0), (1.0, 0.0)])
def test_nothing_is_said_where_nothing_is_known(variance, tau):
    found = interval(0.5, variance, tau)
    assert (found.low, found.high, found.p) == (-np.inf, np.inf, 1)
    assert found.to_json() == {"mean": 0.5, "low": None, "high": None, "p": 1.0}


def test_too_few_units_say_nothing():
    few, many = (Mean(np.array(float(n)), np.array(9.0), np.array(1e-9)) for n in (FEWEST - 1, FEWEST))
    one = Mean(np.array(1e6), np.array(1.0), np.array(1e-9))
    assert not np.isfinite(compare(few, one).low)
    assert compare(many, one).low > 0


def test_what_is_kept_is_taken_from_the_control():
    treated, control = (Mean(np.array(1e6), np.array(m), np.array(1e-6)) for m in (0.97, 1.0))
    mean, variance = difference(treated, control, 0.95)
    assert (mean, variance) == (pytest.approx(0.02), pytest.approx(1e-6 * (1 + 0.95**2)))
    assert compare(treated, control).high < 0 < compare(treated, control, kept=0.95).low


def test_looking_after_every_unit_rarely_loses_the_truth():
    """500 sequences of 2000 skewed values around 1, looked at 1901 times each."""
    rng = np.random.default_rng(1)
    values = rng.exponential(1.0, (500, 2000))
    n = np.arange(1.0, 2001)
    mean = values.cumsum(axis=1) / n
    variance = ((values**2).cumsum(axis=1) / n - mean**2) / n
    late = slice(99, None)
    apart = np.abs(mean - 1)[:, late]
    ever = (apart > radius(variance, 0.1)[:, late]).any(axis=1).mean()
    fixed = (apart > 1.96 * np.sqrt(variance)[:, late]).any(axis=1).mean()
    assert ever <= 0.05
    assert fixed > 0.2


def test_arms_as_planned_pass_and_a_lost_share_does_not():
    rng = np.random.default_rng(2)
    ever = 0
    for _ in range(300):
        counts = rng.multinomial(200, [0.7, 0.3], size=30).cumsum(axis=0)
        ever += min(mismatch(row.tolist(), [7, 3]) for row in counts) < 0.05
    assert ever / 300 <= 0.05
    assert mismatch([5000, 4500], [1, 1]) < 0.001
    assert mismatch([5000, 4990], [1, 1]) == 1
    assert mismatch([0, 0], [1, 1]) == 1
