import numpy as np
import pytest

from made import dataset, tastes
from tastemaker.core import BadSetting, Run
from tastemaker.data import Query, queries
from tastemaker.models import RECOMMENDERS
from tastemaker.models.blending import blended, scaled

NAN = np.nan


def build(name, **settings):
    return RECOMMENDERS.build({"name": name, **settings})


def test_standard_scores_by_hand():
    scores = np.array([[1.0, 3.0, NAN, 5.0], [NAN, NAN, NAN, NAN]], np.float32)
    root = np.sqrt(8 / 3)
    np.testing.assert_allclose(scaled(scores, "scores"), [[-2 / root, 0, -2 / root, 2 / root], [0] * 4], rtol=1e-6)


def test_reciprocal_ranks_by_hand():
    scores = np.array([[1.0, 3.0, NAN, 3.0]], np.float32)
    np.testing.assert_allclose(scaled(scores, "ranks"), [[1 / 63, 1 / 61, 0, 1 / 62]], rtol=1e-6)


def test_no_opinion_only_where_no_model_with_a_weight_has_one():
    one, other = np.array([[1.0, NAN, NAN]], np.float32), np.array([[NAN, 2.0, NAN]], np.float32)
    assert np.isnan(blended([one, other], np.array([1.0, 1.0]), "scores")).tolist() == [[False, False, True]]
    assert np.isnan(blended([one, other], np.array([1.0, 0.0]), "scores")).tolist() == [[False, True, True]]


def test_given_weights_are_kept_and_a_model_of_weight_0_is_silent():
    data = dataset(n=150)
    alone = build("item_knn").fit(data)
    both = build("ensemble", models=["item_knn", "popular"], weights=[2.0, 0.0]).fit(data)
    asked = queries(data, range(20))
    np.testing.assert_array_equal(both.recommend(asked, 5).items, alone.recommend(asked, 5).items)


def test_strangers_may_be_answered_by_other_weights():
    data = dataset(n=150)
    models = ["item_knn", "popular"]
    whole = build("ensemble", models=models, weights=[1.0, 0.0], strangers=[0.0, 1.0]).fit(data)
    alone = {name: build(name).fit(data) for name in models}
    asked = [*queries(data, range(3)), Query(None), Query(None, np.array([2], np.int32), *[np.zeros(1)] * 4)]
    lists = whole.recommend(asked, 5).items
    np.testing.assert_array_equal(lists[:3], alone["item_knn"].recommend(asked[:3], 5).items)
    np.testing.assert_array_equal(lists[3:], alone["popular"].recommend(asked[3:], 5).items)
    np.testing.assert_array_equal(whole.score(asked[3:]), whole.score(asked)[3:])


def test_chosen_weights_prefer_the_model_that_knows():
    data, items = tastes(users=120, each=10)
    said = []
    build("ensemble", models=["popular", "content"]).fit(data, items=items, run=Run(device="cpu", say=said.append))
    (line,) = [line for line in said if line.startswith("Weights")]
    popular, content = (float(part.split()[-1]) for part in line.split(":")[1].split("(")[0].split(","))
    assert content > popular


def test_wrong_weights_and_models_that_all_refuse_are_errors():
    with pytest.raises(BadSetting, match="one a model"):
        build("ensemble", models=["popular", "item_knn"], weights=[1.0])
    with pytest.raises(BadSetting, match="one a model"):
        build("ensemble", models=["popular", "item_knn"], strangers=[0.0, 0.0])
    with pytest.raises(BadSetting, match="None of the models"):
        build("ensemble", models=["content"], weights=[1.0]).fit(dataset())


@pytest.mark.parametrize("name", ["gru", "cnn", "transformer"])
def test_a_settled_network_takes_the_epochs_that_were_best(name):
    pytest.importorskip("torch")
    data = dataset(n=200)
    model = build(name, dim=8, epochs=4, patience=1).fit(data, validation=data, run=Run(device="cpu"))
    settled = model.settled()
    assert 1 <= settled["epochs"] <= 4
    assert settled["patience"] == 0
    again = RECOMMENDERS.build(settled).fit(data, run=Run(device="cpu"))
    assert again.settled() == settled


def test_a_budget_is_for_all_models_together(monkeypatch):
    from tastemaker.models.popular import Popular

    given = []
    monkeypatch.setattr(Popular, "learn", lambda self, data, given_, run: given.append(run.seconds))
    build("ensemble", models=["popular", "popular", "popular"], weights=[1, 1, 1]).fit(dataset(), run=Run(seconds=50.0))
    assert given[0] <= 50
    assert given == sorted(given, reverse=True)
