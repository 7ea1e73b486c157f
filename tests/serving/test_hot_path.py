"""What makes lists fast gives the same lists: leaders, indexes, plain requests, and versions that go at once."""

import gc
import time
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tastemaker as tm
from tastemaker.core import BadSetting
from tastemaker.models.als import ALS
from tastemaker.pipeline import load
from tastemaker.rules.caps import capped
from tastemaker.rules.columns import Columns
from tastemaker.serving import pulse as pulses
from tastemaker.serving.ask import Ask, Scenario, Weights
from tastemaker.serving.histories import Histories
from tastemaker.serving.live import Live
from tastemaker.serving.plan import CANDIDATES, Planner
from tastemaker.serving.pulse import Pulse
from tastemaker.serving.scoring import Indexed, scorer
from tastemaker.serving.settings import ServeSettings
from tastemaker.serving.sources import OTHERS, best, first
from tastemaker.storage.base import Event, Item


@pytest.mark.parametrize("source", ["trending", "popular", "similar", "fresh"])
@pytest.mark.parametrize("k", [1, 5, 24])
def test_the_first_of_a_source_are_the_best_of_all_rows(engine, source, k):
    live, allowed = engine.live, np.arange(24) % 5 > 0
    asking = engine.asking(live, Ask(user="u1"), time.time(), engine.shop.user("u1"))
    live.count([Event("a", f"i{n}", "like", time=time.time() + n).deed for n in range(0, 20, 3)])
    rows, scores = first(live, asking, source, k, allowed)
    true, worth = best(OTHERS[source](live, asking, 24), k, allowed)
    assert np.allclose(scores, worth, atol=1e-6)
    assert allowed[rows].all()
    assert len(rows) == len(true)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_leaders_are_in_order_of_the_counts_and_without_zeros(counts):
    made = Pulse(np.array(counts, np.float64), 0.0)
    leaders = made.leaders("popular").tolist()
    assert leaders == sorted((n for n, c in enumerate(counts) if c), key=lambda n: (-counts[n], n))


def test_leaders_follow_the_counts_once_they_are_a_second_old(monkeypatch):
    made = Pulse(np.array([2.0, 1.0, 0.0]), 0.0)
    assert made.leaders("popular").tolist() == [0, 1]
    made.count(np.array([2, 2, 2], np.int32), np.array([1.0, 1.0, 1.0]))
    assert made.leaders("popular").tolist() == [0, 1]
    monkeypatch.setattr(pulses, "FRESH", 0.0)
    assert made.leaders("popular").tolist() == [2, 0, 1]


def test_where_leaders_are_forbidden_all_rows_are_looked_at(engine, monkeypatch):
    monkeypatch.setattr(pulses, "LEADERS", 2)
    live, asking = engine.live, engine.asking(engine.live, Ask(), time.time())
    live.pulse.count(np.array([0], np.int32), np.array([time.time()]))
    allowed = np.ones(24, bool)
    allowed[live.pulse.leaders("popular")] = False
    assert len(first(live, asking, "popular", 3, allowed)[0]) == 3


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30), st.integers(1, 3), st.integers(0, 12))
def test_one_cap_alone_is_as_one_among_others(words, cap, k):
    columns = Columns()
    items = [Item(str(n), attributes={"kind": w, "n": n} if w else {"n": n}) for n, w in enumerate(words)]
    columns.put(range(len(items)), [*items])
    if not any(words):
        return
    rows = np.arange(len(items))
    alone = capped(rows, columns, {"kind": cap}, k)
    assert alone.tolist() == capped(rows, columns, {"kind": cap, "n": 1}, k).tolist()


@pytest.fixture(scope="module")
def factors(saved):
    """A model whose scores are products."""
    data = load(saved).data
    return tm.Pipeline(model=ALS(factors=8)).fit(data)


@pytest.mark.parametrize("filter", ["", "price < 12"])
def test_an_approximate_index_gives_the_lists_of_the_exact_one(factors, filter):
    asked = [factors.queries([f"u{n}"])[0] for n in range(20)]
    allowed = np.ones(24, bool) if not filter else np.arange(24) < 7
    lists = []
    for index in ("exact", "ann", "auto"):
        found = scorer(factors.model, 24, index, asked).ask(asked, 6, [allowed] * 20)
        lists.append([found.best(n, 6, allowed)[0].tolist() for n in range(20)])
    assert lists[0] == lists[1] == lists[2]


def test_a_service_searches_by_the_index_that_its_settings_name(factors):
    assert isinstance(Live(factors, "v", 0.0, ServeSettings(index="ann").index).scorer, Indexed)
    with pytest.raises((BadSetting, ValueError), match="index"):
        ServeSettings(index="fast")


def test_a_plain_request_wants_no_more_candidates_than_places(engine):
    planner = Planner(engine.live.columns)

    def depth(disliked=False, scenario=None, **ask):
        return planner.plan(Ask(**ask), scenario or Scenario(), {}, 0.0, disliked).depth

    assert depth(k=7) == 7
    assert depth(k=7, weights=Weights()) == 7
    assert depth(k=7, disliked=True) == CANDIDATES
    assert depth(k=7, weights=Weights(text=1.0)) == CANDIDATES
    assert depth(k=7, caps={"category": 2}) == CANDIDATES
    assert depth(k=7, scenario=Scenario(sources=("model", "popular"))) == CANDIDATES
    assert depth(k=100, diversity=0.5) == 300


def test_a_version_that_nobody_serves_goes_without_the_collector(saved):
    live = Live(load(saved), "v", 0.0)
    live.take([Item("later", "soup")])
    gone = weakref.ref(live)
    gc.disable()
    try:
        del live
        assert gone() is None
    finally:
        gc.enable()


def test_of_several_opinions_the_last_holds_and_the_stronger_weight(factors):
    rows = {f"i{n}": n for n in range(24)}
    histories = Histories(factors, rows.get, lambda row: -1)
    view = Event("u", "i1", "view", time=1.0)
    bought = replace(view, kind="purchase", time=2.0)
    other = Event("u", "i2", "like", time=3.0)
    again = replace(view, time=4.0)
    asking = histories.asking("", [view, bought, other, again], {})
    assert asking.seen.tolist() == [2, 1]
    strongest = max(histories.asking("", [one], {}).query.value[0] for one in (view, bought))
    assert asking.query.value[1] == strongest
    hated = histories.asking("", [bought, replace(view, kind="dislike")], {})
    assert hated.disliked.tolist() == [1]
    assert hated.query.value[0] < 0
