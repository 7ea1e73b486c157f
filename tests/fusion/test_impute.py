"""Imputation fills what is absent, from like items, and touches nothing that is there."""

import numpy as np
import pytest

from made import dataset
from tastemaker.data import Features
from tastemaker.fusion.impute import Impute

HOWS = ("neighbours", "hops", "pagerank", "regress")


def made(n=15, seed=0):
    """Two sources that tell the same; every third item lacks the second."""
    draw = np.random.default_rng(seed)
    kind = np.repeat(np.eye(3, dtype=np.float32) * 3, n // 3, axis=0)
    one, two = (kind + draw.normal(scale=0.1, size=kind.shape).astype(np.float32) for _ in range(2))
    there = np.arange(n) % 3 != 0
    return {
        "one": Features("text", one, np.ones(n, bool)),
        "two": Features("image", np.where(there[:, None], two, 0).astype(np.float32), there),
    }


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("graph", ["content", "likes"])
def test_present_rows_stay_and_filled_ones_are_numbers(how, graph):
    before = made()
    after = Impute(how=how, graph=graph, k=3).fill(before, dataset(n=200))
    for name, found in before.items():
        np.testing.assert_array_equal(after[name].vectors[found.present], found.vectors[found.present])
        assert (after[name].present >= found.present).all()
        assert np.isfinite(after[name].vectors).all()
        assert not after[name].vectors[~after[name].present].any()


@pytest.mark.parametrize("how", HOWS)
def test_a_row_is_filled_from_items_of_its_kind(how):
    found = Impute(how=how, k=3).fill(made(60), dataset(n=100))["two"]
    assert found.present.all()
    np.testing.assert_array_equal(found.vectors.argmax(axis=1), np.repeat([0, 1, 2], 20))
    np.testing.assert_allclose(found.vectors.max(axis=1), 3, atol=0.6)


def test_none_changes_nothing_and_is_the_default():
    before = made()
    assert Impute().fill(before, dataset(n=50)) is before


def test_what_nothing_reaches_stays_absent():
    before = made()
    there = before["one"].present.copy()
    there[0] = False
    before["one"] = Features("text", before["one"].vectors * there[:, None], there)
    after = Impute(how="pagerank", k=3).fill(before, dataset(n=50))
    assert not after["one"].present[0]
    assert not after["two"].present[0]


def test_neighbours_by_hand():
    one = Features("text", np.array([[1, 0], [0.9, 0.1], [-1, 0], [-0.9, 0.1]], np.float32), np.ones(4, bool))
    two = Features("image", np.array([[0.0], [5.0], [0.0], [7.0]], np.float32), np.array([False, True, False, True]))
    after = Impute(how="neighbours", k=1).fill({"one": one, "two": two}, dataset(n=50))["two"]
    np.testing.assert_allclose(after.vectors[:, 0], [5, 5, 7, 7])


def test_regression_tells_what_the_other_sources_tell_and_stays_at_the_mean_elsewhere():
    draw = np.random.default_rng(1)
    one = draw.normal(size=(400, 6)).astype(np.float32)
    told = one @ draw.normal(size=(6, 3)).astype(np.float32)
    noise = draw.normal(size=(400, 3)).astype(np.float32)
    two = np.hstack([told, noise])
    there = np.arange(400) % 4 != 0
    features = {
        "one": Features("text", one, np.ones(400, bool)),
        "two": Features("image", np.where(there[:, None], two, 0).astype(np.float32), there),
    }
    after = Impute(how="regress").fill(features, dataset(n=50))["two"]
    assert after.present.all()
    np.testing.assert_allclose(after.vectors[~there, :3], told[~there], atol=0.1)
    assert np.abs(after.vectors[~there, 3:] - two[there, 3:].mean(axis=0)).mean() < 0.1


def test_regression_fills_by_each_set_of_sources_and_never_where_there_is_none():
    draw = np.random.default_rng(2)
    base = draw.normal(size=(300, 4)).astype(np.float32)
    turn = np.arange(300)
    masks = {"a": turn % 5 != 0, "b": turn % 7 != 0, "c": turn % 3 != 0}
    features = {n: Features("text", base * mask[:, None], mask) for n, mask in masks.items()}
    after = Impute(how="regress").fill(features, dataset(n=50))
    some = np.any(list(masks.values()), axis=0)
    for name, mask in masks.items():
        np.testing.assert_array_equal(after[name].present, some)
        np.testing.assert_array_equal(after[name].vectors[mask], base[mask])
        np.testing.assert_allclose(after[name].vectors[some], base[some], atol=0.1)
        assert not after[name].vectors[~some].any()


def test_regression_leaves_absent_what_too_few_items_teach():
    before = made()
    assert not Impute(how="regress").fill(before, dataset(n=50))["two"].present.all()
