import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.core import settings_of
from tastemaker.data import Features
from tastemaker.features.whiten import Whiten, Whitening


def made(n=200, d=12, seed=0, missing=0.0):
    rng = np.random.default_rng(seed)
    vectors = (rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(size=d) * 5).astype(np.float32)
    present = rng.random(n) >= missing
    return Features("text", vectors * present[:, None], present)


def test_at_full_strength_the_kept_directions_are_uncorrelated_and_alike():
    found = made()
    out = Whiten(dim=8, strength=1, unit=False).fit(found).apply(found).vectors
    np.testing.assert_allclose(np.cov(out.T, bias=True), np.eye(8), atol=1e-3)
    np.testing.assert_allclose(out.mean(0), 0, atol=1e-4)


def test_at_strength_0_distances_stay_as_they_are():
    found = made(50)
    out = Whiten(dim=12, strength=0, unit=False).fit(found).apply(found).vectors
    before = np.linalg.norm(found.vectors[:, None] - found.vectors, axis=2)
    np.testing.assert_allclose(np.linalg.norm(out[:, None] - out, axis=2), before, rtol=1e-3, atol=1e-3)


def test_between_them_variances_are_evened_out_by_the_power():
    found = made()
    plain = Whiten(dim=6, strength=0, unit=False).fit(found).apply(found).vectors.var(0)
    half = Whiten(dim=6, strength=0.5, unit=False).fit(found).apply(found).vectors.var(0)
    np.testing.assert_allclose(half, plain**0.5, rtol=1e-3)
    assert (np.diff(plain) <= 0).all()


def test_only_rows_that_are_present_count_and_the_others_stay_zero():
    found = made(missing=0.3)
    noisy = Features("text", np.where(found.present[:, None], found.vectors, np.float32(99)), found.present)
    one, other = Whiten().fit(found), Whiten().fit(noisy)
    np.testing.assert_array_equal(one.matrix, other.matrix)
    out = one.apply(found)
    assert out.source == "text"
    np.testing.assert_array_equal(out.present, found.present)
    assert not out.vectors[~found.present].any()
    np.testing.assert_allclose(np.linalg.norm(out.vectors[found.present], axis=1), 1, atol=1e-5)


def test_signs_do_not_depend_on_the_order_of_the_rows():
    found = made()
    turned = Features("text", found.vectors[::-1], found.present[::-1])
    np.testing.assert_allclose(Whiten().fit(found).matrix, Whiten().fit(turned).matrix, atol=1e-3)


def test_what_was_learned_comes_back():
    found = made()
    whitening = Whiten(dim=5, unit=False).fit(found)
    again = Whitening.restore(whitening.state())
    np.testing.assert_array_equal(again.apply(found).vectors, whitening.apply(found).vectors)
    assert again.unit is False


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize("unit", [True, False])
def test_few_rows_are_enough(n, unit):
    found = made(n, 12)
    whitening = Whiten(dim=8, unit=unit).fit(found)
    out = whitening.apply(found).vectors
    assert out.shape == (n, 8)
    later = whitening.apply(made(9, 12, seed=1)).vectors
    assert np.isfinite(later).all()
    assert np.abs(later).max() < 1e4


def test_constant_columns_and_constant_vectors_give_no_nonsense():
    found = made()
    vectors = found.vectors.copy()
    vectors[:, 3:7] = 4.0
    out = Whiten(strength=1).fit(Features("text", vectors, found.present)).apply(found)
    assert np.isfinite(out.vectors).all()
    same = Features("text", np.ones((20, 5), np.float32), np.ones(20, bool))
    assert np.isfinite(Whiten(strength=1, unit=False).fit(same).apply(same).vectors).all()


def test_wide_vectors_of_few_items_do_not_blow_up_the_noise():
    found = made(20, 300)
    out = Whiten(dim=256, strength=1, unit=False).fit(found).apply(made(50, 300, seed=0)).vectors
    assert out.shape[1] == 256
    assert np.isfinite(out).all()


def test_many_rows_are_taken_in_chunks(monkeypatch):
    from tastemaker.features import whiten

    whole = Whiten().fit(made(100))
    monkeypatch.setattr(whiten, "CHUNK", 7)
    np.testing.assert_allclose(Whiten().fit(made(100)).matrix, whole.matrix, atol=1e-4)


def test_settings_are_plain():
    assert settings_of(Whiten()) == {"dim": 256, "strength": 0.5, "unit": True}


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 40), st.integers(1, 20), st.integers(1, 30), st.floats(0, 1), st.booleans(), st.integers(0, 99))
def test_whatever_the_shape_rows_are_numbers(n, d, dim, strength, unit, seed):
    found = made(n, d, seed, missing=0.3)
    out = Whiten(dim=dim, strength=strength, unit=unit).fit(found).apply(found)
    assert out.vectors.shape == (n, min(d, dim))
    assert out.vectors.dtype == np.float32
    assert np.isfinite(out.vectors).all()
