"""Alternating least squares against its formula."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from made import dataset, names, tastes
from tastemaker.core import BadSetting
from tastemaker.data import Dataset, Interactions, Query, queries
from tastemaker.models import RECOMMENDERS
from tastemaker.models.normal_equations import solve


@pytest.mark.parametrize("d", [3, 12, 60])
def test_every_row_is_its_own_weighted_ridge_regression(d):
    rng = np.random.default_rng(d)
    weight = rng.random((30, 40)) * (rng.random((30, 40)) < rng.random(30)[:, None])
    vectors, ridge = rng.normal(size=(40, d)), rng.random((30, d)) + 0.1
    cells = csr_array(weight.astype(np.float32))
    target = rng.normal(size=cells.nnz).astype(np.float32)
    found = solve(cells, target, vectors.astype(np.float32), ridge.astype(np.float32))
    for row in range(30):
        part = slice(*cells.indptr[row : row + 2])
        near, w = vectors[cells.indices[part]], cells.data[part].astype(float)
        wanted = np.linalg.solve(near.T @ (w[:, None] * near) + np.diag(ridge[row]), near.T @ (w * target[part]))
        np.testing.assert_allclose(found[row], wanted, rtol=2e-3, atol=2e-4)


def loss(x, users, items, model):
    a = model.zeros * x.mean()
    told = users @ items.T
    of_users = model.reg * (x.sum(axis=1) + a * x.shape[1]) @ (users**2).sum(axis=1)
    of_items = model.reg * (x.sum(axis=0) + a * x.shape[0]) @ (items**2).sum(axis=1)
    return (x * (1 - told) ** 2).sum() + a * (told**2).sum() + of_users + of_items


def test_no_small_step_makes_the_loss_smaller():
    data = dataset(users=30, items=12, n=120)
    x = np.zeros((30, 12))
    x[data.interactions.user, data.interactions.item] = 1
    model = RECOMMENDERS.build({"name": "als", "factors": 4, "sweeps": 400, "decay": 1.0}).fit(data)
    users, items = model.query_vectors(queries(data, range(30))).astype(float), model.item_vectors().astype(float)
    best, rng = loss(x, users, items, model), np.random.default_rng(0)
    for _ in range(20):
        steps = 1e-2 * rng.normal(size=users.shape), 1e-2 * rng.normal(size=items.shape)
        assert loss(x, users + steps[0], items + steps[1], model) > best


def test_scores_are_inner_products_and_recent_likes_weigh_more():
    data, _ = tastes()
    model = RECOMMENDERS.build({"name": "als", "decay": 0.5}).fit(data)
    asked = [Query.of([0, 1, 2, 3]), Query.of([3, 2, 1, 0])]
    scores = model.score(asked)
    np.testing.assert_allclose(scores, model.query_vectors(asked) @ model.item_vectors().T, rtol=1e-5)
    kinds = np.stack([scores[:, kind::3].mean(axis=1) for kind in range(3)], axis=1)
    assert kinds.argmax(axis=1).tolist() == [0, 0]
    assert kinds[0, 2] > kinds[1, 2]


def test_more_factors_than_directions_are_no_error():
    data = Dataset(names("u", 2), names("i", 3), Interactions.of([0, 0, 1], [0, 1, 1]))
    scores = RECOMMENDERS.build({"name": "als", "factors": 1000}).fit(data).score([Query.of([0])])[0]
    assert scores[0] > 0
    assert np.isnan(scores[2])


def test_nothing_liked_is_no_opinion():
    data = dataset()
    log = data.interactions
    data = replace(data, interactions=replace(log, sign=np.zeros(len(log), np.int8)))
    assert np.isnan(RECOMMENDERS.build("als").fit(data).score([Query.of([0, 1])])).all()


@pytest.mark.parametrize("wrong", [{"factors": 0}, {"reg": 0}, {"zeros": 0}, {"decay": 1.5}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(BadSetting, match=next(iter(wrong))):
        RECOMMENDERS.build({"name": "als", **wrong})
