"""Neighbours over sequences, against the formula worked by hand."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset, names
from tastemaker.core import BadSetting
from tastemaker.data import Dataset, Interactions, Query, queries
from tastemaker.models import RECOMMENDERS, session_knn

# u0: 0 1 2, u1: 2 1 3, u2: 4
LOG = Interactions.of([0, 0, 0, 1, 1, 1, 2], [0, 1, 2, 2, 1, 3, 4], time=np.arange(7) * 86_400)
SMALL = replace(Dataset(names("u", 3), names("i", 6), LOG), clock="time")
PLAIN = {"decay": 0.5, "reach": 2.0, "behind": 0.25, "length": 0.5, "popularity": 0.0}


def scores(query, data=SMALL, **settings):
    model = RECOMMENDERS.build({"name": "session_knn", **PLAIN, **settings}).fit(data)
    return model.score([query])[0]


def test_by_hand():
    got = scores(Query.of([2, 1]))
    sim = (0.5 * np.log(3 / 2) + np.log(3 / 2)) / np.sqrt(3)  # both sessions hold both items
    step = np.exp(-1 / 2)
    assert got[3] == pytest.approx(sim * step, rel=1e-5)  # just after item 1 in u1
    assert got[0] == pytest.approx(0.25 * sim * step, rel=1e-5)  # just before item 1 in u0
    assert np.isnan(got[[4, 5]]).all()


def test_the_shared_item_liked_last_counts_the_steps():
    got = scores(Query.of([0, 2]), rarity=0.0, length=0.0, behind=1.0)
    assert got[3] == pytest.approx(np.exp(-2 / 2))  # two steps after item 2 in u1, weight 1
    assert got[1] == pytest.approx(1.5 * np.exp(-1 / 2) + np.exp(-1 / 2))


def test_without_an_order_steps_do_not_matter():
    got = scores(Query.of([2, 1]), replace(SMALL, clock="none"), rarity=0.0, length=0.0)
    assert got[3] == got[0] == pytest.approx(2.0)


def test_visits_are_sessions_where_the_data_number_them():
    log = replace(LOG, session=np.array([7, 7, 8, 7, 7, 7, 7], np.int32))
    data = replace(SMALL, interactions=log)
    assert np.isnan(scores(Query.of([0]), data)[2])
    assert scores(Query.of([0]), data, visits=False)[2] > 0


def test_neighbours_of_long_ago_fade():
    query = replace(Query.of([1]), time=np.array([6 * 86_400]))
    always, fading = scores(query), scores(query, fresh=2.0)
    assert fading[0] / always[0] == pytest.approx(np.exp(-5 / 2), rel=1e-5)
    assert fading[3] / always[3] == pytest.approx(np.exp(-2 / 2), rel=1e-5)


def test_only_the_newest_sessions_of_an_item_are_looked_at():
    got = scores(Query.of([1]), sample=1)
    assert np.isnan(got[0])
    assert got[3] > 0


def test_a_known_user_is_not_his_own_neighbour():
    assert np.isnan(scores(Query.of([4], user=2))).all()
    assert np.isfinite(scores(Query.of([4]))).any()


def test_blocks_change_nothing(monkeypatch):
    data = replace(dataset(n=150), clock="positions")
    model = RECOMMENDERS.build({"name": "session_knn", "k": 5}).fit(data)
    asked = queries(data, range(len(data.users)))
    whole = model.score(asked)
    monkeypatch.setattr(session_knn, "WORK", 20)
    np.testing.assert_array_equal(model.score(asked), whole)


@pytest.mark.parametrize("wrong", [{"k": 0}, {"reach": 0.0}, {"behind": 1.5}, {"fresh": -1}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(BadSetting, match=next(iter(wrong))):
        RECOMMENDERS.build({"name": "session_knn", **wrong})
