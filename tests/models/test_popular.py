"""Popularity: counts, time, groups."""

from dataclasses import replace

import numpy as np
import pytest

from made import names
from tastemaker.core import BadSetting
from tastemaker.data import Dataset, Interactions, Query, queries
from tastemaker.data.table import Column
from tastemaker.models import RECOMMENDERS, load
from tastemaker.models.segments import segments

DAY = 86400
LOG = Interactions.of([0, 1, 2, 3], [0, 0, 0, 1], time=[0, 0, 10 * DAY, 20 * DAY])
DATA = Dataset(names("u", 5), names("i", 3), LOG, clock="time")


def popular(data=DATA, **settings):
    return RECOMMENDERS.build({"name": "popular", **settings}).fit(data)


def shares(model, query=None):
    return model.score([query or Query(None)])[0]


def test_counts_every_interaction_alike_without_a_half_life():
    np.testing.assert_allclose(shares(popular(half_life=None)), [0.75, 0.25, np.nan])


def test_the_newest_month_weighs_most_by_default():
    older = 2 * 2 ** (-20 / 30) + 2 ** (-10 / 30)
    np.testing.assert_allclose(shares(popular())[:2], np.array([older, 1]) / (older + 1), rtol=1e-6)


def test_an_interaction_weighs_half_after_the_half_life():
    np.testing.assert_allclose(shares(popular(half_life=10.0))[:2], np.array([1, 1]) / 2)


def test_only_recent_interactions_count_and_older_items_are_at_the_bottom():
    np.testing.assert_allclose(shares(popular(recent=9.0, half_life=None)), [0, 1, np.nan])


def test_without_a_clock_ages_are_shares_of_the_log():
    data = replace(DATA, clock="none")
    np.testing.assert_allclose(shares(popular(data, half_life=0.25))[:2], np.array([0.875, 1]) / 1.875)


def test_unknown_times_count_as_the_oldest():
    log = replace(LOG, time=np.array([-1, 0, 10 * DAY, 20 * DAY]))
    assert np.isfinite(shares(popular(replace(DATA, interactions=log), half_life=1.0))[:2]).all()


def test_nothing_at_all_gives_no_opinion():
    data = replace(DATA, interactions=Interactions.of([], []))
    assert np.isnan(shares(popular(data, half_life=1.0))).all()


def grouped():
    gender = Column("category", np.array(["F", "F", "F", "M", ""], object))
    return replace(DATA, user_attributes={"gender": gender})


def test_groups_are_shrunk_to_the_whole():
    model = popular(grouped(), segment=["gender"], shrink=4.0, half_life=None)
    scores = model.score(queries(grouped(), range(5)))
    whole = np.array([0.75, 0.25])
    np.testing.assert_allclose(scores[3, :2], ([0, 1] + 4 * whole) / 5)
    np.testing.assert_allclose(scores[0, :2], ([3, 0] + 4 * whole) / 7)
    np.testing.assert_allclose(scores[4, :2], whole)  # no gender known


def test_a_stranger_gets_the_whole():
    model = popular(grouped(), segment=["gender"])
    np.testing.assert_allclose(shares(model), shares(popular()))
    np.testing.assert_allclose(shares(model, Query(99)), shares(popular()))


def test_groups_are_saved(tmp_path):
    model = popular(grouped(), segment=["gender"])
    model.save(tmp_path / "m")
    asked = queries(grouped(), range(5))
    np.testing.assert_array_equal(load(tmp_path / "m").score(asked), model.score(asked))


def test_an_unknown_attribute_is_refused_with_those_known():
    with pytest.raises(BadSetting, match=r"no attribute 'sex'.*Known: gender"):
        popular(grouped(), segment=["sex"])


def test_numbers_become_bands_and_places_their_coarsest_level():
    table = {
        "age": Column("number", np.array([10, 20, 30, 40, np.nan])),
        "place": Column("place", np.array(["BR/SP", "BR/RJ", "US/NY", "", "US"], object)),
    }
    assert segments(table, ["age"], 2, 5).tolist() == [0, 0, 1, 1, -1]
    assert segments(table, ["place"], 2, 5).tolist() == [0, 0, 1, -1, 1]
    assert segments(table, ["age", "place"], 2, 5).tolist() == [0, 0, 1, -1, -1]
    assert segments(table, [], 2, 5).tolist() == [-1] * 5


def test_likes_without_a_time_count_as_old_as_the_row_before():
    log = Interactions.of([0, 1, 2, 3], [1, 0, 0, 1], time=[900 * DAY, -1, -1, 900 * DAY])
    np.testing.assert_allclose(shares(popular(replace(DATA, interactions=log)))[:2], [0.5, 0.5])
