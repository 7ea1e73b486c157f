"""Top-k in blocks."""

import numpy as np
import pytest

from tastemaker.core import BadSetting
from tastemaker.data import Query
from tastemaker.models import RECOMMENDERS, ranking
from tastemaker.models.ranking import rank, top_k


def constant(value, items=5):
    return lambda queries: np.full((len(queries), items), value, np.float32)


def test_equal_scores_come_in_order_of_item_numbers():
    recs = rank(constant(1.0, items=3000), [Query(None)], 4)
    assert recs.items.tolist() == [[0, 1, 2, 3]]


def test_no_opinion_is_never_listed():
    recs = rank(constant(np.nan), [Query(None)], 3)
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

    recs = rank(score, [Query(u) for u in range(23)], 4)
    assert max(sizes) == 5
    np.testing.assert_array_equal(recs.items, np.argsort(-table, axis=1, kind="stable")[:, :4])


def test_the_scores_of_the_model_are_not_written_to():
    table = np.ones((1, 4), np.float32)
    rank(lambda queries: table, [Query.of([1])], 2)
    assert (table == 1).all()


@pytest.mark.parametrize("allowed", [np.ones(3, bool), np.ones((1, 4), bool)])
def test_masks_of_another_shape_are_refused(allowed):
    with pytest.raises(BadSetting, match="allowed"):
        rank(constant(1.0, items=4), [Query(None), Query(None)], 2, allowed=allowed)


def test_lists_without_places_are_refused():
    with pytest.raises(BadSetting, match="at least 1 place; got k = 0"):
        RECOMMENDERS.build("popular").recommend([Query(None)], 0)
