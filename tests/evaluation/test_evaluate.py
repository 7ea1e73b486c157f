"""Measuring a model: who is asked, what is counted, what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset, item_vectors
from tastemaker.core import BadSetting, DataError, UnknownName
from tastemaker.data import Column, Recommendations, Vocabulary
from tastemaker.evaluation import compare, evaluate, side_by_side
from tastemaker.evaluation.catalog import METRICS


class Shuffled:
    """Lists every unseen item in an order that the seed and the user give."""

    def __init__(self, train, seed=0, best=None):
        self.train, self.seed, self.best, self.asked = train, seed, best or {}, []

    def recommend(self, users, k=10, *, allowed=None):
        self.asked += users
        items = np.full((len(users), k), -1, np.int32)
        for row, user in enumerate(users):
            found = self._list(user, np.ones(len(self.train.items), bool) if allowed is None else allowed)[:k]
            items[row, : len(found)] = found
        rows = self.train.users.rows(users)
        return Recommendations(rows, items, np.where(items >= 0, 0, -np.inf).astype(np.float32))

    def _list(self, user, allowed):
        row = self.train.users.row(user)
        seen = set() if row is None else set(self.train.interactions.item[self.train.rows_of(row)].tolist())
        order = np.random.default_rng([self.seed, int(user[1:])]).permutation(len(self.train.items))
        order = [*self.best.get(user, []), *order.tolist()]
        return [i for i in dict.fromkeys(order) if i not in seen and allowed[i]]


@pytest.fixture
def world():
    data = dataset(users=60, items=40, n=900)
    sex = Column("category", np.array(["f", "m"] * 30, object))
    age = Column("number", np.arange(60.0))
    data = replace(data, user_attributes={"sex": sex, "age": age})
    return data.only(np.arange(700)), data.only(np.arange(700, 900))


def oracle(train, test):
    best = {test.users.ids[u]: test.interactions.item[test.rows_of(u)].tolist() for u in range(len(test.users))}
    return Shuffled(train, best=best)


def test_every_test_user_is_asked_once(world):
    train, test = world
    model = Shuffled(train)
    report = evaluate(model, train, test)
    assert sorted(model.asked) == sorted(report.users)
    assert set(report.users) == {test.users.ids[u] for u in np.unique(test.interactions.user)}


def test_users_with_negative_feedback_alone_are_not_asked(world):
    train, test = world
    sign = test.interactions.sign.copy()
    sign[test.interactions.user == 7] = -1
    disliked = replace(test, interactions=replace(test.interactions, sign=sign))
    assert "u7" not in evaluate(Shuffled(train), train, disliked).users
    none = replace(test, interactions=replace(test.interactions, sign=np.full(200, -1, np.int8)))
    with pytest.raises(DataError, match="nothing to find"):
        evaluate(Shuffled(train), train, none)


def test_values_of_users_are_kept_and_means_are_theirs(world):
    report = evaluate(Shuffled(world[0]), *world, items=item_vectors(items=40))
    for name, measured in report.measures.items():
        if measured.values is not None and measured.n:
            assert len(measured.values) == len(report.users)
            assert report[name] == pytest.approx(np.nanmean(measured.values))
            assert measured.low <= measured.mean <= measured.high
    assert {"coverage", "gini", "entropy"} <= set(report.measures)
    assert np.isnan(report.measures["coverage"].low)
    assert report["diversity"] > 0


def test_the_truth_is_perfect_and_chance_is_worse(world):
    train, test = world
    best, chance = evaluate(oracle(*world), train, test), evaluate(Shuffled(train), train, test)
    assert best["ndcg"] == pytest.approx(1)
    assert best["hit"] == best["mrr"] == pytest.approx(1)
    assert chance["ndcg"] < 0.5
    difference = compare(best.named("oracle"), chance.named("chance"))
    assert difference["ndcg"].low > 0
    assert difference["ndcg"].mean == pytest.approx(best["ndcg"] - chance["ndcg"])
    assert "oracle - chance" in str(difference)
    assert "*" in difference.table()
    assert difference.to_json()["differences"]["recall"]["n"] == len(best.users)


def test_equal_lists_do_not_differ(world):
    report = evaluate(Shuffled(world[0]), *world)
    same = compare(report, report)
    assert same["recall"].mean == same["recall"].low == same["recall"].high == 0
    assert "*" not in same.table()


def test_reports_of_different_users_are_not_compared(world):
    train, test = world
    one = evaluate(Shuffled(train), train, test)
    with pytest.raises(DataError, match="different users"):
        compare(one, evaluate(Shuffled(train), train, test.only(np.arange(20))))
    with pytest.raises(DataError, match="k 5"):
        compare(one, evaluate(Shuffled(train), train, test, k=5))


def test_equal_seeds_give_equal_reports(world):
    first, again = (evaluate(Shuffled(world[0]), *world, seed=3).to_json(per_user=True) for _ in range(2))
    assert first == again
    other = evaluate(Shuffled(world[0]), *world, seed=4)
    assert other.measures["recall"].low != first["measures"]["recall"]["low"]
    assert other["recall"] == first["measures"]["recall"]["mean"]


def test_metrics_are_chosen_by_name_depth_or_object(world):
    chosen = ["recall@3", "ndcg", METRICS.build({"name": "precision", "k": 30}), "coverage@2"]
    report = evaluate(Shuffled(world[0]), *world, metrics=chosen, k=5)
    assert set(report.measures) == {"recall@3", "ndcg", "precision@30", "coverage@2"}
    assert report.recs.items.shape[1] == 30
    for wrong in ("recal", "recall@x"):
        with pytest.raises(UnknownName, match="recall"):
            evaluate(Shuffled(world[0]), *world, metrics=[wrong])
    with pytest.raises(BadSetting, match="at least 1"):
        evaluate(Shuffled(world[0]), *world, k=0)


def test_the_recall_curve_rises_to_recall(world):
    report = evaluate(Shuffled(world[0]), *world)
    assert report.curve.shape == (20,)
    assert (np.diff(report.curve) >= 0).all()
    assert report.curve[9] == pytest.approx(report["recall"])


def test_slices_cut_the_users(world):
    train, test = world
    report = evaluate(Shuffled(train), train, test)
    for by, groups in (("sex", ["f", "m"]), ("age", 4)):
        parts = [s for s in report.slices if s.by == by]
        assert len(parts) == groups if isinstance(groups, int) else [p.group for p in parts] == groups
        assert sum(p.n for p in parts) == len(report.users)
        weighted = sum(p.n * p.measures["recall"].mean for p in parts) / len(report.users)
        assert weighted == pytest.approx(report["recall"])
    gap = next(g for g in report.gaps if g.by == "sex" and g.metric == "recall")
    means = {s.group: s.measures["recall"].mean for s in report.slices if s.by == "sex"}
    assert gap.difference == pytest.approx(max(means.values()) - min(means.values()))
    assert gap.low <= gap.difference <= gap.high
    assert means[gap.highest] >= means[gap.lowest]


def test_cold_users_and_new_items_are_told_apart(world):
    train, test = world
    log = train.interactions
    train = train.only((log.user >= 5) & (log.item >= 4))
    report = evaluate(Shuffled(train), train, test)
    groups = {(s.by, s.group): s for s in report.slices}
    assert groups["user", "cold"].n == report.facts["cold_users"] == 5
    assert groups["history", "0"].n == 5
    assert groups["answers", "new items"].n > 0
    assert report.facts["cold_answers"] == (test.interactions.item < 4).sum()
    assert report.facts["cold_listed"] == (report.recs.items[:, :10] < 4).sum()
    assert report.facts["seen_listed"] == report.facts["users_without_list"] == 0
    assert len(report.exposure) == 36  # items that training knows


def test_seen_places_are_counted(world):
    train, test = world
    nothing = train.only(np.zeros(700, bool))
    report = evaluate(Shuffled(nothing), train, test)
    assert report.facts["seen_listed"] > 0


def test_lists_that_are_cut_through_a_tie_are_counted(world):
    train, test = world

    class Scored:
        def __init__(self, edge):
            self.edge = edge

        def recommend(self, users, k=10, **_):
            scores = np.tile(np.arange(k, 0, -1.0, dtype=np.float32), (len(users), 1))
            scores[::2, 4] = scores[::2, 3] - self.edge
            return Recommendations(
                train.users.rows(users), np.tile(np.arange(k, dtype=np.int32), (len(users), 1)), scores
            )

    users = len(evaluate(Scored(0.0), train, test, k=4).users)
    assert evaluate(Scored(0.0), train, test, k=4).facts["tied_lists"] == (users + 1) // 2
    assert evaluate(Scored(0.5), train, test, k=4).facts["tied_lists"] == 0


def test_only_allowed_items_are_asked_for(world):
    allowed = np.arange(40) < 12
    report = evaluate(Shuffled(world[0]), *world, allowed=allowed)
    assert report.recs.items.max() < 12
    assert len(report.exposure) == 12


def test_test_data_may_have_ids_of_their_own(world):
    train, test = world
    ids = Vocabulary(tuple(reversed([*test.users.ids, "u900"])))
    items = Vocabulary((*test.items.ids, "i900"))
    log = test.interactions
    user = (60 - log.user).astype(np.int32)
    item = log.item.copy()
    user[-1], item[-2] = 0, 40  # a stranger, and an item that training has never heard of
    apart = replace(test, users=ids, items=items, interactions=replace(log, user=user, item=item))
    apart = replace(apart, user_attributes={})
    model = Shuffled(train)
    report = evaluate(model, train, apart)
    assert "u900" in model.asked
    assert report.facts["cold_users"] == 1
    assert report.facts["cold_answers"] == 1
    together = evaluate(Shuffled(train), train, test)
    assert abs(report["recall"] - together["recall"]) < 0.05


@pytest.mark.parametrize(
    ("items", "message"),
    [([[1, 1]], "twice"), ([[1, 99]], "holds item 99"), ([[1, 2], [1, 2]], "gave")],
)
def test_what_is_no_list_is_refused(world, items, message):
    train, test = world

    class Broken:
        def recommend(self, users, k=10):
            rows = np.array(items * (len(users) if len(items) == 1 else 50), np.int32)
            return Recommendations(np.zeros(len(rows), np.int32), rows, np.zeros(rows.shape, np.float32))

    with pytest.raises(DataError, match=message):
        evaluate(Broken(), train, test)


def test_a_report_reads_as_text_and_json(world):
    report = evaluate(Shuffled(world[0]), *world).named("shuffled")
    text = str(report)
    assert text.startswith(f"shuffled: {len(report.users)} users, lists of 10")
    assert "diversity" not in text  # no vectors, no number
    plain = report.to_json()
    assert plain["measures"]["diversity"] == {"mean": None, "low": None, "high": None, "n": 0}
    assert "users" not in plain
    assert report.to_json(per_user=True)["users"] == list(report.users)
    table = side_by_side([report, report.named("a")], ["recall", "nothing"]).splitlines()
    assert [line.split()[0] for line in table] == ["model", "shuffled", "a"]
    assert table[1].split()[2] == "-"
    assert side_by_side([]) == ""
    assert "gini" in side_by_side([report])
