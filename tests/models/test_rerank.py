"""Re-ranking: each step by hand, nothing changed at trade 0, more breadth above it."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset, tastes
from tastemaker.core import BadSetting, Run, TastemakerError
from tastemaker.data import Column, ItemVectors, Query, queries
from tastemaker.evaluation.metrics.calibration import Calibration
from tastemaker.evaluation.metrics.diversity import Diversity
from tastemaker.models import RECOMMENDERS
from tastemaker.models.ranking import Wish, rank
from tastemaker.models.rerank.likeness import narrow
from tastemaker.models.rerank.top import falling, greedy, relevance

NAMES = ["mmr", "dpp", "calibrated"]
KINDS = ["a", "b", "c", "a|b", ""]


def shelves(seed=0):
    """Behaviour, vectors and categories."""
    data, items = tastes(seed, items=60, users=50)
    label = np.array([KINDS[n % 5] for n in range(60)], object)
    return replace(data, item_attributes={"genre": Column("category", label)}), items


def fitted(name, data, items, **settings):
    return RECOMMENDERS.build({"name": name, "model": "item_knn", **settings}).fit(data, items=items)


def by_hand(scores, trade, worth):
    """Greedy over candidates that stand in order; `worth` of a candidate beside those in the list."""
    r = (scores - scores.min()) / (scores.max() - scores.min())
    taken = []
    for _ in scores:
        gain = [-np.inf if c in taken else (1 - trade) * r[c] + trade * worth(c, taken) for c in range(len(scores))]
        taken.append(int(np.argmax(gain)))
    return taken


def candidates(model, query, depth):
    recs = model.model.recommend([query], depth)
    there = recs.items[0] >= 0
    return recs.items[0, there], recs.scores[0, there].astype(float)


def cosines(items, vectors):
    centred = vectors.vectors - vectors.vectors.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return unit[items].astype(float) @ unit[items].T.astype(float)


@pytest.mark.parametrize("user", range(5))
def test_mmr_takes_what_is_unlike_the_nearest_of_the_list(user):
    data, vectors = shelves()
    model, query = fitted("mmr", data, vectors, depth=8, trade=0.4), queries(data, [user])[0]
    items, scores = candidates(model, query, 8)
    cos = cosines(items, vectors)
    want = by_hand(scores, 0.4, lambda c, taken: -max(cos[c, taken]) if taken else 0)
    assert model.recommend([query], 8).items[0].tolist() == items[want].tolist()


@pytest.mark.parametrize("user", range(5))
def test_dpp_takes_what_adds_most_to_the_determinant(user):
    data, vectors = shelves()
    model, query = fitted("dpp", data, vectors, depth=5, trade=0.3), queries(data, [user])[0]
    items, scores = candidates(model, query, 5)
    kernel = (1 + cosines(items, vectors)) / 2

    def gain(c, taken):
        both = [*taken, c]
        before = np.linalg.det(kernel[np.ix_(taken, taken)]) if taken else 1
        return np.log(max(np.linalg.det(kernel[np.ix_(both, both)]) / max(before, 1e-12), 1e-5))

    want = by_hand(scores, 0.3, gain)[:3]  # beyond, the three dimensions are spanned
    assert model.recommend([query], 3).items[0].tolist() == items[want].tolist()


@pytest.mark.parametrize("user", range(5))
def test_calibrated_takes_what_brings_the_shares_nearer(user):
    data, vectors = shelves()
    model, query = fitted("calibrated", data, vectors, depth=8, trade=0.6), queries(data, [user])[0]
    items, scores = candidates(model, query, 8)
    shares = {label: np.eye(3)[["abc".index(one) for one in label.split("|") if one]] for label in KINDS}
    part = np.array([shares[KINDS[n % 5]].mean(axis=0) if KINDS[n % 5] else np.zeros(3) for n in range(60)])
    p = part[query.history].sum(axis=0)
    p /= p.sum()

    def worth(c, taken):
        held = part[items[[*taken, c]]].sum(axis=0)
        q = held / held.sum() if held.sum() > 0 else held
        smooth, there = 0.99 * q + 0.01 * p, p > 0
        return -np.sum(p[there] * np.log(p[there] / smooth[there]))

    want = by_hand(scores, 0.6, worth)
    assert model.recommend([query], 8).items[0].tolist() == items[want].tolist()


@pytest.mark.parametrize("name", NAMES)
def test_trade_0_is_the_model_itself(name):
    data, vectors = shelves()
    model, asked = fitted(name, data, vectors, trade=0.0), queries(data, range(50))
    np.testing.assert_array_equal(model.score(asked), model.model.score(asked))
    ours, theirs = model.recommend(asked, 20), model.model.recommend(asked, 20)
    np.testing.assert_array_equal(ours.items, theirs.items)
    np.testing.assert_array_equal(ours.scores, theirs.scores)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("inner", ["item_knn", {"name": "popular", "recent": 1e-9}])
def test_lists_are_those_of_the_scores_and_short_lists_begin_long_ones(name, inner):
    data, vectors = shelves()
    model, asked = fitted(name, data, vectors, model=inner, depth=12, trade=0.5), queries(data, range(50))
    long = model.recommend(asked, 30).items
    np.testing.assert_array_equal(long, rank(model.score, asked, Wish(30)).items)
    np.testing.assert_array_equal(model.recommend(asked, 7).items, long[:, :7])
    others = model.model.recommend(asked, 30).items
    np.testing.assert_array_equal(np.sort(long[:, :12]), np.sort(others[:, :12]))
    np.testing.assert_array_equal(long[:, 12:], others[:, 12:])


@pytest.mark.parametrize("name", NAMES)
def test_only_what_may_be_listed_is_a_candidate(name):
    data, vectors = shelves()
    model, asked, allowed = (
        fitted(name, data, vectors, depth=5, trade=0.9),
        queries(data, range(50)),
        np.zeros(60, bool),
    )
    allowed[40:] = True
    recs, plain = model.recommend(asked, 5, allowed=allowed), model.model.recommend(asked, 5, allowed=allowed)
    assert (recs.items >= 40).all()
    np.testing.assert_array_equal(np.sort(recs.items), np.sort(plain.items))
    assert (recs.items != plain.items).any()


def test_lists_become_more_diverse_and_better_calibrated():
    data, vectors = shelves()
    asked = queries(data, range(50))

    def measured(metric, name, trade):
        recs = fitted(name, data, vectors, trade=trade).recommend(asked, 10)
        return np.nanmean(metric.measure(recs, data, data, items=vectors))

    for name in ("mmr", "dpp"):
        figures = [measured(Diversity(), name, trade) for trade in (0, 0.2, 0.8)]
        assert figures[0] + 0.02 < figures[1] < figures[2]
    figures = [measured(Calibration(), "calibrated", trade) for trade in (0, 0.2, 0.8)]
    assert figures[0] - 0.02 > figures[1] > figures[2]


def test_likeness_comes_from_behaviour_where_there_is_no_content():
    data, vectors = shelves()
    for name in ("mmr", "dpp"):
        plain = fitted(name, data, None, trade=0.0).recommend(queries(data, range(50)), 6)
        mixed = fitted(name, data, None, trade=0.5).recommend(queries(data, range(50)), 6)
        metric = Diversity(k=6)
        before, after = (metric.measure(recs, data, data, items=vectors).mean() for recs in (plain, mixed))
        assert after > before


def test_without_categories_calibrated_says_that_it_changes_nothing():
    said, data = [], dataset()
    model = RECOMMENDERS.build({"name": "calibrated", "trade": 1.0}).fit(data, run=Run(say=said.append))
    assert said == ["note: calibrated changes nothing: the items have no categories."]
    asked = [*queries(data, range(20)), Query(None)]
    np.testing.assert_array_equal(model.recommend(asked, 5).items, model.model.recommend(asked, 5).items)


def test_a_history_without_categories_changes_nothing_and_dislikes_are_no_wishes():
    data, vectors = shelves()
    model = fitted("calibrated", data, vectors, trade=1.0)
    bare = Query.of([4, 9])
    np.testing.assert_array_equal(model.recommend([bare], 9).items, model.model.recommend([bare], 9).items)
    liked, both = Query.of([0, 5]), Query.of([0, 5, 1])
    both = replace(both, sign=np.array([1, 1, 0], np.int8))
    first = model.recommend([liked, both], 4).items
    assert (first % 5 != 1).all()


def test_items_without_a_vector_are_unlike_all():
    data, vectors = shelves()
    known = np.arange(60) < 30
    bare = ItemVectors(vectors.vectors * known[:, None], known)
    for name in ("mmr", "dpp"):
        recs = fitted(name, data, bare, trade=0.9).recommend(queries(data, range(50)), 10)
        assert (recs.items >= 30).mean() > 0.5


def test_greedy_ties_go_to_the_first_place_and_pads_stay_last():
    class Nothing:
        def worth(self):
            return np.array([[0, 0, 0, 9]], np.float32)

        def take(self, place):
            pass

    scores = np.array([[2, 2, 2, -np.inf]], np.float32)
    assert greedy(relevance(scores), 0.5, Nothing(), 4).tolist() == [[0, 1, 2, 3]]


def test_ties_are_raised_only_where_item_numbers_would_turn_them():
    scores, items = np.array([[1, 1, 1, 0, -np.inf]], np.float32), np.array([[5, 7, 2, 1, -1]], np.int32)
    out = falling(scores, items)
    assert out[0, 2:].tolist() == scores[0, 2:].tolist()
    assert out[0, 0] == out[0, 1] == np.nextafter(np.float32(1), np.float32(2))


def test_refuses_what_cannot_be():
    for wrong in ({"trade": 1.1}, {"depth": 1}, {"model": "nobody"}, {"models": []}):
        with pytest.raises(TastemakerError):
            RECOMMENDERS.build({"name": "mmr", **wrong})
    with pytest.raises(BadSetting, match="need item vectors"):
        RECOMMENDERS.build({"name": "dpp", "model": "content"}).fit(dataset())
    with pytest.raises(BadSetting, match="no categories called 'colour'"):
        fitted("calibrated", *shelves(), attribute="colour")


def test_wide_vectors_keep_their_likeness_in_fewer_directions():
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(300, 40)) @ rng.normal(size=(40, 900)) + 0.1 * rng.normal(size=(300, 900))
    unit = (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(np.float32)
    unit[7] = 0
    less = narrow(unit, seed=0)
    assert less.shape == (300, 128)
    np.testing.assert_allclose(less @ less.T, unit @ unit.T, atol=0.01)
    np.testing.assert_array_equal(narrow(unit[:, :100], seed=0), unit[:, :100])
