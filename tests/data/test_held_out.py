from dataclasses import replace

import numpy as np

from made import dataset
from tastemaker.data.held_out import hold_out


def keys(data):
    log = data.interactions
    return set(zip(log.user.tolist(), log.item.tolist(), strict=True))


def test_with_a_clock_the_latest_tenth_is_held_out():
    data = dataset(n=200)
    train, held = hold_out(data)
    assert len(train.interactions) == 180
    assert held.interactions.time.min() > train.interactions.time.max()


def test_with_positions_only_last_events_of_users_are_held_out():
    data = replace(dataset(n=200), clock="positions")
    train, held = hold_out(data)
    log = held.interactions
    assert len(log) == 20
    for user, time in zip(log.user, log.time, strict=True):
        assert data.interactions.time[data.rows_of(user)].max() == time
    assert not keys(train) & keys(held)


def test_without_an_order_events_are_drawn_by_the_seed():
    data = replace(dataset(n=200), clock="none")
    one, other, again = hold_out(data, 0)[1], hold_out(data, 1)[1], hold_out(data, 0)[1]
    assert keys(one) == keys(again) != keys(other)
    assert len(one.interactions) == 20


def test_few_events_are_all_learned_from():
    assert hold_out(dataset(n=40)) is None


def test_numbers_of_users_do_not_matter_with_positions():
    data = replace(dataset(n=200), clock="positions")
    log = data.interactions
    turned = replace(data, interactions=replace(log, user=(19 - log.user).astype(np.int32)))
    assert keys(hold_out(data)[1]) == {(19 - u, i) for u, i in keys(hold_out(turned)[1])}
