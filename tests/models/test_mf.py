"""Rating factors against their formula, and what lists and ratings make of them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from made import dataset, names, tastes
from tastemaker.core import BadSetting
from tastemaker.data import Dataset, Interactions, Query, queries
from tastemaker.models import RECOMMENDERS, Rates
from tastemaker.models.rating_factors import RatingFactors, Side, fit


def rated(users=60, items=40, n=1200, noise=0.3, seed=0):
    """Ratings 1..5 from biases and one factor."""
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(users * items)[:n]
    user, item = pairs // items, pairs % items
    b_u, b_i, p, q = (rng.normal(size=size) for size in (users, items, users, items))
    value = 3 + 0.4 * b_u[user] + 0.4 * b_i[item] + 0.7 * p[user] * q[item] + noise * rng.normal(size=n)
    value = np.clip(value, 1, 5).astype(np.float32)
    sign = np.sign(value - 3).astype(np.int8)
    log = replace(Interactions.of(user, item, value=value, time=np.arange(n)), sign=sign)
    return Dataset(names("u", users), names("i", items), log, clock="time", explicit=True)


def halves(data):
    even = np.arange(len(data.interactions)) % 5 > 0
    return data.only(np.flatnonzero(even)), data.only(np.flatnonzero(~even))


def made(**settings):
    return RECOMMENDERS.build({"name": "mf", **settings})


def error(model, known, held):
    asked, log = queries(known, range(len(known.users))), held.interactions
    told = model.rate([asked[u] for u in log.user], log.item)
    return np.sqrt(np.square(told - log.value).mean())


def test_a_user_is_the_posterior_of_his_ratings():
    rng = np.random.default_rng(0)
    mean, spread = rng.normal(size=(6, 3)), rng.random((6, 3))
    told, prior = rng.normal(size=(6, 3)), np.array([1.0, 2.0, 4.0])
    model = RatingFactors(3.0, 0.5, Side(*(a.astype(np.float32) for a in (mean, spread))), told, prior)
    cells = csr_array((np.array([4.0, 1.0, 5.0]), ([0, 0, 0], [1, 3, 4])), shape=(1, 6))
    near, far = np.c_[mean[:, :2], np.ones(6)][[1, 3, 4]], np.c_[spread[:, :2], np.zeros(6)][[1, 3, 4]]
    gram = near.T @ near + np.diag(far.sum(axis=0)) + 0.5 * np.diag(prior)
    start = told[[1, 3, 4]].sum(axis=0) / np.sqrt(3)
    goal = near.T @ (np.array([4.0, 1.0, 5.0]) - 3 - mean[[1, 3, 4], 2]) + 0.5 * prior * start
    user = model.users(cells)
    np.testing.assert_allclose(user[0], np.linalg.solve(gram, goal), rtol=1e-4)
    want = 3 + user[0, 2] + mean[2, 2] + user[0, :2] @ mean[2, :2]
    assert model.rate(user, np.array([2]))[0] == pytest.approx(want, rel=1e-4)
    assert model.rate(user, np.array([-1]))[0] == pytest.approx(3 + user[0, 2], rel=1e-4)


def test_noise_and_ratings_are_found_where_the_world_is_of_this_kind():
    known, held = halves(rated())
    model = made(factors=4).fit(known)
    spread = held.interactions.value.std()
    assert error(model, known, held) < 0.55 * spread
    assert error(made(factors=4).fit(known), known, held) == error(model, known, held)


def test_factors_that_nothing_speaks_for_do_no_harm():
    known, held = halves(rated())
    few, many = (error(made(factors=n).fit(known), known, held) for n in (2, 20))
    assert many < 1.1 * few


def test_who_rates_an_item_tells_of_it():
    rng = np.random.default_rng(1)
    taste, kind = np.arange(60) % 2, np.arange(80) % 2
    chance = np.where(taste[:, None] == kind[None], 0.3, 0.03)
    user, item = np.nonzero(rng.random((60, 80)) < chance)
    value = np.where(taste[user] == kind[item], 4.0, 2.0)
    cells = csr_array((value, (user, item)), shape=(60, 80))
    model = fit(cells, 4, 1.0, sweeps=range(10), seed=0)
    told = model.rate(np.repeat(model.users(cells)[:2], 2, axis=0), np.array([0, 1, 0, 1]))
    assert told[0] > told[1] + 0.5
    assert told[3] > told[2] + 0.5


def test_strangers_are_rated_like_users_and_ratings_stay_in_range():
    known, held = halves(rated())
    model = made().fit(known)
    assert isinstance(model, Rates)
    asked, log = queries(known, range(60)), held.interactions
    told = model.rate([asked[u] for u in log.user], log.item)
    strangers = [replace(q, user=None) for q in asked]
    np.testing.assert_allclose(model.rate([strangers[u] for u in log.user], log.item), told, rtol=1e-5)
    assert told.min() >= known.interactions.value.min()
    assert told.max() <= known.interactions.value.max()
    assert model.rate([Query(None)], np.array([-1]))[0] == pytest.approx(known.interactions.value.mean(), rel=1e-3)


def test_lists_hold_more_of_what_is_rated_well_as_the_weight_grows():
    known, _ = halves(rated())
    asked = queries(known, range(60))
    means = []
    for weight in (0.0, 1.0):
        model = made(weight=weight, factors=4).fit(known)
        recs = model.recommend(asked, 5)
        means.append(model.rate([q for q in asked for _ in range(5)], recs.items.ravel()).mean())
    assert means[1] > means[0] + 0.2


def test_liking_without_a_rating_is_not_the_lowest_rating():
    model = made().fit(rated())
    told = [model.rate([Query.of([1, 2, 3, 4])], np.array([5]))[0], model.rate([Query(None)], np.array([5]))[0]]
    assert told[0] > told[1] - 0.2


def test_without_ratings_likes_are_rated():
    data, _ = tastes()
    model = made().fit(data)
    asked = queries(data, range(40))
    told = model.rate(asked, np.zeros(40, np.int32))
    np.testing.assert_allclose(told, np.clip(model.score(asked)[:, 0], 0, 1), rtol=1e-4, atol=1e-6)
    assert model.threshold == 0.5


def test_one_rating_for_everything_is_no_error():
    data = dataset(explicit=True)
    model = made().fit(data)
    assert model.rate([Query.of([1])], np.array([2]))[0] == pytest.approx(1, abs=1e-3)
    assert np.isfinite(model.score([Query.of([1])])).any()


@pytest.mark.parametrize("wrong", [{"factors": 0}, {"reg": 0.0}, {"weight": -1.0}, {"decay": 0.0}])
def test_refuses_settings_out_of_range(wrong):
    with pytest.raises(BadSetting):
        made(**wrong)
