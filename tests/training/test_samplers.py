"""Samplers: everything once, and nothing that was taken."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.core import generator
from tastemaker.training.samplers import Pairs, shuffled


@given(st.integers(0, 60), st.integers(1, 20), st.integers(0, 9))
def test_shuffled_parts_are_all_rows_once(n, batch, seed):
    parts = list(shuffled(n, batch, generator(seed)))
    assert sorted(np.concatenate([[], *parts]).tolist()) == list(range(n))
    assert all(len(part) <= batch for part in parts)


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 7))))
def test_a_set_of_pairs_is_a_set(pairs):
    user, item = (np.array([p[n] for p in pairs], int) for n in (0, 1))
    found = Pairs(user, item, 8).has(np.arange(6)[:, None], np.arange(8)[None])
    assert {(int(u), int(i)) for u, i in np.argwhere(found)} == pairs


def test_negatives_are_items_that_the_user_did_not_take():
    draw = np.random.default_rng(0)
    user, item = np.repeat(np.arange(10), 5), np.concatenate([draw.permutation(40)[:5] for _ in range(10)])
    pairs = Pairs(user, item, 40)
    asked = np.arange(10).repeat(20)
    drawn = pairs.negatives(asked, 3, generator(0))
    assert drawn.shape == (200, 3)
    assert not pairs.has(asked[:, None], drawn).any()
    assert len(np.unique(drawn)) == 40


def test_a_user_who_took_everything_ends_the_search():
    pairs = Pairs(np.zeros(4, int), np.arange(4), 4)
    assert pairs.negatives(np.zeros(2, int), 2, generator(0)).shape == (2, 2)
