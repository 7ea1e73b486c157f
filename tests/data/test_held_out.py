from dataclasses import replace

import numpy as np
import pytest

from made import dataset
from tastemaker.data.held_out import entered_at_once, hold_out

ASKED = ("future", "any", "last", "time", "random", "cold_users", "cold_items")


@pytest.mark.parametrize("clock", ["time", "positions", "none"])
@pytest.mark.parametrize("asked", ASKED)
def test_the_parts_are_a_partition_of_the_events(asked, clock):
    data = replace(dataset(n=200), clock=clock)
    known, held = hold_out(data, 0, asked)
    both = np.concatenate([known.interactions.time, held.interactions.time])
    np.testing.assert_array_equal(np.sort(both), data.interactions.time)
    assert 0 < len(held.interactions) <= 60
    again = hold_out(data, 0, asked)
    np.testing.assert_array_equal(again[1].interactions.time, held.interactions.time)


@pytest.mark.parametrize("asked", ASKED)
def test_too_few_events_are_not_cut(asked):
    assert hold_out(dataset(n=49), 0, asked) is None


def test_time_is_one_cut_for_all():
    known, held = hold_out(dataset(n=200), 0, "time")
    assert known.interactions.time.max() < held.interactions.time.min()
    assert len(held.interactions) == 20


def test_the_future_holds_the_last_events_and_all_of_the_newest_users():
    data = dataset(n=200, users=40)
    known, held = hold_out(data, 0, "future")
    new = np.setdiff1d(held.interactions.user, known.interactions.user)
    first = {u: data.interactions.time[data.interactions.user == u].min() for u in range(40)}
    assert sorted(new) == sorted(sorted(first, key=first.get)[-2:])
    for user in np.setdiff1d(held.interactions.user, new):
        of_known = known.interactions.time[known.interactions.user == user]
        assert of_known.max() < held.interactions.time[held.interactions.user == user].min()


def test_newest_users_who_did_most_of_all_stay():
    data = dataset(n=200, users=3, items=80)
    known, _ = hold_out(data, 0, "future")
    assert set(known.interactions.user) == {0, 1, 2}


@pytest.mark.parametrize(("asked", "column"), [("cold_users", "user"), ("cold_items", "item")])
def test_cold_keys_leave_no_event_behind(asked, column):
    data = dataset(n=200, users=20, items=20)
    known, held = hold_out(data, 0, asked)
    cold = np.setdiff1d(getattr(held.interactions, column), getattr(known.interactions, column))
    assert len(cold) >= 2


def test_any_holds_the_last_events_of_some_and_any_events_of_others():
    data = dataset(n=400, users=20, items=40)
    known, held = hold_out(data, 0, "any")
    later = []
    for user in range(20):
        of_known = known.interactions.time[known.interactions.user == user]
        of_held = held.interactions.time[held.interactions.user == user]
        if len(of_known) and len(of_held):
            later.append((user % 2, of_known.max() < of_held.min()))
    assert all(last for odd, last in later if not odd)
    assert not all(last for odd, last in later if odd)


@pytest.mark.parametrize(("seconds", "expected"), [(1, True), (30, True), (31, False), (3600, False)])
def test_events_that_stand_close_were_entered_at_once(seconds, expected):
    data = dataset(n=200)
    log = data.interactions
    order = np.argsort(log.user, kind="stable")
    timed = replace(data, interactions=replace(log.take(order), time=np.arange(200) * seconds))
    assert entered_at_once(timed) is expected
    assert not entered_at_once(replace(timed, clock="positions"))


def test_last_is_one_event_of_each_user():
    known, held = hold_out(dataset(n=200, users=20), 0, "last")
    assert len(np.unique(held.interactions.user)) == len(held.interactions)
    for user, time in zip(held.interactions.user, held.interactions.time, strict=True):
        assert known.interactions.time[known.interactions.user == user].max() < time
