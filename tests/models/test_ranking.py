"""Top-k in blocks."""

import numpy as np
import pytest

from tastemaker.core import BadSetting
from tastemaker.core.top import top_k
from tastemaker.data import Query
from tastemaker.models import RECOMMENDERS, ranking, ranking_inner
from tastemaker.models.ranking import Wish, rank
from tastemaker.models.ranking_inner import rank_inner


def constant(value, items=5):
    return lambda queries: np.full((len(queries), items), value, np.float32)


def test_equal_scores_come_in_order_of_item_numbers():
    recs = rank(constant(1.0, items=3000), [Query(None)], Wish(4))
    assert recs.items.tolist() == [[0, 1, 2, 3]]


def test_no_opinion_is_never_listed():
    recs = rank(constant(np.nan), [Query(None)], Wish(3))
    assert recs.items.tolist() == [[-1, -1, -1]]
    assert np.isneginf(recs.scores).all()


def test_ties_at_the_edge_are_cut_by_item_number():
    scores = np.array([[1, 2, 1, 1, 3]], np.float32)
    assert top_k(scores, 3)[0].tolist() == [[4, 1, 0]]


def test_many_rows_are_ranked_in_blocks(monkeypatch):
    monkeypatch.setattr(ranking, "CELLS", 50)
    sizes = []
    table = np.random.default_rng(0).normal(size=(23, 10)).astype(np.float32)

    def score(queries):
        sizes.append(len(queries))
        return table[[q.user for q in queries]]

    recs = rank(score, [Query(u) for u in range(23)], Wish(4))
    assert max(sizes) == 5
    np.testing.assert_array_equal(recs.items, np.argsort(-table, axis=1, kind="stable")[:, :4])


def test_the_scores_of_the_model_are_not_written_to():
    table = np.ones((1, 4), np.float32)
    rank(lambda queries: table, [Query.of([1])], Wish(2))
    assert (table == 1).all()


@pytest.mark.parametrize("allowed", [np.ones(3, bool), np.ones((1, 4), bool)])
def test_masks_of_another_shape_are_refused(allowed):
    with pytest.raises(BadSetting, match="allowed"):
        rank(constant(1.0, items=4), [Query(None), Query(None)], Wish(2, allowed=allowed))


def test_lists_without_places_are_refused():
    with pytest.raises(BadSetting, match="at least 1 place; got k = 0"):
        RECOMMENDERS.build("popular").recommend([Query(None)], 0)


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("mask", [None, (40,), (23, 40)])
def test_inner_products_in_blocks_are_ranked_like_the_whole_matrix(monkeypatch, threads, mask):
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    monkeypatch.setattr(ranking_inner, "QUERIES", 5)
    monkeypatch.setattr(ranking_inner, "ITEMS", 7)
    rng = np.random.default_rng(0)
    items, where = (rng.integers(-2, 3, size=(n, 3)).astype(np.float32) for n in (40, 23))  # many ties
    where[4], items[8] = 0, 0
    asked = [Query.of(rng.choice(40, 6, replace=False), user=u) for u in range(23)]

    def embed(queries):
        return where[[q.user for q in queries]]

    def score(queries):
        out = embed(queries) @ items.T
        out[:, 8] = np.nan
        out[~embed(queries).any(axis=1)] = np.nan
        return out

    wish = Wish(9, allowed=None if mask is None else rng.random(mask) < 0.7)
    got, want = rank_inner(embed, items, asked, wish), rank(score, asked, wish)
    np.testing.assert_array_equal(got.items, want.items)
    np.testing.assert_array_equal(got.scores, want.scores)
