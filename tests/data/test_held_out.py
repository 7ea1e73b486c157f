from dataclasses import replace

import numpy as np

from made import dataset
from tastemaker.data.held_out import hold_out


def keys(data):
    log = data.interactions
    return set(zip(log.user.tolist(), log.item.tolist(), strict=True))


def test_with_an_order_the_last_tenth_of_each_user_is_held_out():
    data = dataset(n=200)
    train, held = hold_out(data)
    for user in range(20):
        before, after, n = (part.interactions.time[part.rows_of(user)] for part in (train, held, data))
        assert len(after) == (max(1, round(0.1 * len(n))) if len(n) >= 3 else 0)
        assert not len(after) or not len(before) or after.min() > before.max()
    assert not keys(train) & keys(held)


def test_without_an_order_events_are_drawn_by_the_seed():
    data = replace(dataset(n=200), clock="none")
    one, other, again = hold_out(data, 0)[1], hold_out(data, 1)[1], hold_out(data, 0)[1]
    assert keys(one) == keys(again) != keys(other)
    assert len(one.interactions) == 20


def test_few_events_are_all_learned_from():
    assert hold_out(dataset(n=40)) is None


def test_numbers_of_users_do_not_matter():
    data = dataset(n=200)
    log = data.interactions
    turned = replace(data, interactions=replace(log, user=(19 - log.user).astype(np.int32)))
    assert keys(hold_out(data)[1]) == {(19 - u, i) for u, i in keys(hold_out(turned)[1])}
