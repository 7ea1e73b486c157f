"""Which index is made, and what the approximate one keeps its word by."""

import sys

import numpy as np
import pytest

from tastemaker.core import MissingExtra
from tastemaker.storage.index.ann import FaissIndex
from tastemaker.storage.index.choose import index_for
from tastemaker.storage.index.exact import ExactIndex

needs_faiss = pytest.mark.usefixtures("faiss")


@pytest.fixture
def faiss():
    return pytest.importorskip("faiss", reason="faiss is not installed: pip install 'tastemaker[ann]'")


def drawn(size, dim=8, seed=0):
    return np.random.default_rng(seed).normal(size=(size, dim)).astype(np.float32)


@needs_faiss
def test_few_vectors_are_searched_exactly_and_many_are_not():
    vectors = drawn(600)
    assert isinstance(index_for(vectors), ExactIndex)
    many = index_for(vectors, exact_up_to=500, recall=0.9, queries=drawn(40, seed=1))
    assert isinstance(many, FaissIndex)
    assert many.recall == 0.9
    assert len(many) == 600


@needs_faiss
def test_a_higher_recall_costs_more_lists_and_is_kept_without_clusters_too():
    vectors, queries = drawn(4000, dim=24), drawn(200, dim=24, seed=1)
    truth = index_for(vectors).search(queries, 20)[0]
    opened = []
    for recall in (0.6, 0.95):
        index = index_for(vectors, exact_up_to=0, recall=recall, queries=drawn(200, dim=24, seed=2))
        found = index.search(queries, 20)[0]
        assert np.mean([np.isin(t, f).mean() for t, f in zip(truth, found, strict=True)]) >= recall
        opened.append(index._built.effort(20).lists)
    assert opened[0] < opened[1]


@needs_faiss
def test_what_came_since_is_counted_until_it_is_built_again():
    index = index_for(drawn(600), exact_up_to=0)
    assert index.fresh == 0
    index.put(np.array([5, 600], np.int32), drawn(2))
    assert index.fresh == 2
    index.build()
    assert index.fresh == 0


@needs_faiss
def test_measuring_without_usable_queries_takes_rows_of_its_own():
    index = index_for(drawn(600), exact_up_to=0, queries=np.zeros((3, 8), np.float32))
    assert index._built.efforts


def test_without_faiss_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(MissingExtra, match=r"tastemaker\[ann\]"):
        index_for(drawn(600), exact_up_to=500)
