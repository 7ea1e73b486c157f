"""Tails, rules and trends against values worked by hand and plain counting."""

from itertools import permutations

import numpy as np
import pytest

from made import dataset, names
from tastemaker.data import Dataset, Interactions
from tastemaker.learning.exploring.rules import rules
from tastemaker.learning.exploring.sample import capped, drawn, files, thinned
from tastemaker.learning.exploring.tails import gini, tail
from tastemaker.learning.exploring.trends import STRETCHES, trends


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([5, 5, 5, 5], 0.0), ([0, 0, 0, 8], 0.75), ([1, 2, 3], 2 / 9), ([], 0.0), ([0, 0], 0.0)],
)
def test_gini_by_hand(counts, expected):
    assert gini(np.array(counts, np.int64)) == pytest.approx(expected)


def test_a_tail_by_hand():
    found = tail(np.array([90, 4, 2, 1, 1, 1, 1, 0, 0, 0], np.int64))
    assert (found.n, found.events, found.middle) == (10, 100, 1.0)
    assert found.top == (0.9, 0.9)
    assert found.fewer == {1: 3, 3: 8, 5: 9, 10: 9}
    assert found.curve[0] == (1, 90)
    assert found.curve[-1] == (10, 0)


def liked(data):
    by = {}
    for code in data.liked_pairs.tolist():
        by.setdefault(code // len(data.items), set()).add(code % len(data.items))
    return list(by.values())


def test_rules_are_those_of_plain_counting():
    data = dataset(3, users=40, items=9, n=170)
    baskets = liked(data)
    found = {(rule.first, rule.then): rule for rule in rules(data, least=6)}
    n = len(baskets)
    counted = set()
    for a, b in permutations(range(9), 2):
        both = sum({a, b} <= basket for basket in baskets)
        if both >= 6:
            counted.add(frozenset((a, b)))
        if (a, b) in found:
            rule = found[a, b]
            first, then = (sum(x in basket for basket in baskets) for x in (a, b))
            assert rule.count == both
            assert rule.support == pytest.approx(both / n)
            assert rule.confidence == pytest.approx(both / first)
            assert rule.lift == pytest.approx(both / first / (then / n))
            assert 0 < rule.surely < rule.lift
    assert {frozenset(pair) for pair in found} == counted
    assert len(found) == len(counted)  # of both directions one
    assert [rule.surely for rule in found.values()] == sorted((r.surely for r in found.values()), reverse=True)


def test_only_likes_make_rules():
    log = Interactions.of([0, 0, 1, 1, 2, 2] * 5, [0, 1] * 15, value=[-1.0] * 30)
    assert rules(Dataset(names("u", 3), names("i", 2), log)) == []
    assert rules(Dataset(names("u", 0), names("i", 0), Interactions.of([], []))) == []


def timed(days, items, n=3, clock="time"):
    log = Interactions.of(np.arange(len(items)) % 5, items, time=np.array(days) * 86_400)
    return Dataset(names("u", 5), names("i", n), log, clock=clock)


def test_what_comes_up_late_rises_and_the_rest_falls():
    rng = np.random.default_rng(0)
    days = np.sort(rng.uniform(0, 360, 900))
    items = np.where(days > 240, rng.choice([0, 1, 2], 900, p=[0.7, 0.15, 0.15]), rng.choice([1, 2], 900))
    data = timed(days, items)
    found = trends(data, [(row,) for row in range(3)])
    assert found[0].name == 0
    assert {trend.name: trend.z > 0 for trend in found} == {0: True, 1: False, 2: False}
    assert found[0].early == 0
    assert found[0].late == pytest.approx(0.7, abs=0.05)
    assert len(found[0].shares) == STRETCHES
    assert np.nansum([trend.shares for trend in found], axis=0) == pytest.approx(1)
    named = trends(data, [("new", "all"), ("old", "all"), ("old", "all")])
    assert {trend.name for trend in named} == {"new", "old"}  # "all" has the same share all along


def test_without_a_trend_or_a_clock_nothing_is_said():
    rng = np.random.default_rng(1)
    days, items = np.sort(rng.uniform(0, 360, 900)), rng.integers(3, size=900)
    assert trends(timed(days, items), [(row,) for row in range(3)]) == []
    late = np.where(days > 240, 0, 1)
    assert trends(timed(days, late), [(row,) for row in range(3)])
    assert trends(timed(days, late, clock="positions"), [(row,) for row in range(3)]) == []


def test_samples_are_bounded_sorted_and_the_same_for_equal_seeds():
    found = drawn(1000, 50, 1)
    assert len(set(found.tolist())) == 50
    assert (np.diff(found) > 0).all()
    assert (found == drawn(1000, 50, 1)).all()
    assert (found != drawn(1000, 50, 2)).any()
    assert drawn(3, 50, 0).tolist() == [0, 1, 2]
    data = dataset(items=15, content={"text": [(f"t{i}",) for i in range(15)]})
    assert sum(map(bool, thinned(data, 4, 0).content["text"])) == 4
    assert thinned(data, 15, 0) is data


def test_files_are_capped_by_kind():
    data = dataset(items=4, content={"image": [(1, 2), (), (3, 4), (5,)], "text": [("a",)] * 4})
    made = capped(data, {"image": 3, "audio": 9})
    assert made.content["image"] == [(1, 2), (), (3,), ()]
    assert (files(made, "image"), files(made, "text"), files(made, "audio")) == (3, 4, 0)
    assert files(capped(data, {"image": 0}), "image") == 0
