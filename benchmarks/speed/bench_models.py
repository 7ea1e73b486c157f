"""Seconds to fit and users a second to list, of the classic recommenders beside plain scipy.

Run: ``pytest benchmarks/speed/bench_models.py --benchmark-only``. Data are drawn at the size of Amazon Beauty.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse as sp
from scipy.linalg import lapack

from tastemaker.core.top import top_k
from tastemaker.data import Dataset, Interactions, ItemVectors, Vocabulary, queries
from tastemaker.models import RECOMMENDERS, dense, sparse

USERS, ITEMS, EVENTS, DIM = 22_000, 12_000, 180_000, 128
ASKING = 2_000
NAMES = ["popular", "item_knn", "rp3beta", "user_knn", "content", "fallback"]


@pytest.fixture(scope="module")
def shop():
    rng = np.random.default_rng(0)
    chance = 1 / np.arange(20, ITEMS + 20) ** 0.8
    item = rng.choice(ITEMS, EVENTS, p=chance / chance.sum())
    log = Interactions.of(rng.integers(0, USERS, EVENTS), item, time=np.arange(EVENTS))
    users, items = (Vocabulary(tuple(map(str, range(n)))) for n in (USERS, ITEMS))
    return replace(Dataset(users, items, log), clock="time")


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(1)
    return ItemVectors(rng.normal(size=(ITEMS, DIM)).astype(np.float32), np.ones(ITEMS, bool))


@pytest.mark.parametrize("name", NAMES)
def test_fit(benchmark, shop, vectors, name):
    benchmark.pedantic(lambda: RECOMMENDERS.build(name).fit(shop, items=vectors), rounds=2)


def test_fit_plain_scipy_gram(benchmark, shop):
    log = shop.interactions
    x = sp.csr_array((np.ones(EVENTS, np.float32), (log.user, log.item)), shape=(USERS, ITEMS))
    benchmark.pedantic(lambda: x.T @ x, rounds=2)


@pytest.mark.parametrize("how", ["ease", "ease in order", "lapack"])
def test_fit_ease_beside_the_bare_inverse(benchmark, shop, how):
    """`ease` may take 1.5 times what LAPACK takes to factor and invert the same matrix."""
    gram = dense.gram(sparse.liked(shop)) + 250 * np.eye(ITEMS, dtype=np.float32)

    def bare():
        return lapack.spotri(lapack.spotrf(gram, lower=1)[0], lower=1)

    plain, ordered = (RECOMMENDERS.build({"name": "ease", "order": share}) for share in (0.0, 0.5))
    ways = {"ease": lambda: plain.fit(shop), "ease in order": lambda: ordered.fit(shop), "lapack": bare}
    benchmark.pedantic(ways[how], rounds=1)


@pytest.mark.parametrize("name", NAMES)
def test_recommend(benchmark, shop, vectors, name):
    model = RECOMMENDERS.build(name).fit(shop, items=vectors)
    asked = queries(shop, range(ASKING))
    benchmark.pedantic(lambda: model.recommend(asked, 20), rounds=2)
    benchmark.extra_info["users a second"] = round(ASKING / benchmark.stats.stats.min)


@pytest.mark.parametrize("how", ["top_k", "argpartition", "argsort"])
def test_top_k(benchmark, how):
    scores = np.random.default_rng(0).normal(size=(500, ITEMS)).astype(np.float32)
    ways = {
        "top_k": lambda: top_k(scores, 20),
        "argpartition": lambda: np.argpartition(-scores, 20, axis=1)[:, :20],
        "argsort": lambda: np.argsort(-scores, axis=1, kind="stable")[:, :20],
    }
    benchmark.pedantic(ways[how], rounds=2)
