"""Lists of unlike items."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.rules.diversity import diversified


def slow(scores, vectors, k, trade):
    low, high = scores.min(), scores.max()
    r = (scores - low) / (high - low if high > low else 1)
    size = np.linalg.norm(vectors, axis=1)
    cosine = (vectors @ vectors.T) / np.maximum(np.outer(size, size), 1e-12)
    chosen = []
    while len(chosen) < min(k, len(scores)):
        gain = (1 - trade) * r - trade * (cosine[:, chosen].max(axis=1) if chosen else 0)
        gain[chosen] = -np.inf
        chosen.append(int(gain.argmax()))
    return chosen, r, cosine


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 50), st.floats(0, 1, width=16))
def test_it_equals_the_formula_worked_out_plainly(seed, count, k, trade):
    rng = np.random.default_rng(seed)
    scores, vectors = rng.normal(size=count).astype(np.float32), rng.normal(size=(count, 8)).astype(np.float32)
    vectors[rng.random(count) < 0.1] = 0
    got, (want, r, cosine) = diversified(scores, vectors, k, trade), slow(scores, vectors, k, trade)
    assert len(set(got.tolist())) == len(got) == len(want)
    for n, (mine, best) in enumerate(zip(got.tolist(), want, strict=True)):
        near = [cosine[i, want[:n]].max() if n else 0 for i in (mine, best)]
        mine_worth, best_worth = ((1 - trade) * r[i] - trade * near[j] for j, i in enumerate((mine, best)))
        assert np.isclose(mine_worth, best_worth, atol=1e-5)
        if mine != best:
            break  # a tie up to rounding; what follows may differ


def test_without_trade_the_scores_decide():
    scores = np.array([1, 3, 2], np.float32)
    assert diversified(scores, np.ones((3, 2), np.float32), 3, 0.0).tolist() == [1, 2, 0]


def test_twins_do_not_stand_together():
    scores = np.array([1.0, 0.99, 0.5], np.float32)
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    assert diversified(scores, vectors, 2, 0.5).tolist() == [0, 2]


def test_of_no_candidates_there_are_none():
    assert diversified(np.empty(0, np.float32), np.empty((0, 2), np.float32), 3, 0.5).shape == (0,)
