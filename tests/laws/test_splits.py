"""Laws of splitting, on any data."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from made import names
from tastemaker.core import DataError
from tastemaker.data import Dataset, Interactions
from tastemaker.data.catalog import SPLITTERS

PARTITIONS = [name for name in SPLITTERS.names() if name not in ("files", "given")]


@st.composite
def data(draw):
    n = draw(st.integers(12, 80))
    row = st.tuples(st.integers(0, 7), st.integers(0, 9), st.integers(0, 12))
    rows = np.array(draw(st.lists(row, min_size=n, max_size=n)))
    rows = rows[np.argsort(rows[:, 2], kind="stable")]
    log = Interactions.of(rows[:, 0], rows[:, 1], value=np.arange(1, n + 1), time=rows[:, 2])
    return Dataset(names("u", 8), names("i", 10), log, clock="time")


def cut(given_data, spec):
    try:
        return next(iter(SPLITTERS.build(spec).split(given_data)))
    except DataError:
        assume(False)


@settings(max_examples=60, deadline=None)
@given(data(), st.sampled_from(PARTITIONS), st.booleans())
def test_a_split_is_a_partition_in_order(made, name, cold):
    spec = {"name": name} | ({"choosing": "warm"} if name.startswith("cold") and not cold else {})
    arrived = [part.interactions.value for part in cut(made, spec)]
    assert all((np.diff(a) > 0).all() for a in arrived)
    assert sorted(np.concatenate(arrived)) == sorted(made.interactions.value)


@settings(max_examples=40, deadline=None)
@given(data())
def test_no_time_leaks(made):
    train, validation, test = (part.interactions for part in cut(made, "time"))
    for earlier, later in ((train, validation), (validation, test), (train, test)):
        if len(earlier) and len(later):
            assert earlier.value.max() < later.value.min()  # in the order of (time, arrival)
            assert earlier.time.max() <= later.time.min()


@settings(max_examples=40, deadline=None)
@given(data(), st.integers(1, 3))
def test_last_leaks_no_later_event_of_the_same_user(made, n):
    train, validation, test = (part.interactions for part in cut(made, {"name": "last", "n": n}))
    for user in np.unique(test.user):
        mine = [part.value[part.user == user] for part in (train, validation, test)]
        assert [len(m) for m in mine[1:]] == [1, n]
        assert mine[0].max() < mine[1].min() < mine[2].min()


@settings(max_examples=40, deadline=None)
@given(data(), st.sampled_from(["item", "user"]), st.integers(0, 5))
def test_what_is_cold_was_never_seen(made, key, seed):
    train, validation, test = cut(made, {"name": f"cold_{key}s", "seed": seed})
    sets = [set(getattr(part.interactions, key).tolist()) for part in (train, validation, test)]
    assert not (sets[0] & sets[1])
    assert not (sets[0] & sets[2])
    assert not (sets[1] & sets[2])


@settings(max_examples=40, deadline=None)
@given(data(), st.integers(0, 5))
def test_random_tests_only_users_that_it_trains_on(made, seed):
    train, validation, test = cut(made, {"name": "random", "seed": seed})
    known = set(train.interactions.user.tolist())
    assert set(test.interactions.user.tolist()) | set(validation.interactions.user.tolist()) <= known


@settings(max_examples=40, deadline=None)
@given(data(), st.sampled_from(["time", "cold_items"]))
def test_dropping_strangers_leaves_known_users_alone(made, name):
    train, validation, test = cut(made, {"name": name, "strangers": "drop"})
    known = set(train.interactions.user.tolist())
    assert set(test.interactions.user.tolist()) | set(validation.interactions.user.tolist()) <= known
