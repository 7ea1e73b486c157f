"""The closed-form regression over items, against its definition."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset, item_vectors, names
from tastemaker.core import BadSetting
from tastemaker.data import Dataset, Interactions, ItemVectors, Query, queries
from tastemaker.models import RECOMMENDERS, dense, sparse, steps


def make(**settings):
    return RECOMMENDERS.build({"name": "ease", "content": 0, "order": 0, **settings})


@pytest.fixture(scope="module")
def data():
    return dataset(users=60, items=20, n=500)


def weights(model, items):
    return np.stack([model.score([Query.of([j])])[0] for j in range(items)])


def test_the_weights_solve_the_regression_of_each_item_on_the_others(data):
    x = sparse.liked(data).toarray().astype(float)
    found = weights(make(reg=7).fit(data), 20)
    for item in (0, 7):
        others = np.delete(x, item, axis=1)
        best = np.linalg.solve(others.T @ others + 7 * np.eye(19), others.T @ x[:, item])
        np.testing.assert_allclose(np.delete(found[:, item], item), best, atol=1e-5)
    assert (np.diag(found) == 0).all()


def test_dropout_penalises_items_by_their_popularity(data):
    x = sparse.liked(data).toarray().astype(float)
    gram = x.T @ x
    inverse = np.linalg.inv(gram + np.diag(np.diag(gram)) * 0.5 / 0.5 + 7 * np.eye(20))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(weights(make(reg=7, dropout=0.5).fit(data), 20), expected, atol=1e-5)


def test_content_is_rows_under_the_matrix(data):
    vectors = item_vectors(items=20).vectors
    unit = vectors - vectors.mean(axis=0)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    rows = np.concatenate([sparse.liked(data).toarray(), np.sqrt(3) * unit.T])
    inverse = np.linalg.inv(rows.T @ rows + 7 * np.eye(20))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    model = make(reg=7, content=3).fit(data, items=ItemVectors(vectors, np.ones(20, bool)))
    np.testing.assert_allclose(weights(model, 20), expected, atol=1e-5)


def test_an_item_without_likes_is_scored_by_its_content_and_one_without_either_not(data):
    wide = replace(data, items=names("i", 22))
    vectors = item_vectors(items=22).vectors
    vectors[20] = vectors[3]
    items = ItemVectors(vectors, np.arange(22) < 21)
    scores = make(content=20).fit(wide, items=items).score([Query.of([3]), Query.of([21])])
    assert scores[0, 20] == np.nanmax(scores[0])
    assert np.isnan(scores[0, 21])
    assert np.isnan(scores[1]).all()


def test_well_rated_items_weigh_more(data):
    model = make(value=1.0, decay=1.0).fit(data)
    rated = replace(Query.of([3, 5]), value=np.array([5, 1], np.float32))
    each = weights(model, 20)
    np.testing.assert_allclose(model.score([rated])[0], each[3] * 5 / 3 + each[5] / 3, rtol=1e-4, atol=1e-6)


def test_small_penalties_are_solved_in_double_precision():
    data = dataset(users=400, items=20, n=7600)
    x = sparse.liked(data).toarray().astype(float)
    inverse = np.linalg.inv(x.T @ x + 1e-3 * np.eye(20))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(weights(make(reg=1e-3).fit(data), 20), expected, atol=1e-5)


def test_large_catalogues_are_refused_with_what_they_would_need(data):
    with pytest.raises(BadSetting, match=r"over 20 items needs .* GiB .* choose 'rp3beta'"):
        make(limit=19).fit(data)


def test_the_inverse_is_that_of_numpy_across_tiles(monkeypatch):
    monkeypatch.setattr(dense, "TILE", 7)
    x = np.random.default_rng(0).normal(size=(40, 23))
    matrix = x.T @ x + np.eye(23)
    np.testing.assert_allclose(dense.invert(matrix.copy()), np.linalg.inv(matrix), atol=1e-9)


def test_a_matrix_without_an_inverse_is_refused():
    with pytest.raises(BadSetting, match="larger `reg`"):
        dense.invert(-np.eye(3))


def test_histories_of_a_whole_data_set_are_answered(data):
    assert np.isfinite(make().fit(data).score(queries(data, range(60)))).all()


def by_hand(data, decay):
    """Histories before each step, and what came then, written out."""
    before, following = [], []
    for query in queries(data, range(len(data.users))):
        for n in range(len(query.history)):
            row = np.zeros(len(data.items))
            row[query.history[:n]] = decay ** np.arange(n)[::-1]
            before.append(row)
            following.append(np.eye(len(data.items))[query.history[n]])
    return np.array(before), np.array(following)


@pytest.mark.parametrize("full", [0.0, 1.0])
def test_order_solves_the_regression_of_the_next_item_on_the_faded_history(data, monkeypatch, full):
    monkeypatch.setattr(dense, "FULL", full)
    x = sparse.liked(data).toarray().astype(float)
    before, following = by_hand(data, 0.5)
    rows = np.concatenate([np.sqrt(0.4) * x, np.sqrt(0.6) * before * (before >= 0.02)])
    aims = np.concatenate([np.sqrt(0.4) * x, np.sqrt(0.6) * following])
    found = weights(make(reg=7, order=0.6, decay=0.5).fit(data), 20)
    for item in (0, 7):
        others = np.delete(rows, item, axis=1)
        best = np.linalg.solve(others.T @ others + 7 * np.eye(19), others.T @ aims[:, item])
        np.testing.assert_allclose(np.delete(found[:, item], item), best, atol=1e-5)


def test_order_tells_what_follows_from_what_goes_before():
    users = np.repeat(np.arange(50), 2)
    log = Interactions.of(users, np.tile([0, 1], 50), time=np.arange(100))
    ordered = Dataset(names("u", 50), names("i", 2), log, clock="time")
    found = weights(make(reg=1, order=0.9).fit(ordered), 2)
    assert found[0, 1] > found[1, 0] + 0.1
    same = weights(make(reg=1, order=0.9).fit(replace(ordered, clock="none")), 2)
    assert same[0, 1] == pytest.approx(same[1, 0])


def test_steps_are_summed_in_blocks(data, monkeypatch):
    whole = steps.step_products(data, 0.8)
    monkeypatch.setattr(steps, "BLOCK", 37)
    for one, other in zip(whole, steps.step_products(data, 0.8), strict=True):
        np.testing.assert_allclose(one.toarray(), other.toarray(), rtol=1e-5)
