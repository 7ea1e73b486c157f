"""Exploration whose propensities are true."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.core import BadSetting, SavedError
from tastemaker.rules.explore import EpsilonSlots, LinUCB

RANKED, POOL = np.arange(6, dtype=np.int32), np.array([3, 10, 11, 12], np.int32)
MANY = 6000


def near(share, chance):
    """Whether a share of `MANY` draws agrees with a chance, up to 5 standard deviations."""
    return abs(share - chance) <= 5 * np.sqrt(chance * (1 - chance) / MANY) + 1e-12


def test_how_often_an_item_stands_at_a_place_is_its_propensity():
    policy = EpsilonSlots(slots=(1, 4, 99), epsilon=0.3)
    seen, said = Counter(), {}
    for request in range(MANY):
        placed = policy.place(RANKED, POOL, f"r{request}")
        assert len(set(placed.items.tolist())) == len(RANKED)
        for place, (item, chance) in enumerate(zip(placed.items.tolist(), placed.propensities, strict=True)):
            seen[place, item] += 1
            assert said.setdefault((place, item), chance) == chance
    assert all(near(seen[key] / MANY, chance) for key, chance in said.items())
    assert {item for place, item in said if place == 1} == {1, 10, 11, 12}
    assert sum(chance for (place, _), chance in said.items() if place == 4) == pytest.approx(1)


@settings(deadline=None)
@given(st.text(), st.floats(0, 1), st.lists(st.integers(0, 30)), st.lists(st.integers(0, 8), min_size=1))
def test_equal_requests_give_equal_lists_and_only_slots_change(request, epsilon, pool, slots):
    policy = EpsilonSlots(slots=tuple(slots), epsilon=epsilon)
    pool = np.array(pool, np.int32)
    one, two = policy.place(RANKED, pool, request), policy.place(RANKED, pool, request)
    assert one.items.tolist() == two.items.tolist()
    changed = np.flatnonzero(one.items != RANKED).tolist()
    assert set(changed) <= set(slots)
    assert set(one.items[changed].tolist()) <= set(pool.tolist())
    assert (one.propensities > 0).all()
    assert (one.propensities <= 1).all()


def test_without_a_pool_nothing_is_explored():
    placed = EpsilonSlots(slots=(0,), epsilon=1.0).place(RANKED, RANKED[:3], "r")
    assert placed.items.tolist() == RANKED.tolist()
    assert placed.propensities.tolist() == [1] * 6


def learned(**settings):
    rng = np.random.default_rng(0)
    bandit = LinUCB(dim=3, **settings)
    x = rng.normal(size=(50, 3))
    arms = rng.integers(0, bandit.arms, 50).astype(np.int32)
    reward = x @ [1, -1, 0.5]
    bandit.update(x, reward, arms)
    return bandit, x, reward, arms


@pytest.mark.parametrize("arms", [1, 3])
def test_the_bound_is_that_of_ridge_regression_worked_out_plainly(arms):
    bandit, x, reward, arm = learned(arms=arms, alpha=0.7)
    asked = np.random.default_rng(1).normal(size=(4, 3))
    for a in range(arms):
        own = arm == a
        inverse = np.linalg.inv(np.eye(3) + x[own].T @ x[own])
        theta = inverse @ (reward[own] @ x[own])
        want = asked @ theta + 0.7 * np.sqrt([q @ inverse @ q for q in asked])
        np.testing.assert_allclose(bandit.bounds(asked, np.full(4, a, np.int32)), want)


def test_how_often_a_list_is_chosen_is_the_product_of_its_propensities():
    bandit, *_ = learned(temperature=0.8)
    asked = np.random.default_rng(2).normal(size=(3, 3))
    seen, said = Counter(), {}
    for request in range(MANY):
        placed = bandit.choose(asked, 2, f"r{request}")
        key = tuple(placed.items.tolist())
        seen[key] += 1
        said[key] = placed.propensities.prod()
    assert all(near(seen[key] / MANY, chance) for key, chance in said.items())
    assert sum(said.values()) == pytest.approx(1, abs=0.01)


def test_equal_requests_choose_alike_and_a_small_temperature_chooses_the_best():
    bandit, *_ = learned(temperature=1e-4)
    asked = np.random.default_rng(3).normal(size=(9, 3))
    one, two = bandit.choose(asked, 9, "r"), bandit.choose(asked, 9, "r")
    assert one.items.tolist() == two.items.tolist()
    assert one.items.tolist() == np.argsort(-bandit.bounds(asked)).tolist()


def test_what_is_unknown_is_tried_and_what_is_bad_is_left():
    bandit = LinUCB(dim=2, arms=2, temperature=0.05)
    good = 0
    for step in range(300):
        arm = int(bandit.choose(np.ones((2, 2)), 1, str(step), np.arange(2, dtype=np.int32)).items[0])
        good += arm == 1
        bandit.update(np.ones((1, 2)), np.array([float(arm)]), np.array([arm], np.int32))
    assert good > 270


def test_what_was_learned_can_be_kept():
    bandit, *_ = learned(arms=2)
    other = LinUCB(dim=3, arms=2)
    other.restore(bandit.state())
    asked, arms = np.eye(3), np.array([0, 1, 1], np.int32)
    np.testing.assert_array_equal(other.bounds(asked, arms), bandit.bounds(asked, arms))
    with pytest.raises(SavedError, match="other settings"):
        LinUCB(dim=4, arms=2).restore(bandit.state())


def test_what_does_not_fit_is_refused():
    with pytest.raises(BadSetting, match=r"expected \(2, 3\)"):
        LinUCB(dim=3).bounds(np.ones((2, 2)))
    with pytest.raises(BadSetting, match="Arms are 0 to 0; got 0 to 1"):
        LinUCB(dim=3).bounds(np.ones((2, 3)), np.array([0, 1], np.int32))
