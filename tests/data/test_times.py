"""Times of every form."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from tastemaker.data.receipt import Ledger
from tastemaker.data.times import times_of

NOON = 1_457_956_800  # 2016-03-14 12:00 UTC


def times(values, kind=None, now=None):
    ledger = Ledger()
    found = times_of(pa.chunked_array([pa.array(values, kind)]), ledger, now)
    return (
        found.seconds.tolist(),
        found.clock,
        [rule.hits for rule in ledger.rules.values() if rule.action == "repaired"],
    )


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.string()])
def test_units_are_told_by_their_size(unit, kind):
    values = pa.array([NOON * unit, (NOON + 60) * unit, None]).cast(kind, safe=False)
    assert times(values) == ([NOON, NOON + 60, -1], "time", [])


@pytest.mark.parametrize(
    "text",
    [
        "2016-03-14T12:00:00Z", "2016-03-14 12:00:00", "2016-03-14T12:00", "2016/03/14 12:00",
        "2016-03-14 12:00:00.000",
        "2016-03-14T14:00:00+02:00", "2016-03-14T06:30:00-0530", "2016-03-14 12:00:00 UTC", " 2016-3-14 12:00:00",
    ],
)  # fmt: skip
def test_iso_8601_with_and_without_a_zone(text):
    assert times([text]) == ([NOON], "time", [])
    assert times([text, "2016-03-14", ""])[0] == [NOON, NOON - 43_200, -1]


def test_a_fraction_orders_but_does_not_count():
    found = times_of(pa.chunked_array([["2016-03-14T12:00:00.5+00:00", "2016-03-14T12:00:00.250Z", "x"]]), Ledger())
    assert found.seconds.tolist() == [NOON, NOON, -1]
    assert found.order[0] > found.order[1]


def test_arrow_times_and_dates():
    assert times([dt.datetime(2016, 3, 14, 12), None]) == ([NOON, -1], "time", [])
    assert times([dt.date(2016, 3, 14)]) == ([NOON - 43_200], "time", [])
    assert times([dt.datetime(2016, 3, 14, 12)], pa.timestamp("ns", "Europe/Berlin"))[0] == [NOON]


def test_small_numbers_are_positions():
    assert times([0, 1, 2, None]) == ([0, 1, 2, -1], "positions", [])
    assert times(["0", "1", ""]) == ([0, 1, -1], "positions", [])
    assert times([3, -4]) == ([3, -1], "positions", [1])


@pytest.mark.parametrize("values", [[None, None], ["", " "], [float("nan")], []])
def test_no_time_at_all_is_no_clock(values):
    seconds, clock, repaired = times(values, pa.string() if not values else None)
    assert (clock, repaired, set(seconds) <= {-1}) == ("none", [], True)


@pytest.mark.parametrize("bad", [-5, 0, 99, 10**17, 253_402_300_800])
def test_impossible_numbers_become_unknown(bad):
    assert times([NOON, NOON + 1, bad]) == ([NOON, NOON + 1, -1], "time", [1])


@pytest.mark.parametrize("bad", ["9999-01-01", "1969-12-31T00:00:00Z", "yesterday", "2016-13-45"])
def test_impossible_texts_become_unknown(bad):
    assert times(["2016-03-14 12:00:00", "2016-03-14 12:00:01", bad])[0] == [NOON, NOON + 1, -1]
    assert times(["2016-03-14 12:00:00", bad])[2] == [1]


def test_tomorrow_is_possible_the_day_after_is_not():
    assert times([NOON, NOON + 80_000, NOON + 90_000], now=NOON)[0] == [NOON, NOON + 80_000, -1]


def test_times_that_are_none_leave_no_clock():
    assert times(["soon", "later"]) == ([-1, -1], "none", [2])
    assert times([float("inf"), -float("inf")]) == ([-1, -1], "none", [2])
    assert times([-3, -4]) == ([-1, -1], "none", [2])


def test_dictionaries_are_times_too():
    column = pa.chunked_array([pa.array(["2016-03-14T12:00:00Z"]).dictionary_encode()])
    assert times_of(column, Ledger()).seconds.tolist() == [NOON]
    assert np.issubdtype(times_of(column, Ledger()).order.dtype, np.int64)
