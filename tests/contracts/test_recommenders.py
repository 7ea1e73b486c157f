"""What every recommender keeps, whatever its name."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset, features, item_vectors, tastes
from tastemaker.core import NotFitted, Run, settings_of
from tastemaker.data import Features, ItemVectors, Query, queries
from tastemaker.models import RECOMMENDERS, Embeds, load

NAMES = RECOMMENDERS.names()
SEQUENCES = ["transformer", "gru", "cnn"]
GRAPHS = ["lightgcn", "freedom", "alpharec", "mm_graph"]
PAIRWISE = ["bpr", "vbpr", "neumf"]
SLOW = [*SEQUENCES, *GRAPHS, *PAIRWISE, "two_tower"]
QUICK = {"multimodal_mlp": {"epochs": 2}, **{name: {"epochs": 2, "dim": 8} for name in SLOW}}
NEIGHBOURS = ["als", "ease", "item_knn", "mf", "rp3beta", "session_knn", "slim", "user_knn"]
PERSONAL = [*NEIGHBOURS, "content", "fallback"]


def make(name, **settings):
    return RECOMMENDERS.build({"name": name, **QUICK.get(name, {}), **settings})


def fitted(name, seed=0, data=None, run=None, **settings):
    given = {"items": item_vectors(seed), "features": features(seed)}
    return make(name, **settings).fit(dataset(seed) if data is None else data, **given, run=run or Run(device="cpu"))


def everyone(data):
    return queries(data, range(len(data.users)))


@pytest.mark.parametrize("name", NAMES)
def test_carries_its_name(name):
    assert make(name).name == name


@pytest.mark.parametrize("name", NAMES)
def test_refuses_use_before_fit(name):
    with pytest.raises(NotFitted, match="has not been fitted"):
        make(name).recommend([Query.of([1])])
    with pytest.raises(NotFitted):
        make(name).state()


@pytest.mark.parametrize("name", NAMES)
def test_scores_have_the_shape_and_type_and_are_never_infinite(name):
    data = dataset()
    scores = fitted(name, data=data).score(everyone(data))
    assert scores.shape == (20, 15)
    assert scores.dtype == np.float32
    assert not np.isinf(scores).any()


@pytest.mark.parametrize("name", NAMES)
def test_never_recommends_the_history(name):
    data = dataset()
    recs = fitted(name, data=data).recommend(everyone(data), 15)
    assert recs.items.dtype == np.int32
    assert recs.scores.dtype == np.float32
    for query, items in zip(everyone(data), recs.items, strict=True):
        assert not set(query.history.tolist()) & set(items.tolist())


@pytest.mark.parametrize("name", NAMES)
def test_a_score_is_the_inner_product_where_vectors_are_shown(name):
    data = dataset()
    model, asked = fitted(name, data=data), [*everyone(data), Query(None)]
    if isinstance(model, Embeds):
        where, items = model.query_vectors(asked), model.item_vectors()
        speaks = where.any(axis=1)[:, None] & items.any(axis=1)
        want = np.where(speaks, where @ items.T, np.nan)
        np.testing.assert_allclose(model.score(asked), want, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_lists_are_sorted_and_name_each_item_once(name):
    data = dataset(n=120)
    recs = fitted(name, data=data).recommend(everyone(data), 15)
    for items, scores in zip(recs.items, recs.scores, strict=True):
        there = items >= 0
        assert len(set(items[there].tolist())) == there.sum()
        assert (np.diff(scores[there]) <= 0).all()
        assert np.isneginf(scores[~there]).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_history_may_come_again_with_repeat(name):
    data = dataset()
    recs = fitted(name, data=data).recommend(everyone(data), 15, repeat=True)
    taken = [set(q.history.tolist()) & set(r.tolist()) for q, r in zip(everyone(data), recs.items, strict=True)]
    assert any(taken)


@pytest.mark.parametrize("name", NAMES)
def test_only_allowed_items_are_listed(name):
    data = dataset()
    model, asked = fitted(name, data=data), everyone(data)
    some = np.arange(15) % 2 == 0
    recs = model.recommend(asked, 15, allowed=some)
    assert (recs.items[recs.items >= 0] % 2 == 0).all()
    each = np.random.default_rng(0).random((20, 15)) < 0.5
    recs = model.recommend(asked, 15, allowed=each)
    for row, items in enumerate(recs.items):
        assert each[row, items[items >= 0]].all()


@pytest.mark.parametrize("name", NAMES)
def test_lists_longer_than_the_catalogue_are_padded(name):
    recs = fitted(name).recommend([Query.of([0, 1])], 40)
    assert recs.items.shape == (1, 40)
    assert (recs.items[0, 13:] == -1).all()


@pytest.mark.parametrize("name", NAMES)
def test_nobody_asking_is_no_error(name):
    assert fitted(name).recommend([], 3).items.shape == (0, 3)


@pytest.mark.parametrize("name", NAMES)
def test_saving_changes_nothing(name, tmp_path):
    data = dataset()
    model = fitted(name, data=data)
    model.save(tmp_path / "m")
    again = load(tmp_path / "m")
    assert settings_of(again) == settings_of(model)
    asked = [*everyone(data), Query.of([1, 2, 3]), Query(None)]
    np.testing.assert_array_equal(again.score(asked), model.score(asked))


@pytest.mark.parametrize("name", NAMES)
def test_fitting_twice_is_fitting_once(name):
    data, other = dataset(), dataset(seed=5, n=120)
    once = fitted(name, data=data).score(everyone(data))
    model = fitted(name, data=other)
    model.fit(data, items=item_vectors(), features=features(), run=Run(device="cpu"))
    np.testing.assert_allclose(model.score(everyone(data)), once, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_equal_seeds_give_equal_results(name):
    data = dataset()
    one, other = (fitted(name, data=data, run=Run(seed=7, device="cpu")).score(everyone(data)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_does_not_depend_on_who_else_asks(name):
    data = dataset()
    model, asked = fitted(name, data=data), everyone(data)
    alone = np.concatenate([model.score([q]) for q in asked])
    np.testing.assert_allclose(model.score(asked), alone, rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "popular"])
def test_a_changed_history_changes_the_answer(name):
    data = dataset()
    model = fitted(name, data=data)
    before, after = (model.score([Query.of(h, user=3)]) for h in ([0, 1, 2], [8, 9, 10]))
    assert not np.array_equal(before, after, equal_nan=True)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "multimodal_mlp"])
def test_a_stranger_is_answered_like_a_known_user_with_his_history(name):
    data = dataset()
    model, known = fitted(name, data=data), everyone(data)
    unknown = [replace(q, user=None) for q in known]
    np.testing.assert_array_equal(model.recommend(known, 5).items, model.recommend(unknown, 5).items)


@pytest.mark.parametrize("name", NAMES)
def test_a_stranger_with_a_history_gets_a_list(name):
    recs = fitted(name).recommend([Query.of([4, 5])], 3)
    assert (recs.items >= 0).all()


@pytest.mark.parametrize("name", PERSONAL)
def test_tastes_are_told_apart(name):
    data, items = tastes()
    model = make(name).fit(data, items=items)
    recs = model.recommend(everyone(data), 3)
    hits = (recs.items % 3 == np.arange(40)[:, None] % 3).mean()
    assert hits > 0.6


@pytest.mark.parametrize("name", [*NEIGHBOURS, *GRAPHS, "content"])
def test_an_empty_history_gives_no_opinion(name):
    assert np.isnan(fitted(name).score([Query(None)])).all()


@pytest.mark.parametrize("name", ["popular", "fallback"])
def test_a_stranger_without_history_gets_what_is_popular(name):
    data = dataset(n=120)
    counts = np.bincount(data.interactions.item, minlength=15)
    recs = fitted(name, data=data).recommend([Query(None)], 3)
    assert counts[recs.items[0]].tolist() == sorted(counts, reverse=True)[:3]


@pytest.mark.parametrize("name", [*NEIGHBOURS, "popular"])
def test_items_that_nobody_took_get_no_opinion_and_need_no_vectors(name):
    data = dataset(n=150, items=14)
    data = replace(data, items=dataset(items=16).items)
    scores = make(name).fit(data).score(everyone(data))
    assert np.isnan(scores[:, 14:]).all()
    assert np.isfinite(scores[:, :14]).any()


@pytest.mark.parametrize("name", ["content", "fallback"])
def test_items_that_nobody_took_are_scored_by_their_content(name):
    data, items = tastes()
    rows = np.flatnonzero(data.interactions.item < 27)
    model = make(name).fit(data.only(rows), items=items)
    scores = model.score(everyone(data.only(rows)))
    assert np.isfinite(scores[:, 27:]).all()
    best = scores[:, 27:].argmax(axis=1)  # items 27, 28, 29 are of kinds 0, 1, 2
    if name == "content":
        assert (best == np.arange(40) % 3).mean() > 0.8


@pytest.mark.parametrize("name", [*NEIGHBOURS, "popular"])
def test_neutral_and_negative_events_teach_no_liking(name):
    data = dataset(n=150)
    log = data.interactions
    sign = np.where(log.item == 4, np.int8(-1), np.where(log.item == 5, np.int8(0), np.int8(1)))
    data = replace(data, interactions=replace(log, sign=sign.astype(np.int8)))
    scores = make(name).fit(data).score([Query.of([1, 2, 3])])
    assert not (scores[:, 4:6] > 0).any()


@pytest.mark.parametrize("name", [*NEIGHBOURS, "content"])
def test_disliked_items_push_similar_ones_down(name):
    data, items = tastes()
    model = make(name, dislike=0.5).fit(data, items=items)
    plain = Query.of([1, 3, 6])
    against = replace(plain, sign=np.array([-1, 1, 1], np.int8))
    without = Query.of([3, 6])
    kind = np.arange(30) % 3 == 1
    hated, ignored = model.score([against])[0], model.score([without])[0]
    assert np.nanmean(hated[kind]) < np.nanmean(ignored[kind])


@pytest.mark.parametrize("name", NAMES)
def test_nan_vectors_and_absent_items_are_never_answered_with_infinity(name):
    items = item_vectors()
    known = np.arange(15) < 12
    bare = ItemVectors(items.vectors * known[:, None], known)
    data = dataset()
    lacking = {k: Features(f.source, f.vectors * known[:, None], f.present & known) for k, f in features().items()}
    scores = make(name).fit(data, items=bare, features=lacking, run=Run(device="cpu")).score(everyone(data))
    assert not np.isinf(scores).any()
    if name == "content":
        assert np.isnan(scores[:, 12:]).all()


@pytest.mark.parametrize("name", ["item_knn", "rp3beta", "ease", "slim", "content"])
def test_contributions_sum_to_the_score(name):
    data = dataset(n=120)
    model = fitted(name, data=data)
    query = replace(everyone(data)[2], sign=np.sign(np.arange(len(everyone(data)[2].history)) - 1).astype(np.int8))
    scores = model.score([query])[0]
    for item in np.flatnonzero(np.isfinite(scores)):
        assert model.contributions(query, int(item)).sum() == pytest.approx(scores[item], rel=1e-4, abs=1e-6)
