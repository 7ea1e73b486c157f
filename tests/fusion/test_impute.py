"""Imputation fills what is absent, from like items, and touches nothing that is there."""

import numpy as np
import pytest

from made import dataset
from tastemaker.data import Features
from tastemaker.fusion.impute import Impute

HOWS = ("neighbours", "hops", "pagerank")


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
    found = Impute(how=how, k=3).fill(made(), dataset(n=50))["two"]
    assert found.present.all()
    np.testing.assert_array_equal(found.vectors.argmax(axis=1), np.repeat([0, 1, 2], 5))
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
