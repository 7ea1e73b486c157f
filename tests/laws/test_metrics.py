"""Laws of measuring, on any lists."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made import item_vectors, names
from tastemaker.data import Column, Dataset, Interactions, ItemVectors, Recommendations
from tastemaker.evaluation.catalog import METRICS
from tastemaker.evaluation.chosen import choose
from tastemaker.evaluation.evaluate import measure_lists

USERS, ITEMS, K = 6, 12, 5
PERFECT = ("recall", "hit", "ndcg", "map", "mrr")
ACCURACY = ("precision", "f1", "serendipity", *PERFECT)
TIES_BY_NUMBER = ("serendipity",)  # which of equally popular items is expected hangs on the numbers


@st.composite
def worlds(draw):
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    taken = rng.random((USERS, ITEMS)) < rng.random()
    came = ~taken & (rng.random((USERS, ITEMS)) < 0.3)
    came[0, np.flatnonzero(~taken[0])[:1]] = True
    genre = Column("category", rng.choice(["a", "b", "a|b", ""], ITEMS).astype(object))
    make = []
    for mask in (taken, came):
        log = Interactions.of(*np.nonzero(mask))
        make.append(Dataset(names("u", USERS), names("i", ITEMS), log, item_attributes={"genre": genre}))
    make[1] = replace(make[1], users=make[0].users, items=make[0].items)
    listed = np.array([rng.permutation(ITEMS)[:K] for _ in range(USERS)], np.int32)
    listed[np.arange(K) >= rng.integers(0, K + 1, USERS)[:, None]] = -1
    return (*make, lists(listed), rng)


def lists(items):
    return Recommendations(np.arange(len(items), dtype=np.int32), items, np.zeros(items.shape, np.float32))


def relabelled(data, **columns):
    return replace(data, interactions=replace(data.interactions, **columns))


def every(names_of=None):
    return [METRICS.build({"name": n, "k": K}) for n in names_of or METRICS.names()]


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_relabelling_users_changes_nothing(world):
    train, test, recs, rng = world
    order = rng.permutation(USERS).astype(np.int32)
    moved = [relabelled(data, user=order[data.interactions.user]) for data in (train, test)]
    renamed = Recommendations(order[recs.users], recs.items, recs.scores)
    for metric in every():
        before = metric.measure(recs, test, train, items=item_vectors(items=ITEMS))
        after = metric.measure(renamed, moved[1], moved[0], items=item_vectors(items=ITEMS))
        assert after == pytest.approx(before, nan_ok=True), metric.name


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_relabelling_items_changes_nothing(world):
    train, test, recs, rng = world
    order = rng.permutation(ITEMS).astype(np.int32)
    back = np.argsort(order)
    genre = Column("category", train.item_attributes["genre"].values[back])
    moved = [
        replace(relabelled(data, item=order[data.interactions.item]), item_attributes={"genre": genre})
        for data in (train, test)
    ]
    renamed = replace(recs, items=np.where(recs.items >= 0, order[recs.items], -1))
    vectors = item_vectors(items=ITEMS)
    there = ItemVectors(vectors.vectors[back], vectors.known[back])
    for metric in every([n for n in METRICS.names() if n not in TIES_BY_NUMBER]):
        before = metric.measure(recs, test, train, items=vectors)
        after = metric.measure(renamed, moved[1], moved[0], items=there)
        assert after == pytest.approx(before, nan_ok=True, abs=1e-6), metric.name


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_a_perfect_list_gives_one_and_an_empty_list_zero(world):
    train, test, _, _ = world
    best, none = np.full((USERS, ITEMS), -1, np.int32), np.full((USERS, K), -1, np.int32)
    for user in range(USERS):
        right = np.unique(test.interactions.item[test.rows_of(user)])
        best[user, : len(right)] = right
    asked = np.bincount(test.interactions.user, minlength=USERS) > 0
    for name in PERFECT:
        values = METRICS.build({"name": name, "k": ITEMS}).measure(lists(best), test, train)
        assert values[asked] == pytest.approx(1), name
        assert np.isnan(values[~asked]).all(), name
    for metric in every(ACCURACY):
        values = metric.measure(lists(none), test, train)
        assert (values[asked] == 0).all()
        assert np.isnan(values[~asked]).all()


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_a_right_answer_moved_forward_never_hurts(world):
    train, test, recs, _ = world
    log = test.interactions
    right = set(zip(log.user.tolist(), log.item.tolist(), strict=True))
    better = recs.items.copy()
    for user in range(USERS):
        hit = np.array([(user, i) in right for i in better[user].tolist()])
        better[user] = np.concatenate([better[user][hit], better[user][~hit]])
    for metric in every(ACCURACY):
        before, after = metric.measure(recs, test, train), metric.measure(lists(better), test, train)
        assert (np.nan_to_num(after - before) >= -1e-12).all(), metric.name


@settings(max_examples=15, deadline=None)
@given(worlds())
def test_reports_hold_no_number_out_of_range(world):
    train, test, recs, _ = world
    report = measure_lists(recs, train, test, chosen=choose(None, K), k=K)
    for name, measured in report.measures.items():
        if np.isfinite(measured.low) and name not in ("popularity_lift",):
            assert measured.low - 1e-12 <= measured.mean <= measured.high + 1e-12 or measured.n < 5, name
    assert np.isnan(report.curve).all() or (np.diff(report.curve) >= -1e-12).all()
