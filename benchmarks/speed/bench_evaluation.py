"""All metrics, intervals and slices of one list a user, at the size of Amazon Beauty.

Run: ``pytest benchmarks/speed/bench_evaluation.py --benchmark-only``. The target is below 1.5 s on one thread.
"""

from dataclasses import replace

import numpy as np
import pytest

from tastemaker.data import Dataset, Interactions, ItemVectors, Recommendations, Vocabulary
from tastemaker.evaluation.chosen import choose
from tastemaker.evaluation.evaluate import measure_lists

USERS, ITEMS, EVENTS, PLACES = 22_363, 12_101, 176_000, 20


@pytest.fixture(scope="module")
def asked():
    """Lists, and the training and test interactions that they are measured by."""
    rng = np.random.default_rng(0)
    chance = 1 / np.arange(20, ITEMS + 20) ** 0.8
    chance /= chance.sum()
    users, items = (Vocabulary(tuple(map(str, range(n)))) for n in (USERS, ITEMS))
    log = Interactions.of(rng.integers(0, USERS, EVENTS), rng.choice(ITEMS, EVENTS, p=chance))
    train = Dataset(users, items, log)
    test = replace(train, interactions=Interactions.of(np.arange(USERS), rng.choice(ITEMS, USERS, p=chance)))
    start, step = rng.integers(0, ITEMS, USERS), rng.integers(1, 50, USERS)
    listed = (start[:, None] + step[:, None] * np.arange(PLACES)) % ITEMS
    recs = Recommendations(
        np.arange(USERS, dtype=np.int32), listed.astype(np.int32), np.zeros(listed.shape, np.float32)
    )
    return recs, train, test


@pytest.mark.parametrize("vectors", ["without vectors", "with vectors"])
def test_measure_all(benchmark, asked, vectors):
    recs, train, test = asked
    items = ItemVectors(np.random.default_rng(1).normal(size=(ITEMS, 128)).astype(np.float32), np.ones(ITEMS, bool))
    given = items if vectors == "with vectors" else None

    def work():
        fresh = replace(train), replace(test)  # nothing is remembered between rounds
        return measure_lists(recs, *fresh, chosen=choose(None, 10), k=10, items=given)

    benchmark.pedantic(work, rounds=3)
