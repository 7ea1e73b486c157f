"""Neighbourhood models against their formulas, worked by hand or written densely."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset, names
from tastemaker.data import Dataset, Interactions, Query, queries
from tastemaker.models import RECOMMENDERS
from tastemaker.models import sparse as algebra

# u0 took a b, u1 took a b c, u2 took b c
LOG = Interactions.of([0, 0, 1, 1, 1, 2, 2], [0, 1, 0, 1, 2, 1, 2])
SMALL = Dataset(names("u", 3), names("i", 4), LOG)


def dense(data):
    x = np.zeros((len(data.users), len(data.items)))
    x[data.interactions.user, data.interactions.item] = 1
    return x


def test_item_knn_by_hand():
    model = RECOMMENDERS.build({"name": "item_knn", "shrink": 1.0}).fit(SMALL)
    scores = model.score([Query.of([0])])[0]
    assert scores[1] == pytest.approx(2 / (np.sqrt(2 * 3) + 1))
    assert scores[2] == pytest.approx(1 / (np.sqrt(2 * 2) + 1))
    assert np.isnan(scores[[0, 3]]).all()


def test_rp3beta_by_hand():
    model = RECOMMENDERS.build({"name": "rp3beta", "alpha": 1.0, "beta": 1.0}).fit(SMALL)
    scores = model.score([Query.of([0])])[0]
    assert scores[1] == pytest.approx((1 / 2) * (1 / 2 + 1 / 3) / 3)
    assert scores[2] == pytest.approx((1 / 2) * (1 / 3) / 2)


def test_user_knn_by_hand():
    model = RECOMMENDERS.build({"name": "user_knn", "shrink": 0.0}).fit(SMALL)
    scores = model.score([Query.of([0, 1], user=0)])[0]
    near = [2 / np.sqrt(2 * 3), 1 / np.sqrt(2 * 2)]
    assert scores[0] == pytest.approx(near[0])
    assert scores[2] == pytest.approx(sum(near))


def test_user_knn_does_not_count_a_user_as_his_own_neighbour():
    model = RECOMMENDERS.build("user_knn").fit(SMALL)
    known, stranger = model.score([Query.of([0, 1], user=0), Query.of([0, 1])])
    assert known[0] < stranger[0]
    assert known[2] == stranger[2]


@pytest.mark.parametrize("k", [3, 1000])
def test_item_knn_is_its_dense_formula(k):
    data = dataset(users=60, items=25, n=500)
    x = dense(data)
    both, n = x.T @ x, x.sum(axis=0)
    similar = both / (np.sqrt(np.outer(n, n)) + 20)
    np.fill_diagonal(similar, 0)
    edge = -np.sort(-similar, axis=1)[:, min(k, 25) - 1, None]
    similar = np.where(similar >= edge, similar, 0)
    model = RECOMMENDERS.build({"name": "item_knn", "k": k, "shrink": 20, "decay": 1.0}).fit(data)
    scores = np.nan_to_num(model.score(queries(data, range(60))))
    np.testing.assert_allclose(scores, x @ similar, rtol=1e-5)


def test_products_in_blocks_are_the_same_as_at_once(monkeypatch):
    taken = algebra.liked(dataset(users=60, items=25, n=500))
    weigh = lambda value, row, column: np.where(row == column, np.float32(0), value)  # noqa: E731
    whole = algebra.best_products(taken.T.tocsr(), taken, weigh, 5).toarray()
    monkeypatch.setattr(algebra, "WORK", 300)
    assert len(algebra.blocks(taken.T.tocsr(), taken)) > 5
    np.testing.assert_array_equal(algebra.best_products(taken.T.tocsr(), taken, weigh, 5).toarray(), whole)


@pytest.mark.parametrize("name", ["item_knn", "rp3beta", "user_knn"])
def test_the_latest_of_the_history_weighs_most_where_there_is_an_order(name):
    data = dataset(n=120)
    first, last = Query.of([0, 1]), Query.of([1, 0])
    model = RECOMMENDERS.build({"name": name, "decay": 0.1}).fit(data)
    assert not np.array_equal(*model.score([first, last]), equal_nan=True)
    unordered = RECOMMENDERS.build({"name": name, "decay": 0.1}).fit(replace(data, clock="none"))
    one, other = unordered.score([first, last])
    np.testing.assert_allclose(one, other, rtol=1e-6)


def test_long_histories_fade_but_never_to_no_opinion():
    data = dataset(users=30, items=300, n=6000)
    model = RECOMMENDERS.build({"name": "item_knn", "decay": 0.2}).fit(data)
    query = Query.of([*range(1, 200), 0])
    assert np.isfinite(model.score([query])).sum() > 250


def test_the_latest_of_several_opinions_holds():
    user, item, value = [0, 0, 1, 1, 2, 2], [0, 0, 0, 1, 0, 1], [1, -1, 1, 1, 1, 1]
    data = Dataset(names("u", 3), names("i", 2), Interactions.of(user, item, value))
    assert algebra.liked(data).toarray().tolist() == [[0, 0], [1, 1], [1, 1]]
    twice = Query(None, np.array([0, 1, 0], np.int32), sign=np.array([1, 1, -1], np.int8))
    model = RECOMMENDERS.build({"name": "item_knn", "dislike": 0.5, "shrink": 0}).fit(data)
    assert model.score([twice])[0, 1] == pytest.approx(-0.5 * 2 / np.sqrt(2 * 2))
