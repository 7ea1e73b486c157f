"""Fallback: who speaks when."""

import numpy as np
import pytest

from made import dataset, item_vectors, tastes
from tastemaker.core import BadSetting, Run, SavedError
from tastemaker.data import Query, queries
from tastemaker.models import RECOMMENDERS, load
from tastemaker.models.fallback import Fallback, _below
from tastemaker.models.popular import Popular


def test_the_first_opinion_stands_and_the_others_stay_below_it():
    data, items = tastes(items=31)
    rows = np.flatnonzero(data.interactions.item < 25)
    model = RECOMMENDERS.build("fallback").fit(data.only(rows), items=items)
    asked = queries(data.only(rows), range(40))
    first, whole = model.models[0].score(asked), model.score(asked)
    heard = ~np.isnan(first)
    np.testing.assert_array_equal(whole[heard], first[heard])
    for row in range(40):
        assert whole[row, ~heard[row]].max() < whole[row, heard[row]].min()


def test_the_order_of_each_model_is_kept_below():
    out = np.array([[1e6, np.nan, np.nan, np.nan], [np.nan] * 4], np.float32)
    other = np.array([[0, 1e-9, 3e-9, np.nan], [5, 4, 4, np.nan]], np.float32)
    below = _below(out, other)
    assert 1e6 > below[0, 2] > below[0, 1]
    assert below[1, 0] > below[1, 1] == below[1, 2]
    assert np.isnan(below[:, 3]).all()


def test_everyone_gets_a_full_list():
    data = dataset(n=60)
    model = RECOMMENDERS.build("fallback").fit(data, items=item_vectors())
    assert (model.recommend([Query(None), *queries(data, range(20))], 5).items >= 0).all()


def test_models_that_need_vectors_are_passed_over_where_there_are_none(tmp_path):
    said = []
    model = Fallback().fit(dataset(), run=Run(say=said.append))
    assert said == ["note: content is passed over: it would need item vectors, and there are none"]
    model.save(tmp_path / "m")
    asked = queries(dataset(), range(20))
    np.testing.assert_array_equal(load(tmp_path / "m").score(asked), model.score(asked))


def test_refuses_to_have_nobody_who_can_speak():
    with pytest.raises(BadSetting, match="need item vectors"):
        Fallback(models=["content"]).fit(dataset())
    with pytest.raises(BadSetting, match="models"):
        RECOMMENDERS.build({"name": "fallback", "models": []})


def test_models_may_be_names_specifications_components_and_fallbacks(tmp_path):
    inner = {"name": "fallback", "models": ["rp3beta", {"name": "item_knn", "shrink": 3}]}
    model = Fallback(models=[inner, Popular(half_life=2.0)]).fit(dataset(), items=item_vectors())
    model.save(tmp_path / "m")
    again = load(tmp_path / "m")
    assert again.models[0].models[1].shrink == 3
    np.testing.assert_array_equal(again.score([Query.of([1])]), model.score([Query.of([1])]))


def test_a_state_of_other_models_is_refused():
    state = dict(Fallback(models=["popular"]).fit(dataset()).state())
    with pytest.raises(SavedError):
        Fallback().restore(state)
