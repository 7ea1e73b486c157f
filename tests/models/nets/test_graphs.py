"""Graphs of the networks, by hand and against dense algebra."""

import numpy as np
import torch
from scipy.sparse import csr_array

from tastemaker.models.nets import graphs


def some(n=40, d=6):
    return np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)


def test_neighbours_are_those_of_the_full_matrix_in_any_block_size(monkeypatch):
    x = some()
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    wanted = np.sort(np.argsort(-(unit @ unit.T), axis=1)[:, :5], axis=1)
    for cells in (1 << 24, 100):
        monkeypatch.setattr(graphs, "CELLS", cells)
        found = graphs.knn_graph(x, np.ones(40, bool), 5)
        np.testing.assert_array_equal(found.indices.reshape(40, 5), wanted)


def test_absent_and_zero_rows_have_no_neighbours_and_are_nobodys():
    x, present = some(), np.ones(40, bool)
    x[3], present[3], x[4] = np.nan, False, 0
    found = graphs.knn_graph(x, present, 5).toarray()
    assert np.isfinite(found).all()
    assert not found[[3, 4]].any()
    assert not found[:, [3, 4]].any()
    assert ((found != 0).sum(axis=1)[5:] == 5).all()


def test_an_item_can_be_left_out_of_its_own_neighbours():
    alone = graphs.knn_graph(some(), np.ones(40, bool), 5, own=False)
    assert not alone.diagonal().any()
    assert (np.diff(alone.indptr) == 5).all()


def test_no_vectors_at_all_make_an_empty_graph():
    assert graphs.knn_graph(some(), np.zeros(40, bool), 5).nnz == 0


def test_an_item_without_one_source_relies_on_the_other():
    one = csr_array(np.array([[1, 0.5], [0, 0]], np.float32))
    other = csr_array(np.array([[0, 1.0], [0, 0.2]], np.float32))
    np.testing.assert_allclose(graphs.mixed([one, other], [0.2, 0.8]).toarray(), [[0.1, 0.9], [0, 1]], rtol=1e-6)


def test_only_some_items_may_be_neighbours():
    among = np.arange(40) < 7
    found = graphs.knn_graph(some(), np.ones(40, bool), 3, among=among)
    assert (np.diff(found.indptr) == 3).all()
    assert found.indices.max() < 7


def test_the_graph_of_likes_by_hand():
    found = graphs.normalised(csr_array(np.array([[1, 1, 0], [0, 1, 0]], np.float32))).toarray()
    half = 0.5**0.5
    np.testing.assert_allclose(found, [[half, 0.5, 0], [0, half, 0]], rtol=1e-6)


def test_propagation_and_its_gradient_are_those_of_dense_algebra():
    liked = csr_array((np.random.default_rng(1).random((7, 9)) < 0.4).astype(np.float32))
    likes = graphs.normalised(liked)
    walk = torch.from_numpy((likes.T @ likes).toarray())
    one, other = (torch.from_numpy(some(9, 4)).requires_grad_() for _ in range(2))
    found = graphs.propagate(one, graphs.Edges.of(likes), 2)
    wanted = (other + walk @ other + walk @ walk @ other) / 3
    torch.testing.assert_close(found, wanted)
    (found**2).sum().backward()
    (wanted**2).sum().backward()
    torch.testing.assert_close(one.grad, other.grad)


def test_an_unsymmetric_product_needs_its_matrix_turned():
    matrix = graphs.knn_graph(some(16), np.ones(16, bool), 3)
    x = torch.from_numpy(some(16, 4)).requires_grad_()
    graphs.product(graphs.to_torch(matrix), x, graphs.to_torch(matrix.T.tocsr())).sum().backward()
    np.testing.assert_allclose(x.grad.numpy()[:, 0], matrix.toarray().sum(axis=0), rtol=1e-4, atol=1e-5)
