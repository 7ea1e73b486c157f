"""Harm is what it says, no more of it than asked for, and a larger dose holds the smaller one."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset
from tastemaker.core import BadSetting, Run
from tastemaker.data import Column, Features, Split
from tastemaker.learning.bench import Bench
from tastemaker.learning.fakes import liars, pushed, pushers
from tastemaker.learning.harms import harms, latest, swapped
from tastemaker.models import RECOMMENDERS
from tastemaker.pipeline import Pipeline


def features(n):
    draw = np.random.default_rng(0)
    return {
        "words": Features("text", draw.normal(size=(n, 4)).astype(np.float32), np.ones(n, bool)),
        "looks": Features("image", draw.normal(size=(n, 4)).astype(np.float32), np.ones(n, bool)),
    }


def bench(data):
    rows = np.arange(len(data.interactions))
    parts = Split(data.only(rows[rows % 10 < 7]), data.only(rows[rows % 10 == 7]), data.only(rows[rows % 10 > 7]))
    template = Pipeline(RECOMMENDERS.build("popular"))
    return Bench(template, features(len(data.items)), parts, lambda known, held: None, run=Run(device="cpu"))


@pytest.fixture(scope="module")
def data():
    return dataset(n=400)


def harm(made, kind):
    return {one.name: one for one in harms(made, [kind])}


def test_a_larger_dose_takes_what_a_smaller_one_took(data):
    found = harm(bench(data), "missing")
    assert set(found) == {"missing-text", "missing-image"}
    gone = [~found["missing-text"].ground(dose).pipeline.features["words"].present for dose in (0.2, 0.4, 0.8)]
    n = len(data.items)
    assert [mask.sum() for mask in gone] == [round(dose * n) for dose in (0.2, 0.4, 0.8)]
    assert not (gone[0] & ~gone[1]).any()
    assert not (gone[1] & ~gone[2]).any()
    assert found["missing-text"].ground(0.8).pipeline.features["looks"].present.all()


def test_swapped_content_is_the_same_content_of_the_same_items():
    before = features(10)
    rows = np.array([1, 4, 7])
    after = swapped(before, "text", rows)
    np.testing.assert_array_equal(after["words"].vectors[rows], before["words"].vectors[[4, 7, 1]])
    others = np.setdiff1d(np.arange(10), rows)
    np.testing.assert_array_equal(after["words"].vectors[others], before["words"].vectors[others])
    assert after["looks"] is before["looks"]


def present(ground):
    return {name: found.present.all() for name, found in ground.pipeline.features.items() if found.present.any()}


def test_each_source_is_gone_and_where_there_are_more_than_two_alone(data):
    two = harm(bench(data), "sources")
    assert set(two) == {"without-text", "without-image"}
    assert present(two["without-text"].ground(1.0)) == {"looks": True}
    assert present(two["without-text"].ground(0.0)) == {"looks": True, "words": True}
    three = bench(data)
    made = replace(three, features={**three.features, "tune": replace(three.features["looks"], source="audio")})
    found = harm(made, "sources")
    assert set(found) == {f"{how}-{source}" for how in ("without", "alone") for source in ("text", "image", "audio")}
    assert present(found["alone-audio"].ground(1.0)) == {"tune": True}
    alone = replace(three, features={"words": three.features["words"]})
    assert harm(alone, "sources") == {}


def test_without_new_items_there_is_nothing_new_to_harm(data):
    assert not harm(bench(data), "new")


def test_fewer_events_are_silent_and_stay_out_of_lists(data):
    made = bench(data)
    ground = harm(made, "less")["less"].ground(0.4)
    known = made.testing.known.interactions
    assert len(ground.known.interactions) == len(known)
    assert np.count_nonzero(ground.known.interactions.sign) < 0.5 * np.count_nonzero(known.sign)
    np.testing.assert_array_equal(ground.known.pairs, made.testing.known.pairs)


def test_the_latest_events_of_each_user(data):
    rows = latest(data, 3)
    assert (np.diff(rows) > 0).all()
    for user in range(len(data.users)):
        mine = data.rows_of(user)
        np.testing.assert_array_equal(rows[np.isin(rows, mine)], np.sort(mine[-3:]))
    assert len(latest(data, 0)) == len(data.interactions)


@pytest.mark.parametrize("lie", [liars, pushers])
def test_fake_users_come_after_the_real_ones_and_change_nothing_of_theirs(data, lie):
    data = replace(data, user_attributes={"age": Column("number", np.ones(len(data.users)))})
    more = lie(data, 5, 0)
    n = len(data.users)
    assert len(more.users) == n + 5
    assert more.users.ids[:n] == data.users.ids
    real = more.only(more.interactions.user < n)
    for name in ("user", "item", "value", "time", "sign"):
        np.testing.assert_array_equal(getattr(real.interactions, name), getattr(data.interactions, name))
    assert np.isnan(more.user_attributes["age"].values[n:]).all()
    assert lie(data, 0, 0) is data
    same = lie(data, 5, 0).interactions.item
    np.testing.assert_array_equal(same, more.interactions.item)


def test_events_without_a_time_stay_where_they_are_when_fake_ones_come(data):
    time = data.interactions.time.copy()
    time[5] = -1
    data = replace(data, interactions=replace(data.interactions, time=time))
    more = liars(data, 5, 0)
    real = more.only(more.interactions.user < len(data.users)).interactions
    np.testing.assert_array_equal(real.time, time)


def test_every_pusher_likes_the_pushed_item(data):
    more = pushers(data, 5, 0)
    fake = more.interactions.user >= len(data.users)
    target = more.interactions.item == pushed(data, 0)
    assert len(np.unique(more.interactions.user[fake & target])) == 5
    assert (more.interactions.sign[fake] > 0).all()


def test_unknown_harm_is_an_error(data):
    with pytest.raises(BadSetting, match="no harm called 'rain'"):
        list(harms(bench(data), ["rain"]))
