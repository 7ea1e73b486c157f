"""At most so many of one value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.core import BadSetting
from tastemaker.rules.caps import capped
from tastemaker.rules.columns import Columns
from tastemaker.storage.base import Item


def shelf(*attributes):
    columns = Columns()
    columns.put(range(len(attributes)), [Item(str(n), attributes=a) for n, a in enumerate(attributes)])
    return columns


def places(columns, caps, k=10, rows=None):
    rows = np.arange(len(columns)) if rows is None else np.array(rows)
    return capped(rows, columns, caps, k).tolist()


def test_the_first_ones_of_a_value_stay():
    columns = shelf({"kind": "a"}, {"kind": "a"}, {"kind": "b"}, {"kind": "a"}, {})
    assert places(columns, {"kind": 2}) == [0, 1, 2, 4]
    assert places(columns, {"kind": 1}, k=2) == [0, 2]
    assert places(columns, {"kind": 1}, rows=[3, 2, 1]) == [0, 1]


def test_all_caps_hold_at_once():
    columns = shelf(
        {"kind": "a", "year": 1}, {"kind": "b", "year": 1}, {"kind": "b", "year": 2}, {"kind": "a", "year": 3}
    )
    assert places(columns, {"kind": 1, "year": 1}) == [0, 2]


def test_several_texts_count_each():
    columns = shelf({"by": ["x", "y"]}, {"by": ["y"]}, {"by": ["z"]}, {"by": "z"}, {"by": []})
    assert places(columns, {"by": 1}) == [0, 2, 4]


def test_items_without_a_value_are_never_held_back():
    columns = shelf({"kind": True}, {}, {}, {"kind": True}, {"kind": float("nan")}, {"kind": float("nan")})
    assert places(columns, {"kind": 1}) == [0, 1, 2, 4, 5]


def test_caps_that_cannot_be_are_refused():
    with pytest.raises(BadSetting, match="Did you mean 'kind'"):
        places(shelf({"kind": "a"}), {"kinds": 1})
    with pytest.raises(BadSetting, match="at least 1; got 0"):
        places(shelf({"kind": "a"}), {"kind": 0})


def test_of_no_candidates_there_are_none():
    assert places(Columns(), {"kind": 1}) == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2))), st.integers(1, 3), st.integers(1, 3))
def test_no_cap_is_exceeded_and_nothing_that_fits_is_left_out(rows, first, second):
    columns = shelf(*({"kind": kind, "year": year} for kind, year in rows))
    chosen = places(columns, {"kind": first, "year": second}, k=99) if rows else []
    kinds, years = [rows[n][0] for n in chosen], [rows[n][1] for n in chosen]
    assert all(kinds.count(kind) <= first for kind in kinds)
    assert all(years.count(year) <= second for year in years)
    for n in set(range(len(rows))) - set(chosen):
        before = [rows[c] for c in chosen if c < n]
        full = sum(kind == rows[n][0] for kind, _ in before) == first
        assert full or sum(year == rows[n][1] for _, year in before) == second
