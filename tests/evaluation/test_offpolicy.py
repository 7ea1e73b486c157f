"""Estimators of other policies by hand, their properties, and logs from what a store keeps."""

from dataclasses import replace

import numpy as np
import pytest

from tastemaker.core import BadSetting, DataError
from tastemaker.evaluation.offpolicy import Logs, Predicted, doubly_robust, ips, logs_of, snips
from tastemaker.storage.base import Event, Shown


@pytest.fixture
def logs():
    """Two lists of two places; weights 2, 0.5 and 1, 4."""
    return Logs(np.array([[1.0, 0], [0, 1]]), np.array([[0.5, 0.8], [0.5, 0.2]]), np.array([[1.0, 0.4], [0.5, 0.8]]))


def test_estimates_by_hand(logs):
    assert ips(logs).mean == pytest.approx((2 + 4) / 2)
    assert ips(logs, clip=3).mean == pytest.approx((2 + 3) / 2)
    assert snips(logs).mean == pytest.approx(2 / 3 + 4 / 4.5)
    predicted = Predicted(np.full((2, 2), 0.5), np.full((2, 2), 0.25))
    assert doubly_robust(logs, predicted).mean == pytest.approx(0.5 + (2 * 0.5 - 0.25 - 0.5 + 4 * 0.5) / 2)
    assert doubly_robust(logs, predicted, switch=3).mean == pytest.approx(0.5 + (2 * 0.5 - 0.25 - 0.5) / 2)


def test_effective_lists_and_mean_weight_by_hand(logs):
    found = ips(logs)
    assert found.effective == pytest.approx(min(9 / 5, 4.5**2 / 16.25))
    assert found.weight == pytest.approx(7.5 / 4)
    assert found.to_json()["name"] == "ips"


def test_a_whole_list_is_the_product_of_its_places(logs):
    whole = logs.whole()
    assert whole.weights[:, 0] == pytest.approx([1.0, 4.0])
    assert whole.reward[:, 0].tolist() == [1, 1]


def test_the_policy_that_logged_gets_what_it_got(logs):
    same = replace(logs, target=logs.logged)
    predicted = Predicted(np.full((2, 2), 0.3), np.full((2, 2), 0.3))
    for found in (ips(same), snips(same), doubly_robust(same, predicted)):
        assert found.mean == pytest.approx(1.0)
        assert found.effective == pytest.approx(2)


def test_a_perfect_model_leaves_no_error(logs):
    perfect = Predicted(logs.reward, np.full((2, 2), 0.4))
    found = doubly_robust(logs, perfect)
    assert (found.low, found.mean, found.high) == pytest.approx((0.8, 0.8, 0.8))


def test_snips_does_not_move_with_a_constant_reward(logs):
    found = snips(replace(logs, reward=np.ones((2, 2))))
    assert (found.low, found.mean, found.high) == pytest.approx((2, 2, 2))


def test_lists_of_one_user_widen_the_interval():
    rng = np.random.default_rng(0)
    user = np.repeat(np.arange(50), 20)
    reward = (rng.random(50) < 0.5)[user][:, None].astype(float)
    alone = Logs(reward, np.full((1000, 1), 0.5), np.full((1000, 1), 0.5))
    together = replace(alone, units=user)
    ratio = (ips(together).high - ips(together).low) / (ips(alone).high - ips(alone).low)
    assert ratio == pytest.approx(np.sqrt(20), rel=0.05)


def test_one_user_alone_gives_no_interval(logs):
    assert np.isinf(ips(replace(logs, units=np.zeros(2, int))).high)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reward": np.zeros((2, 1))}, "equal tables"),
        ({"logged": np.array([[0.0, 1], [1, 1]])}, "could not be shown"),
        ({"target": np.full((2, 2), 1.5)}, "judged policy"),
        ({"reward": np.full((2, 2), np.nan)}, "finite"),
    ],
)
def test_logs_that_are_none_are_refused(logs, change, said):
    with pytest.raises(DataError, match=said):
        replace(logs, **change)


def test_settings_that_make_no_sense_are_refused(logs):
    with pytest.raises(BadSetting, match="clip must be above 0"):
        ips(logs, clip=0)
    with pytest.raises(DataError, match="shape"):
        doubly_robust(logs, Predicted(np.zeros(2), np.zeros(2)))
    with pytest.raises(DataError, match="At least 2"):
        Logs(np.zeros((1, 1)), np.ones((1, 1)), np.ones((1, 1)))


def shown(request, user, items, chances):
    return Shown(request, user, 0.0, "v1", "", {}, items, (0.0,) * len(items), chances, ("model",) * len(items))


def test_logs_of_a_store_are_joined_by_request_and_item():
    lists = [
        shown("r1", "ann", ("a", "b"), (0.5, 0.25)),
        shown("r2", "ann", ("b",), (0.5,)),
        shown("r3", "", ("a", "c"), (0.5, 1.0)),
        shown("r4", "", ("a", "c"), (0.5, 1.0)),
    ]
    events = [
        Event("ann", "b", "clicked", request="r1"),
        Event("ann", "b", "view", request="r2"),
        Event("", "c", "click"),
        Event("", "a", "click", request="r4"),
    ]
    logs = logs_of(lists, events, lambda one: [0.5] * len(one.items))
    assert logs.reward.tolist() == [[0, 1], [0, 0], [0, 0], [1, 0]]
    assert logs.weights.tolist() == [[1, 2], [1, 1], [1, 0.5], [1, 0.5]]
    assert logs.units[0] == logs.units[1]
    assert len(set(logs.units)) == 3


def test_lists_without_exploration_are_refused():
    with pytest.raises(DataError, match="without exploration"):
        logs_of([shown("r1", "ann", ("a",), (1.0,))], [], lambda one: [1.0])
