"""Holm's correction by hand, p values, and reports of several seeds taken together."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset
from tastemaker.core import DataError
from tastemaker.data import Recommendations
from tastemaker.evaluation import evaluate
from tastemaker.evaluation.seeds import average, overlap
from tastemaker.evaluation.significance import against, holm, p_values
from tastemaker.models.popular import Popular
from tastemaker.pipeline import Pipeline


def test_holm_by_hand():
    assert holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])
    assert holm(np.array([0.6, 0.9])) == pytest.approx([1.0, 1.0])
    assert holm(np.array([])).shape == (0,)


def test_p_is_twice_the_smaller_side():
    means = np.array([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [1.0, 0.0]])
    assert p_values(means) == pytest.approx([2 * 2 / 5, 1.0])


def test_models_that_differ_and_those_that_do_not():
    rng = np.random.default_rng(0)
    base = rng.random(300)
    others = {"same": base, "better": base + 0.1 + 0.1 * rng.normal(size=300), "worse": base - 0.2}
    same, better, worse = against(base, others, resamples=2000)
    assert (same.p, same.holm, same.verdict) == (1.0, 1.0, "not different")
    assert (better.verdict, worse.verdict) == ("better", "worse")
    assert better.low < 0.1 < better.high
    assert better.holm == pytest.approx(3 * better.p)
    assert against(base, {}) == []


def test_false_findings_are_as_rare_as_they_say():
    """Ten models that are as good as the baseline, a hundred times over."""
    rng = np.random.default_rng(1)
    found = 0
    for seed in range(100):
        base, others = rng.random(80), {str(n): rng.random(80) for n in range(10)}
        found += any(d.holm < 0.05 for d in against(base, others, seed, resamples=1000))
    assert found <= 12


def _report(data, recs_of):
    report = evaluate(Pipeline(Popular()).fit(data), data, dataset(seed=5), k=5)
    return replace(report, measures={n: recs_of(m) for n, m in report.measures.items()})


def test_values_are_averaged_over_seeds_before_users_are_drawn():
    data = dataset()
    one = _report(data, lambda m: m)
    two = _report(data, lambda m: replace(m, mean=m.mean + 1, values=None if m.values is None else m.values + 1))
    both = average([one, two])
    assert both["ndcg"] == pytest.approx(one["ndcg"] + 0.5)
    assert both["coverage"] == pytest.approx(one["coverage"] + 0.5)
    assert both.measures["ndcg"].values == pytest.approx(one.measures["ndcg"].values + 0.5)
    assert average([one]) is one
    with pytest.raises(DataError):
        average([one, replace(two, k=3)])


def test_overlap_by_hand():
    def lists(rows):
        items = np.array(rows, np.int32)
        return Recommendations(np.arange(len(items), dtype=np.int32), items, np.zeros(items.shape, np.float32))

    one, two = lists([[1, 2, 3], [4, 5, -1], [-1, -1, -1]]), lists([[3, 2, 9], [4, -1, -1], [-1, -1, -1]])
    assert overlap([one, two], 3) == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert overlap([one, one], 3) == 1.0
    assert np.isnan(overlap([one], 3))
