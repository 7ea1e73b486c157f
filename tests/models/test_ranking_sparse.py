"""Lists of sparse scores are those of the full ones."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from tastemaker.core import BadSetting
from tastemaker.data import Query
from tastemaker.models import ranking_sparse, sparse
from tastemaker.models.ranking import Wish, rank
from tastemaker.models.ranking_sparse import rank_sparse

ITEMS = 400


def some_scores(seed=0, n=60):
    """Few and many opinions a row, ties, zeros, numbers below 0, one row without any."""
    rng = np.random.default_rng(seed)
    share = rng.random((n, 1)) ** 3
    full = np.where(rng.random((n, ITEMS)) < share, rng.integers(-3, 12, (n, ITEMS)), 0).astype(np.float32)
    full[7] = 0
    return full


def asked(n=60):
    return [Query.of(np.random.default_rng(u).choice(ITEMS, 5), user=u) for u in range(n)]


def scorer(full):
    def score(queries):
        out = csr_array(full[[q.user for q in queries]])
        mixed = out[:, ::-1]  # columns of a row in no order
        return csr_array((mixed.data, ITEMS - 1 - mixed.indices, mixed.indptr), shape=out.shape)

    return score


@pytest.mark.parametrize("k", [1, 10, 500])
@pytest.mark.parametrize("repeat", [True, False])
@pytest.mark.parametrize("allowed", ["all", "some", "each"])
def test_equal_to_the_lists_of_full_rows(k, repeat, allowed, monkeypatch):
    monkeypatch.setattr(ranking_sparse, "CELLS", 16 * ITEMS)
    full, rng = some_scores(), np.random.default_rng(1)
    may = {"all": None, "some": rng.random(ITEMS) < 0.5, "each": rng.random((60, ITEMS)) < 0.5}[allowed]
    wish = Wish(k, repeat, may)
    want = rank(lambda queries: sparse.opinions(csr_array(full[[q.user for q in queries]])), asked(), wish)
    got = rank_sparse(scorer(full), asked(), wish)
    np.testing.assert_array_equal(got.items, want.items)
    np.testing.assert_array_equal(got.scores, want.scores)
    assert (got.items[7] == -1).all()


def test_nobody_and_nothing():
    assert rank_sparse(scorer(some_scores()), [], Wish(3)).items.shape == (0, 3)
    empty = rank_sparse(lambda queries: csr_array((len(queries), 0), dtype=np.float32), [Query(None)], Wish(3))
    assert empty.items.tolist() == [[-1, -1, -1]]


def test_refuses_what_is_allowed_of_other_items():
    with pytest.raises(BadSetting, match="400"):
        rank_sparse(scorer(some_scores()), asked(), Wish(3, allowed=np.ones(7, bool)))
