"""Laws of reading: names, the order of rows and a second time change nothing."""

import string
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tables import log, pairs
from tastemaker.data.frames import from_frames
from tastemaker.data.receipt import Receipt
from tastemaker.data.settings import DataSettings

EVENTS = ("view", "like", "dislike", "purchase", "", "zap")
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

row = st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from(EVENTS), st.sampled_from([1.0, 2.5, 5.0, -1.0]))
tables = st.lists(row, min_size=1, max_size=40)
policies = st.sampled_from(["merge", "last", "first", "all"])


def frame(rows, times=None, users=lambda u: f"u{u}"):
    columns = {
        "user_id": [users(r[0]) for r in rows],
        "item_id": [f"i{r[1]}" for r in rows],
        "event": [r[2] for r in rows],
        "rating": [r[3] for r in rows],
    }
    return columns if times is None else {**columns, "timestamp": times}


def same(one: Receipt, other: Receipt):
    return one.to_json() == other.to_json()


@QUICK
@given(tables, policies, st.permutations(range(6)))
def test_relabelling_users_changes_nothing_but_the_names(rows, policy, names):
    how = DataSettings(repeats=policy)
    times = [1_500_000_000 + 7 * n % 11 for n in range(len(rows))]
    one = from_frames(frame(rows, times), settings=how).data
    other = from_frames(frame(rows, times, lambda u: f"name {names[u]}"), settings=how).data
    assert [f"name {names[int(u[1:])]}" for u in one.users.ids] == list(other.users.ids)
    assert one.items == other.items
    for f in fields(one.interactions):
        np.testing.assert_array_equal(getattr(one.interactions, f.name), getattr(other.interactions, f.name))


@QUICK
@given(tables, policies, st.randoms(use_true_random=False))
def test_the_order_of_rows_with_different_times_changes_nothing(rows, policy, random):
    how = DataSettings(repeats=policy)
    times = [1_500_000_000 + n for n in range(len(rows))]
    shuffled = list(zip(rows, times, strict=True))
    random.shuffle(shuffled)
    one = from_frames(frame(rows, times), settings=how)
    other = from_frames(frame([r for r, _ in shuffled], [t for _, t in shuffled]), settings=how)
    assert log(one) == log(other)
    assert one.data.users == other.data.users
    assert one.data.items == other.data.items


@QUICK
@given(tables, policies, st.integers(0, 3))
def test_reading_twice_is_equal(rows, policy, core):
    from tastemaker.core import DataError

    how = DataSettings(repeats=policy, core=core)
    try:
        one = from_frames(frame(rows), settings=how)
    except DataError:
        with pytest.raises(DataError):
            from_frames(frame(rows), settings=how)
        return
    other = from_frames(frame(rows), settings=how)
    assert log(one) == log(other)
    assert same(one.receipt, other.receipt)


@QUICK
@given(tables, policies)
def test_what_was_cleaned_is_clean(rows, policy):
    how = DataSettings(repeats=policy)
    once = from_frames(frame(rows), settings=how)
    user, item, value, _, event, _ = zip(*log(once), strict=True)
    again = from_frames({"user_id": user, "item_id": item, "event": event, "rating": value}, settings=how)
    assert pairs(again) == pairs(once)
    assert not [rule for rule in again.receipt.rules if rule.action == "dropped"]


@QUICK
@given(tables, policies)
def test_every_row_that_came_in_stays_or_is_counted(rows, policy):
    receipt = from_frames(frame(rows), settings=DataSettings(repeats=policy)).receipt
    dropped = sum(rule.hits for rule in receipt.rules if rule.action == "dropped")
    assert receipt.before.rows == receipt.after.rows + dropped
    assert (
        sum(receipt.signs) == receipt.after.rows == sum(event.rows for event in receipt.events or ())
        or not receipt.events
    )


@QUICK
@given(tables)
def test_each_pair_stays_once_unless_all_rows_are_wanted(rows):
    kept = pairs(from_frames(frame(rows)))
    assert len(kept) == len(set(kept)) == len({(r[0], r[1]) for r in rows})


texts = st.tuples(st.text(min_size=1, max_size=8), st.text(string.printable, min_size=1, max_size=8))


@QUICK
@given(st.lists(texts, min_size=1, max_size=20))
def test_any_text_may_be_an_id(ids):
    from tastemaker.core import DataError

    users, items = zip(*ids, strict=True)
    try:
        reading = from_frames({"user_id": users, "item_id": items})
    except DataError as error:
        assert "No interaction is left" in str(error)  # noqa: PT017
        return
    assert all(name == name.strip() and name for name in (*reading.data.users.ids, *reading.data.items.ids))
