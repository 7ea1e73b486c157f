"""Charts and their scales."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.data import Column
from tastemaker.evaluation.groups import history_labels, labels_of, largest
from tastemaker.evaluation.plots import Mark, Series, bars, columns, lines
from tastemaker.evaluation.svg import number, percent, series, short, tag, ticks

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@given(NUMBERS, st.floats(1e-6, 1e6))
def test_ticks_are_round_and_hold_the_range(low, width):
    steps = ticks(low, low + width)
    slack = 1e-6 * max(abs(low), width, 1e-6)
    assert steps[0] <= low + slack
    assert steps[-1] >= low + width - slack
    assert 2 <= len(steps) <= 8


def test_ticks_of_nothing_are_a_unit():
    assert ticks(3, 3)[0] == 3


def test_charts_draw_negative_missing_and_equal_values():
    marks = [Mark("a", -0.5, -0.6, -0.4), Mark("b", math.nan), Mark("c", 0.3), Mark("d" * 40, 0)]
    for chart in (
        bars(marks, "bars"),
        bars([Mark("zero", 0.0)], "zero"),
        columns([Series("one", tuple(marks)), Series("two", tuple(marks[::-1]))], list("abcd"), "columns"),
        lines([Series("flat", x=(1.0, 2.0), y=(2.0, 2.0)), Series("dot", x=(1.0,), y=(3.0,))], "lines"),
        lines([Series("gap", x=(0.0, 1.0, 2.0), y=(0.0, math.nan, 1.0))], "gap"),
    ):
        assert chart.startswith("<svg")
        assert 'd="M' in chart or "<rect" in chart
        assert "nan" not in chart.replace("nan [", "")
        assert "inf" not in chart


def test_numbers_read_well():
    assert [number(v) for v in (0, 0.12345, 3.14159, 12.345, 123.45, 12345.6, math.nan)] == [
        "0", "0.1235", "3.142", "12.3", "123", "12,346", "–",
    ]  # fmt: skip
    assert [percent(v) for v in (0, 0.005, 0.25, 1, math.nan)] == ["0 %", "0.5 %", "25 %", "100 %", "–"]
    assert short("abcdef", 4) == "abc…"
    assert [series(n) for n in (-1, 0, 7, 8)] == ["s0", "s1", "s8", "s0"]
    assert tag("a", "x", class_="b", data_c='"<') == '<a class="b" data-c="&quot;&lt;">x</a>'


def test_users_are_grouped_by_what_they_are():
    assert history_labels(np.array([0, 1, 4, 5, 19, 20])).tolist() == [
        "0",
        "1-4",
        "1-4",
        "5-19",
        "5-19",
        "20+",
    ]
    ages = labels_of(Column("number", np.array([*range(100), np.nan], float)))
    assert largest(ages) == ["< 24.75", "24.75 to 49.5", "49.5 to 74.25", ">= 74.25"]
    assert ages[-1] == ""
    few = labels_of(Column("number", np.array([10, 2, 2, np.nan])))
    assert largest(few) == ["2", "10"]
    assert labels_of(Column("number", np.full(3, np.nan))).tolist() == [""] * 3
    assert labels_of(Column("place", np.array(["BR/SP", ""], object))).tolist() == ["BR", ""]
    assert labels_of(Column("category", np.array(["a|b", "c"], object))).tolist() == ["a", "c"]
    assert largest(np.array(list("aabbccddeeffgh"))) == list("abcdef")


@pytest.mark.parametrize("values", [[1e-9, 2e-9], [5.0, 5.0], [-3.0, -1.0]])
def test_lines_of_any_size_are_drawn(values):
    assert "<path" in lines([Series("a", x=(1.0, 2.0), y=tuple(values))], "a")


@pytest.mark.parametrize("last", [1, 2, 3, 12, 40])
def test_epochs_are_whole_numbers(last):
    epochs = tuple(float(n) for n in range(1, last + 1))
    chart = lines([Series("a", x=epochs, y=epochs)], "a", say=lambda value: "y")
    assert not re.search(r">\d+\.\d+<", chart)
    assert re.search(r">\d+<", chart)
