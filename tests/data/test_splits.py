"""What each splitter does, on data small enough to see."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset, names
from tastemaker.core import BadSetting, DataError, UnknownName
from tastemaker.data import Dataset, Interactions
from tastemaker.data.catalog import SPLITTERS
from tastemaker.data.splits import default, parse


def cut(data, spec):
    return next(iter(SPLITTERS.build(spec).split(data)))


def pairs(data):
    ids = data.users.ids, data.items.ids
    return [(ids[0][u], ids[1][i]) for u, i in zip(data.interactions.user, data.interactions.item, strict=True)]


def make(users, items, times=None):
    log = Interactions.of(users, items, time=times)
    clock = "none" if times is None else "time"
    return Dataset(names("u", max(users) + 1), names("i", max(items) + 1), log, clock=clock)


def test_time_cuts_all_events_at_two_moments():
    train, validation, test = cut(dataset(n=100), "time")
    assert [len(p.interactions) for p in (train, validation, test)] == [80, 10, 10]
    assert train.interactions.time.max() < validation.interactions.time.min()
    assert validation.interactions.time.max() < test.interactions.time.min()


def test_time_cuts_where_the_referee_does():
    for n in range(10, 300):
        parts = cut(make([0] * n, list(range(n)), range(n)), "time")
        assert [len(p.interactions) for p in parts[:2]] == [int(n * 0.8), int(n * 0.9) - int(n * 0.8)]


def test_time_keeps_ties_in_the_order_of_arrival():
    _, _, test = cut(make([0] * 10, list(range(10)), [5] * 10), "time")
    assert pairs(test) == [("u0", "i9")]


def test_time_can_drop_users_that_training_does_not_know():
    data = make([0] * 8 + [1, 0], list(range(10)), range(10))
    kept, dropped = cut(data, "time"), cut(data, {"name": "time", "strangers": "drop"})
    assert len(kept.validation.interactions) == 1
    assert len(dropped.validation.interactions) == 0
    assert pairs(dropped.test) == [("u0", "i9")]


def test_last_takes_the_newest_events_of_each_user():
    data = make([0, 1, 0, 1, 0, 1, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7], range(8))
    train, validation, test = cut(data, "last")
    assert pairs(test) == [("u0", "i4"), ("u1", "i5")]
    assert pairs(validation) == [("u0", "i2"), ("u1", "i3")]
    assert ("u2", "i7") in pairs(train)  # two events only


def test_last_two_needs_four_events():
    data = make([0, 0, 0, 0, 1, 1, 1], list(range(7)), range(7))
    _, validation, test = cut(data, {"name": "last", "n": 2})
    assert pairs(test) == [("u0", "i2"), ("u0", "i3")]
    assert pairs(validation) == [("u0", "i1")]


def test_random_cuts_each_user_by_shares():
    data = make([0] * 10 + [1] * 20 + [2], list(range(31)))
    for seed in range(5):
        train, validation, test = cut(data, {"name": "random", "seed": seed})
        counts = [np.bincount(p.interactions.user, minlength=3).tolist() for p in (train, validation, test)]
        assert counts == [[8, 16, 1], [1, 2, 0], [1, 2, 0]]


def test_ratings_cuts_rows_by_shares():
    parts = cut(dataset(n=100), "ratings")
    assert [len(p.interactions) for p in parts] == [80, 10, 10]


@pytest.mark.parametrize("key", ["item", "user"])
def test_cold_holds_out_a_fifth_for_the_test_and_a_tenth_to_choose(key):
    data = dataset(users=20, items=20, n=300)
    parts = cut(data, f"cold_{key}s")
    keys = [set(getattr(p.interactions, key).tolist()) for p in parts]
    assert [len(k) for k in keys] == [14, 2, 4]
    assert not keys[0] & keys[1]
    assert not keys[0] & keys[2]
    assert not keys[1] & keys[2]


@pytest.mark.parametrize("key", ["item", "user"])
def test_cold_can_choose_by_warm_rows(key):
    parts = cut(dataset(users=20, items=20, n=390), {"name": f"cold_{key}s", "choosing": "warm"})
    keys = [set(getattr(p.interactions, key).tolist()) for p in parts]
    assert keys[1] <= keys[0]
    assert not keys[0] & keys[2]


def test_cold_items_can_drop_users_without_training():
    data = make([0, 0, 0, 0, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6])
    for seed in range(20):
        train, _, test = cut(data, {"name": "cold_items", "strangers": "keep", "seed": seed})
        if set(test.interactions.user.tolist()) - set(train.interactions.user.tolist()):
            with pytest.raises(DataError, match="no test rows"):
                cut(data, {"name": "cold_items", "strangers": "drop", "seed": seed})
            return
    pytest.fail("no seed held out an item of a user with one event")


def test_cold_refuses_a_handful():
    with pytest.raises(DataError, match="too few"):
        cut(make([0, 0], [0, 1]), "cold_items")


def test_given_reads_the_column():
    column = np.array(["train", "Val", "valid", "validation", "TEST", "", "x"], object)
    data = replace(make([0] * 7, list(range(7))), split=column)
    train, validation, test = cut(data, "given")
    assert pairs(validation) == [("u0", "i1"), ("u0", "i2"), ("u0", "i3")]
    assert pairs(test) == [("u0", "i4")]
    assert len(train.interactions) == 3
    with pytest.raises(DataError, match="column 'split'"):
        cut(dataset(), "given")


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return {"name": "files", "folder": str(folder)}


def test_files_match_pairs_and_leave_out_the_rest(tmp_path):
    data = make([0, 0, 0, 1, 1], [0, 1, 2, 0, 3], range(5))
    spec = write(
        tmp_path,
        train="user_id,item_id\nu0,i0\nu1,i0\nstranger,i9\n",
        valid="item_id,user_id,rating\ni1,u0,3\n",
        test="user_id,item_id\nu0,i2\n",
    )
    train, validation, test = cut(data, spec)
    assert (pairs(train), pairs(validation), pairs(test)) == (
        [("u0", "i0"), ("u1", "i0")],
        [("u0", "i1")],
        [("u0", "i2")],
    )


@pytest.mark.parametrize(("first", "second"), [("1500000000", "1500000100"), ("1500000000000", "2017-07-14T02:41:40Z")])
def test_files_tell_repeated_pairs_by_time(tmp_path, first, second):
    data = make([0, 0, 0], [0, 1, 0], [1_500_000_000, 1_500_000_050, 1_500_000_100])
    spec = write(
        tmp_path,
        train=f"user_id,item_id,timestamp\nu0,i0,{first}\nu0,i1,\n",
        test=f"user_id,item_id,timestamp\nu0,i0,{second}\n",
    )
    train, validation, test = cut(data, spec)
    assert (len(train.interactions), len(validation.interactions)) == (2, 0)
    assert test.interactions.time.tolist() == [1_500_000_100]


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ("user_id,item_id\nu0,i0\n", None, "There is no"),
        ("user_id,item\nu0,i0\n", "user_id,item_id\nu0,i1\n", "no column 'item_id'"),
        ("user_id,item_id\nx,i0\n", "user_id,item_id\nu0,i1\n", "No row of"),
        ("user_id,item_id\nu0,i0\n", "user_id,item_id\nu0,i0\n", "several files"),
        ("user_id,item_id\nu0,i0,1\n", "user_id,item_id\nu0,i1\n", "cannot be read"),
        ("", "user_id,item_id\nu0,i1\n", "cannot be read"),
        ("user_id,item_id,timestamp\nu0,i0,soon\n", "user_id,item_id\nu0,i1\n", "'soon' is no time"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path, train, test, message):
    files = {"train": train} | ({} if test is None else {"test": test})
    with pytest.raises(DataError, match=message):
        cut(make([0, 0], [0, 1], [1, 2]), write(tmp_path, **files))


@pytest.mark.parametrize("how", ["time", "last"])
def test_an_order_is_needed_where_the_newest_is_asked_for(how):
    with pytest.raises(DataError, match="needs times"):
        cut(make([0] * 10, list(range(10))), how)


def test_positions_order_no_events_of_different_users():
    with pytest.raises(DataError, match="Use 'last'"):
        cut(replace(dataset(), clock="positions"), "time")


def test_a_split_without_a_test_is_refused():
    with pytest.raises(DataError, match="no test rows"):
        cut(make([0, 1, 2], [0, 1, 2], range(3)), "last")
    with pytest.raises(BadSetting, match="leave a share"):
        cut(dataset(), {"name": "time", "validation": 0.6, "test": 0.6})


def test_the_default_suits_the_data():
    data = dataset()
    assert default(data).name == "time"
    assert default(replace(data, clock="positions")).name == "last"
    random = default(replace(data, clock="none"), seed=3)
    assert (random.name, random.seed) == ("random", 3)
    assert default(replace(data, split=np.full(200, "train", object))).name == "given"


def test_a_text_names_a_splitter():
    assert parse("last:2").n == 2
    assert parse("last").n == 1
    assert parse("files:a/b:c").folder == "a/b:c"
    assert parse("cold_items", 7).seed == 7
    assert parse(" time ").name == "time"


@pytest.mark.parametrize("text", ["files", "files:", "last:x", "last:0", "last:", "time:0.2"])
def test_a_text_that_is_not_understood_is_refused(text):
    with pytest.raises(BadSetting):
        parse(text)


def test_a_wrong_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="'cold_items'"):
        parse("cold_item")
