"""What every index of vectors must do."""

from threading import Thread

import numpy as np
import pytest

from tastemaker.core import BadSetting, DataError, SavedError
from tastemaker.storage.index.ann import FaissIndex
from tastemaker.storage.index.choose import load_index
from tastemaker.storage.index.exact import ExactIndex

DIM, SIZE = 16, 3000


def made(kind, vectors):
    if kind == "exact":
        index = ExactIndex(dim=vectors.shape[1])
        index.put(np.arange(len(vectors), dtype=np.int32), vectors)
        return index
    pytest.importorskip("faiss", reason="faiss is not installed: pip install 'tastemaker[ann]'")
    index = FaissIndex(dim=vectors.shape[1])
    index.put(np.arange(len(vectors), dtype=np.int32), vectors)
    if kind == "faiss":
        index.build(asked(len(vectors), vectors.shape[1], seed=2))
    return index


def asked(count, dim=DIM, seed=1):
    return np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)


@pytest.fixture(scope="module")
def vectors():
    """Clusters, and 5 rows that nothing is known of."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(30, DIM))
    out = (centres[rng.integers(0, 30, SIZE)] + 0.5 * rng.normal(size=(SIZE, DIM))).astype(np.float32)
    out[100:105] = 0
    return out


@pytest.fixture(scope="module")
def queries():
    return asked(25)


@pytest.fixture(params=["exact", "faiss", "faiss before it is built"])
def index(request, vectors):
    return made(request.param, vectors)


def best(vectors, queries, k, allowed=None):
    """Rows and products by brute force."""
    scores = queries @ vectors.T
    scores[:, ~vectors.any(axis=1)] = -np.inf
    if allowed is not None:
        scores[~np.broadcast_to(allowed, scores.shape)] = -np.inf
    rows = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    products = np.take_along_axis(scores, rows, axis=1)
    return np.where(np.isfinite(products), rows, -1), products


def recall(found, true):
    return np.mean([np.isin(t[t >= 0], f).mean() for f, t in zip(found, true, strict=True) if (t >= 0).any()])


def same(got, want):
    """Equal but for rounding, which may exchange neighbours."""
    np.testing.assert_allclose(got[1], want[1], rtol=1e-4, atol=1e-4)
    assert recall(got[0], want[0]) > 0.999


@pytest.mark.parametrize("k", [1, 20, 150])
def test_the_best_are_found_best_first(index, vectors, queries, k):
    rows, products = index.search(queries, k)
    assert rows.shape == products.shape == (25, k)
    assert rows.dtype == np.int32
    assert recall(rows, best(vectors, queries, k)[0]) >= 0.95
    assert (np.diff(products, axis=1) <= 0).all()
    np.testing.assert_allclose(products, np.einsum("qd,qkd->qk", queries, vectors[rows]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01, 0.001])
@pytest.mark.parametrize("own", [False, True])
def test_a_filter_acts_inside_the_search(index, vectors, queries, share, own):
    allowed = np.random.default_rng(2).random((25, SIZE) if own else SIZE) < share
    got, want = index.search(queries, 20, allowed), best(vectors, queries, 20, allowed)
    assert (got[0] >= 0).sum(axis=1).tolist() == (want[0] >= 0).sum(axis=1).tolist()
    assert np.broadcast_to(allowed, (25, SIZE))[np.nonzero(got[0] >= 0)[0], got[0][got[0] >= 0]].all()
    assert recall(got[0], want[0]) >= 0.95
    if share <= 0.1:
        same(got, want)


def test_a_filter_far_from_the_query_still_returns_all_that_it_can(index, vectors, queries):
    against = vectors @ queries[0]
    allowed = against < np.quantile(against, 0.4)
    same(index.search(queries[:1], 20, allowed), best(vectors, queries[:1], 20, allowed))


def test_a_filter_of_whole_clusters_finds_the_best_of_those_that_are_left(index, vectors, queries):
    likes = vectors[200:225]
    for at, one in enumerate(likes):
        like = vectors @ one / np.maximum(np.linalg.norm(vectors, axis=1), 1e-6)
        allowed = like < np.quantile(like, 0.9 if at % 2 else 0.5)
        assert recall(index.search(one[None], 20, allowed)[0], best(vectors, one[None], 20, allowed)[0]) >= 0.9


def test_what_is_put_later_is_found_at_once(vectors, queries):
    for kind in ("exact", "faiss"):
        index = made(kind, vectors)
        new = (3 * queries[:2] / np.linalg.norm(queries[:2], axis=1, keepdims=True)).astype(np.float32) * 10
        index.put(np.array([SIZE + 1, 7], np.int32), new)
        assert len(index) == SIZE + 2
        assert index.search(queries[:2], 1)[0].tolist() == [[SIZE + 1], [7]]
        index.put(np.array([7], np.int32), np.zeros((1, DIM), np.float32))
        assert 7 not in index.search(queries, 50)[0]
        changed = np.concatenate([vectors, np.zeros((1, DIM), np.float32), new[:1]])
        changed[7] = 0
        allowed = np.arange(SIZE + 2) % 2 == 1
        assert recall(index.search(queries, 20, allowed)[0], best(changed, queries, 20, allowed)[0]) >= 0.95


def test_rows_behind_the_filter_are_not_allowed_and_those_behind_the_index_do_not_matter(index, vectors, queries):
    for share in (0.9, 0.01):
        allowed = np.random.default_rng(3).random(SIZE + 50) < share
        rows = index.search(queries, 20, allowed[: SIZE - 500])[0]
        assert rows.max() < SIZE - 500
        want = best(vectors, queries, 20, allowed[:SIZE])
        assert recall(index.search(queries, 20, allowed)[0], want[0]) >= 0.95


def test_equal_products_come_in_order_of_rows():
    for kind in ("exact", "faiss"):
        index = made(kind, np.ones((50, 3), np.float32))
        assert index.search(np.ones((1, 3), np.float32), 5)[0].tolist() == [[0, 1, 2, 3, 4]]


def test_where_there_is_less_than_asked_for_the_lists_are_padded(index, queries):
    rows, products = index.search(queries, SIZE + 10)
    assert (rows[:, SIZE - 5 :] == -1).all()
    assert np.isneginf(products[:, SIZE - 5 :]).all()
    assert (rows[:, : SIZE - 5] >= 0).all()
    assert not np.isin(rows, np.arange(100, 105)).any()


def test_a_query_of_zeros_finds_nothing(index, queries):
    both = np.stack([np.zeros(DIM, np.float32), queries[0]])
    assert (index.search(both, 3)[0][0] == -1).all()
    assert (index.search(both, 3)[0][1] >= 0).all()


def test_no_queries_get_no_lists(index):
    none = np.empty((0, DIM), np.float32)
    assert index.search(none, 3)[0].shape == (0, 3)
    assert index.search(none, 3, np.zeros((0, SIZE), bool))[0].shape == (0, 3)


@pytest.mark.parametrize("kind", ["exact", "faiss"])
def test_an_empty_index_finds_nothing(kind, queries):
    index = made(kind, np.empty((0, DIM), np.float32))
    assert len(index) == 0
    assert (index.search(queries, 3)[0] == -1).all()
    assert (index.search(queries, 3, np.zeros(0, bool))[0] == -1).all()


def test_what_was_saved_is_found_again(index, queries, tmp_path):
    index.put(np.array([SIZE], np.int32), 99 * queries[:1])
    index.save(tmp_path / "index")
    again = load_index(tmp_path / "index")
    assert (type(again), len(again), again.dim) == (type(index), SIZE + 1, DIM)
    for got, want in zip(again.search(queries, 20), index.search(queries, 20), strict=True):
        np.testing.assert_array_equal(got, want)
    again.put(np.array([3], np.int32), 999 * queries[:1])
    assert again.search(queries[:1], 2)[0].tolist() == [[3, SIZE]]


def test_damaged_folders_are_refused(index, tmp_path):
    folder = tmp_path / "index"
    index.save(folder)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(SavedError):
            load_index(folder)
        path.write_bytes(whole)
    with pytest.raises(SavedError, match="holds no index"):
        load_index(tmp_path)


def test_files_that_do_not_belong_together_are_refused(tmp_path, vectors):
    made("faiss", vectors).save(tmp_path / "one")
    made("faiss", vectors[:50]).save(tmp_path / "two")
    for part in ("lists.faiss", "fresh.safetensors"):
        whole = (tmp_path / "two" / part).read_bytes()
        (tmp_path / "two" / part).write_bytes((tmp_path / "one" / part).read_bytes())
        with pytest.raises(SavedError, match="belong"):
            FaissIndex.load(tmp_path / "two")
        (tmp_path / "two" / part).write_bytes(whole)
    manifest = tmp_path / "two" / "component.json"
    manifest.write_text(manifest.read_text().replace('"settings"', '"other"'))
    with pytest.raises(SavedError, match="damaged"):
        FaissIndex.load(tmp_path / "two")


def test_what_does_not_fit_is_refused(index, vectors):
    one = np.array([0], np.int32)
    for bad, problem in ((vectors[:1, :3], "shape"), (np.full((1, DIM), np.nan, np.float32), "finite")):
        with pytest.raises(DataError, match=problem):
            index.put(one, bad)
        with pytest.raises(BadSetting, match=problem):
            index.search(bad, 3)
    with pytest.raises(DataError, match="begin at 0"):
        index.put(-one - 1, vectors[:1])
    with pytest.raises(BadSetting, match="k = 0"):
        index.search(vectors[:1], 0)
    for allowed in (np.ones((2, SIZE), bool), np.ones(SIZE)):
        with pytest.raises(BadSetting, match="expected bool"):
            index.search(vectors[:1], 3, allowed)


def test_it_may_be_searched_while_one_adds_and_builds(index, vectors, queries):
    def write():
        for n in range(20):
            index.put(np.arange(SIZE + 5 * n, SIZE + 5 * n + 5, dtype=np.int32), vectors[:5])
            if n == 10 and isinstance(index, FaissIndex):
                index.build()

    writer = Thread(target=write)
    writer.start()
    while writer.is_alive():
        rows, products = index.search(queries, 20)
        assert (rows >= 0).all()
        assert np.isfinite(products).all()
    writer.join()
    assert len(index) == SIZE + 100
