"""Metrics worked by hand, and checked against ranx and ir-measures."""

import sys
import warnings

import numpy as np
import pytest

from made import names
from tastemaker.data import Column, Dataset, Interactions, ItemVectors, Recommendations
from tastemaker.evaluation.catalog import EXPOSURE_METRICS, METRICS, RATING_METRICS

USERS, ITEMS = 3, 8


def make(pairs, signs=None, users=USERS, items=ITEMS, **more):
    user, item = ([p[c] for p in pairs] for c in (0, 1))
    log = Interactions.of(user, item, value=signs)
    return Dataset(names("u", users), names("i", items), log, **more)


def lists(*rows, users=None):
    items = np.array(rows, np.int32)
    users = np.arange(len(rows), dtype=np.int32) if users is None else np.array(users, np.int32)
    return Recommendations(users, items, np.zeros(items.shape, np.float32))


# user 0 took 0, 1, 2; user 1 took 0, 1; user 2 took 0: item 0 has 3 users, item 1 has 2, item 2 has 1
TRAIN = make([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 0)])
# user 0 will take 3, 5, 6 (and dislikes 7); user 1 takes 4; user 2 dislikes 1
TRUTH = make([(0, 3), (0, 5), (0, 6), (0, 3), (0, 7), (1, 4), (2, 1)], [1, 1, 1, 1, -1, 1, -1])
RECS = lists([3, 4, 5, 7], [5, 2, -1, -1], [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("precision", 2 / 4, 0),
        ("recall", 2 / 3, 0),
        ("f1", 2 * (1 / 2) * (2 / 3) / (1 / 2 + 2 / 3), 0),
        ("hit", 1, 0),
        ("ndcg", (1 + 1 / 2) / (1 + 1 / np.log2(3) + 1 / 2), 0),
        ("map", (1 + 2 / 3) / 3, 0),
        ("mrr", 1, 0),
    ],
)
def test_accuracy_by_hand(name, first, second):
    values = METRICS.build({"name": name, "k": 4}).measure(RECS, TRUTH, TRAIN)
    assert values == pytest.approx([first, second, np.nan], nan_ok=True, abs=1e-12)


def test_ndcg_does_not_ask_for_more_than_k():
    values = METRICS.build({"name": "ndcg", "k": 2}).measure(lists([3, 5], users=[0]), TRUTH, TRAIN)
    assert values == pytest.approx([1.0])


def test_lists_shorter_than_k_have_empty_places():
    precision = METRICS.build({"name": "precision", "k": 10}).measure(RECS, TRUTH, TRAIN)
    assert precision[0] == pytest.approx(0.2)


def test_user_coverage_asks_for_full_lists():
    values = METRICS.build({"name": "user_coverage", "k": 3}).measure(RECS, TRUTH, TRAIN)
    assert values.tolist() == [1, 0, 1]


def test_novelty_by_hand():
    values = METRICS.build({"name": "novelty", "k": 2}).measure(lists([0, 1], [2, -1], [-1, -1]), TRUTH, TRAIN)
    assert values == pytest.approx([np.log2(3 / 2) / 2, np.log2(3), np.nan], nan_ok=True, abs=1e-7)


def test_popularity_lift_by_hand():
    # histories: (3 + 2 + 1) / 3 = 2, (3 + 2) / 2 = 2.5, 3; lists: (1 + 0) / 2, 1, 3
    recs = lists([2, 3], [2, -1], [0, -1])
    values = METRICS.build({"name": "popularity_lift", "k": 2}).measure(recs, TRUTH, TRAIN)
    assert values == pytest.approx([0.5 / 2 - 1, 1 / 2.5 - 1, 0])


def test_serendipity_by_hand():
    # popular unseen items of user 0 at k 2: 3, 4 (no takers, by number); of user 1: 2, 3; of user 2: 1, 2
    truth = make([(0, 3), (0, 5), (1, 2), (1, 6), (2, 2)])
    recs = lists([3, 5], [6, 2], [2, 1])
    values = METRICS.build({"name": "serendipity", "k": 2}).measure(recs, truth, TRAIN)
    assert values.tolist() == [0.5, 0.5, 0]


def test_diversity_by_hand():
    vectors = np.array([[1, 0], [0, 2], [3, 0], [-1, 0], [0, 0], [1, 1], [1, 1], [1, 1]], np.float32)
    known = np.array([1, 1, 1, 1, 1, 1, 1, 0], bool)
    recs = lists([0, 1, 2], [0, 3, -1], [0, 4, 7])
    values = METRICS.build({"name": "diversity", "k": 3}).measure(recs, TRUTH, TRAIN, items=ItemVectors(vectors, known))
    assert values == pytest.approx([(1 + 0 + 1) / 3, 2, np.nan], nan_ok=True)


def test_calibration_by_hand():
    genre = Column("category", np.array(["a", "a|b", "b", "a", "b", "", "c", "b"], object))
    train = make([(0, 0), (0, 1), (1, 0), (2, 5)], item_attributes={"genre": genre})
    # user 0 liked a: (1 + .5) / 2 = .75, b: .25; his list holds a: .5, b: .5. User 1: all a, list c.
    values = METRICS.build({"name": "calibration", "k": 2}).measure(lists([3, 4], [6, -1], [3, 4]), TRUTH, train)
    first = 0.75 * np.log(0.75 / (0.99 * 0.5 + 0.01 * 0.75)) + 0.25 * np.log(0.25 / (0.99 * 0.5 + 0.01 * 0.25))
    assert values == pytest.approx([first, -np.log(0.01), np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("name", "exposure", "value"),
    [
        ("coverage", [2, 0, 1, 0], 0.5),
        ("gini", [1, 1, 1, 1], 0),
        ("gini", [4, 0, 0, 0], 0.75),
        ("gini", [0, 0, 0, 0], 0),
        ("gini", [1, 3], 0.25),
        ("entropy", [2, 2, 2, 2], 1),
        ("entropy", [4, 0, 0, 0], 0),
        ("entropy", [1, 1, 0, 0], 0.5),
    ],
)
def test_exposure_by_hand(name, exposure, value):
    assert EXPOSURE_METRICS.build(name).measure(np.array(exposure)) == pytest.approx(value)


@pytest.mark.parametrize("name", ["coverage", "gini", "entropy"])
def test_an_empty_catalogue_has_no_exposure(name):
    assert np.isnan(EXPOSURE_METRICS.build(name).measure(np.array([], np.int64)))


PREDICTED, ACTUAL = np.array([1.0, 2.0, 3.0, 0.5]), np.array([2.0, 2.0, 1.0, 0.0])


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ("rmse", np.sqrt((1 + 0 + 4 + 0.25) / 4)),
        ("mae", (1 + 0 + 2 + 0.5) / 4),
        ({"name": "accuracy", "threshold": 2, "positive": 2}, 2 / 4),
        ({"name": "accuracy", "logits": True}, 3 / 4),  # all logits > 0: all positive
        ({"name": "auc", "positive": 2}, (0.5 + 0.5) / 2),  # above 0.5, below 3; above 0.5, below 3
    ],
)
def test_ratings_by_hand(spec, value):
    metric = RATING_METRICS.build(spec)
    mean = np.nanmean(metric.measure(PREDICTED, ACTUAL))
    assert metric.finish(np.array(mean)) == pytest.approx(value)


def test_auc_equals_scikit_learn_with_ties():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    predicted, actual = rng.integers(0, 9, 300) / 4, rng.integers(0, 2, 300).astype(float)
    values = RATING_METRICS.build("auc").measure(predicted, actual)
    assert np.nanmean(values) == pytest.approx(roc_auc_score(actual, predicted), abs=1e-12)


def test_auc_without_negatives_is_not_defined():
    assert np.isnan(RATING_METRICS.build("auc").measure(np.ones(2), np.ones(2))).all()


# ---- the same numbers from others


@pytest.fixture(scope="module")
def random_lists():
    rng = np.random.default_rng(1)
    q, n = 40, 60
    items = np.array([rng.permutation(n)[:15] for _ in range(q)], np.int32)
    pairs = [(u, i) for u in range(q) for i in rng.choice(n, rng.integers(1, 12), replace=False)]
    return lists(*items), make(pairs, users=q, items=n)


def as_dicts(recs, truth):
    run = {f"u{u}": {f"i{i}": 100.0 - r for r, i in enumerate(row)} for u, row in enumerate(recs.items)}
    qrels = {}
    for u, i in zip(truth.interactions.user, truth.interactions.item, strict=True):
        qrels.setdefault(f"u{u}", {})[f"i{i}"] = 1
    return qrels, run


THEIRS = {
    "precision": ("precision", "P@10"),
    "recall": ("recall", "R@10"),
    "f1": ("f1", None),
    "hit": ("hit_rate", "Success@10"),
    "ndcg": ("ndcg", "nDCG@10"),
    "map": ("average_precision", "AP@10"),
    "mrr": ("reciprocal_rank", "RR@10"),
}


@pytest.fixture(scope="module")
def ranx_metrics():
    """The functions of ranx as plain Python: compiling them takes minutes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        numba = pytest.importorskip("numba")
        before, numba.config.DISABLE_JIT = numba.config.DISABLE_JIT, True
        pytest.importorskip("ranx")
        yield lambda name: vars(sys.modules[f"ranx.metrics.{name}"])[f"_{name}"]
        numba.config.DISABLE_JIT = before


@pytest.mark.parametrize("name", THEIRS)
def test_equal_to_ranx(name, random_lists, ranx_metrics):
    recs, truth = random_lists
    function, more = ranx_metrics(THEIRS[name][0]), (True,) if name == "ndcg" else ()
    theirs = []
    for row, user in enumerate(recs.users):
        right = np.unique(truth.interactions.item[truth.rows_of(user)])
        qrels = np.column_stack([right, np.ones(len(right))])
        run = np.column_stack([recs.items[row], np.arange(15)[::-1]])
        theirs.append(function(qrels, run, 10, 1, *more))
    ours = METRICS.build(name).measure(recs, truth, truth)
    assert ours == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("name", [name for name, (_, theirs) in THEIRS.items() if theirs])
def test_equal_to_ir_measures(name, random_lists):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ir_measures = pytest.importorskip("ir_measures")
        recs, truth = random_lists
        qrels, run = as_dicts(recs, truth)
        measure = ir_measures.parse_measure(THEIRS[name][1])
        theirs = {m.query_id: m.value for m in ir_measures.iter_calc([measure], qrels, run)}
    ours = METRICS.build(name).measure(recs, truth, truth)
    assert ours == pytest.approx([theirs[f"u{u}"] for u in recs.users], abs=1e-9)
