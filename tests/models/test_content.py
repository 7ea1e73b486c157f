"""Content: likeness, what behaviour teaches, what attributes say."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset, item_vectors, tastes
from tastemaker.core import BadSetting
from tastemaker.data import Features, ItemVectors, Query, queries
from tastemaker.models import RECOMMENDERS, load
from tastemaker.models.linear import factors, ridge
from tastemaker.models.sparse import liked


def content(data, items, **more):
    settings = {k: more.pop(k) for k in list(more) if k != "users"}
    return RECOMMENDERS.build({"name": "content", **settings}).fit(data, items=items, **more)


def clubs(data):
    """One-hot club of each user, as the encoder of attributes would give it."""
    vectors = np.eye(3, dtype=np.float32)[np.arange(len(data.users)) % 3]
    return {"attributes": Features("attributes", vectors, np.ones(len(vectors), bool))}


def test_likeness_alone_sorts_by_centred_cosine():
    data, items = tastes()
    model = content(data, items, learning="none")
    centred = items.vectors - items.vectors.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    scores = model.score([Query.of([2, 5])])[0]
    wanted = unit @ (unit[2] + unit[5])
    np.testing.assert_allclose(scores * wanted.std() - wanted, (scores * wanted.std() - wanted).mean(), atol=1e-5)


def test_refuses_to_work_without_vectors():
    with pytest.raises(BadSetting, match="'content' ranks by item vectors"):
        RECOMMENDERS.build("content").fit(dataset())


def shuffled_but_telling(seed=0):
    """Vectors in which one faint direction tells the taste and loud ones say nothing."""
    data, _ = tastes(seed, users=300, items=90, each=12)
    rng = np.random.default_rng(seed)
    faint = np.eye(3)[np.arange(90) % 3]
    vectors = np.concatenate([faint, 2 * rng.normal(size=(90, 6))], axis=1).astype(np.float32)
    return data, ItemVectors(vectors, np.ones(90, bool))


def hits_on_new(model, data, new):
    allowed = np.zeros(90, bool)
    allowed[new:] = True
    recs = model.recommend(queries(data, range(300)), 3, allowed=allowed)
    return (recs.items % 3 == np.arange(300)[:, None] % 3).mean()


def test_behaviour_teaches_which_content_matters():
    data, items = shuffled_but_telling()
    warm = data.only(np.flatnonzero(data.interactions.item < 72))
    taught, alike = (hits_on_new(content(warm, items, learning=how), warm, 72) for how in ("ridge", "none"))
    assert taught > alike + 0.05
    assert taught > 0.6


def test_a_liked_item_that_training_never_saw_counts_for_its_content():
    data, items = tastes()
    model = content(data.only(np.flatnonzero(data.interactions.item < 27)), items)
    best = model.recommend([Query.of([28])], 5).items[0]
    assert (best % 3 == 1).mean() >= 0.8


@pytest.mark.parametrize("n", [0, 1, 3])
def test_little_behaviour_is_no_error(n):
    data, items = tastes()
    model = content(data.only(np.arange(n)), items)
    assert np.isfinite(model.score([Query.of([1, 2])])).all()


def test_more_dimensions_than_items_is_no_error():
    data = dataset()
    wide = item_vectors(dim=60)
    assert np.isfinite(content(data, wide, reg=3.0).score([Query.of([1])])).all()


def test_vectors_without_any_known_item_give_no_opinion():
    data = dataset()
    none = ItemVectors(np.zeros((15, 4), np.float32), np.zeros(15, bool))
    assert np.isnan(content(data, none).score(queries(data, range(20)))).all()


def test_attributes_speak_for_users_who_did_nothing_yet():
    data, items = tastes(users=60)
    users = clubs(data)
    model = content(data, items, users=users)
    asked = [Query(None, profile={"attributes": users["attributes"].vectors[u]}) for u in range(3)]
    recs = model.recommend(asked, 5).items
    assert (recs % 3 == np.arange(3)[:, None]).mean() > 0.8
    assert np.isnan(model.score([Query(None)])).all()


def test_a_history_outweighs_attributes_in_the_end():
    data, items = tastes(users=60)
    model = content(data, items, users=clubs(data))
    of_club_0 = {"attributes": np.eye(3, dtype=np.float32)[0]}
    query = replace(Query.of([1, 4, 7, 10, 13, 16, 19, 22]), profile=of_club_0)
    assert (model.recommend([query], 2).items % 3 == 1).all()


def test_contributions_leave_to_attributes_what_is_theirs():
    data, items = tastes(users=60)
    model = content(data, items, users=clubs(data))
    query = replace(Query.of([1, 4]), profile={"attributes": np.eye(3, dtype=np.float32)[0]})
    whole, alone = model.contributions(query, 7), model.contributions(Query.of([1, 4]), 7)
    np.testing.assert_allclose(whole, alone / 2, rtol=1e-5)


def test_other_user_vectors_than_attributes_are_left_out():
    data, items = tastes(users=60)
    texts = {"minilm": replace(clubs(data)["attributes"], source="text")}
    asked = [Query(None, profile={"minilm": np.ones(3, np.float32)})]
    assert np.isnan(content(data, items, users=texts).score(asked)).all()


def test_what_attributes_say_is_saved(tmp_path):
    data, items = tastes(users=60)
    model = content(data, items, users=clubs(data))
    model.save(tmp_path / "m")
    asked = [Query(None, profile={"attributes": np.eye(3, dtype=np.float32)[n]}) for n in range(3)]
    np.testing.assert_array_equal(load(tmp_path / "m").score(asked), model.score(asked))


def test_scores_are_products_of_its_vectors():
    data, items = tastes()
    model, asked = content(data, items), [Query.of([1, 2]), Query.of([3])]
    np.testing.assert_allclose(model.query_vectors(asked) @ model.item_vectors().T, model.score(asked), rtol=1e-6)


def test_ridge_is_the_normal_equations():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4)), rng.normal(size=(30, 2))
    line = ridge(x, y, 2.0)
    centred = x - x.mean(axis=0)
    weights = np.linalg.solve(centred.T @ centred + 2 * np.eye(4), centred.T @ (y - y.mean(axis=0)))
    np.testing.assert_allclose(line.weights, weights)
    np.testing.assert_allclose(line(x[:1]), (x[:1] - x.mean(axis=0)) @ weights + y.mean(axis=0))


def test_ridge_predicts_the_mean_where_nothing_is_told():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5))
    y = np.stack([x[:, 0] * 3, rng.normal(size=200)], axis=1)
    told, untold = ridge(x, y)(x).std(axis=0)
    assert told == pytest.approx(y[:, 0].std(), rel=0.02)
    assert untold < 0.15


@pytest.mark.parametrize("shape", [(500, 60), (60, 500), (450, 500)])
def test_factors_rebuild_the_strongest_directions(shape):
    data = dataset(users=shape[0], items=shape[1], n=4000)
    taken = liked(data)
    size, items = factors(taken, 5, seed=0)
    wanted = np.linalg.svd(taken.toarray(), compute_uv=False)[:5]
    np.testing.assert_allclose(size, wanted, rtol=1e-5)
    np.testing.assert_allclose(items.T @ items, np.eye(5), atol=1e-6)
