"""Recommenders know no names: renumbering users or items renumbers the answers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made import dataset, item_vectors
from tastemaker.core.top import top_k
from tastemaker.data import ItemVectors, queries
from tastemaker.models import RECOMMENDERS

CLASSIC = ["als", "content", "ease", "fallback", "item_knn", "mf", "popular", "rp3beta", "slim", "user_knn"]
seeds = st.integers(0, 10_000)


def answers(name, data, items):
    return RECOMMENDERS.build(name).fit(data, items=items).score(queries(data, range(len(data.users))))


@pytest.mark.parametrize("name", CLASSIC)
@given(seed=seeds, n=st.integers(60, 250))
@settings(max_examples=10, deadline=None)
def test_renumbering_users_renumbers_the_answers(name, seed, n):
    data, items = dataset(seed, n=n), item_vectors(seed)
    new = np.random.default_rng(seed).permutation(20)
    log = data.interactions
    other = replace(data, interactions=replace(log, user=new[log.user].astype(np.int32)))
    np.testing.assert_allclose(answers(name, other, items)[new], answers(name, data, items), rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize("name", CLASSIC)
@given(seed=seeds, n=st.integers(60, 250))
@settings(max_examples=10, deadline=None)
def test_renumbering_items_renumbers_the_answers(name, seed, n):
    data, items = dataset(seed, n=n), item_vectors(seed)
    new = np.random.default_rng(seed).permutation(15)
    log = data.interactions
    other = replace(data, interactions=replace(log, item=new[log.item].astype(np.int32)))
    moved = ItemVectors(items.vectors[np.argsort(new)], items.known)
    np.testing.assert_allclose(answers(name, other, moved)[:, new], answers(name, data, items), rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize("name", CLASSIC)
@given(seed=seeds)
@settings(max_examples=5, deadline=None)
def test_rotating_the_vectors_changes_nothing(name, seed):
    data, items = dataset(seed), item_vectors(seed)
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))[0]
    turned = ItemVectors((items.vectors @ turn).astype(np.float32), items.known)
    np.testing.assert_allclose(answers(name, data, turned), answers(name, data, items), rtol=2e-3, atol=1e-4)


@given(seed=seeds, rows=st.integers(0, 5), width=st.integers(1, 300), levels=st.integers(1, 9), data=st.data())
@settings(max_examples=150, deadline=None)
def test_top_k_is_a_stable_sort(seed, rows, width, levels, data):
    k = data.draw(st.integers(1, width))
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, levels, (rows, width)).astype(np.float32)
    scores[rng.random((rows, width)) < 0.3] = -np.inf
    items, best = top_k(scores, k)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    wanted = np.take_along_axis(scores, order, axis=1)
    np.testing.assert_array_equal(best, wanted)
    np.testing.assert_array_equal(items, np.where(np.isneginf(wanted), -1, order))
