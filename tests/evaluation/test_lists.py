"""Measuring tables of lists; equal to the referee where it is at hand."""

import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tastemaker.core import BadSetting, DataError
from tastemaker.evaluation import evaluate_lists
from tastemaker.evaluation.lists import pairs

TRAIN = {"user_id": ["a", "a", "b", "c"], "item_id": ["x", "y", "x", "z"]}
TEST = {"user_id": ["a", "b", "b", "d"], "item_id": ["z", "y", "new", "x"]}
RECS = {
    "user_id": ["b", "a", "b", "c", "a"],
    "item_id": ["z", "z", "y", "x", "other"],
    "rank": ["1", "2", "2", "1", "1"],
}


def test_lists_by_hand():
    report = evaluate_lists(RECS, TRAIN, TEST, k=2)
    assert report.users == ("a", "b", "d")
    assert report.measures["recall"].values.tolist() == [1, 0.5, 0]
    assert report.measures["hit"].values.tolist() == [1, 1, 0]
    ideal = 1 + 1 / np.log2(3)
    assert report.measures["ndcg"].values == pytest.approx([1 / np.log2(3), 1 / np.log2(3) / ideal, 0])
    assert report["coverage"] == pytest.approx(2 / 3)  # y and z of x, y, z
    assert report.facts["cold_users"] == 1
    assert report.facts["users_without_list"] == 1


def test_without_ranks_the_order_of_the_rows_counts():
    recs = {"user_id": ["a", "a"], "item_id": ["z", "other"]}
    assert evaluate_lists(recs, TRAIN, TEST, k=1).measures["hit"].values.tolist() == [1, 0, 0]


def test_numbers_are_ids_too():
    report = evaluate_lists(
        {"user_id": [1], "item_id": [2], "rank": [1]},
        {"user_id": [1], "item_id": [3]},
        {"user_id": ["1"], "item_id": ["2"]},
    )
    assert report["recall"] == 1


def test_seen_places_are_counted():
    recs = {"user_id": ["a", "a"], "item_id": ["x", "z"], "rank": [1, 2]}
    assert evaluate_lists(recs, TRAIN, TEST).facts["seen_listed"] == 1


def test_candidates_are_the_catalogue():
    report = evaluate_lists(RECS, TRAIN, TEST, candidates=["z", "y", "other", "w"])
    assert report["coverage"] == pytest.approx(3 / 4)
    with pytest.raises(DataError, match="'other', which is no candidate"):
        evaluate_lists(RECS, TRAIN, TEST, candidates=["z", "y"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"user_id": ["a", "a"], "item_id": ["z", "z"], "rank": [1, 2]}, "names item 'z' twice"),
        ({"user_id": ["a"], "item": ["z"]}, "no column 'item_id'"),
        ({"user_id": ["a"], "item_id": ["z"], "rank": ["first"]}, "no number"),
        ({"user_id": ["a"], "item_id": ["z"], "rank": ["nan"]}, "no finite number"),
    ],
)
def test_broken_lists_are_refused(change, message):
    with pytest.raises(DataError, match=message):
        evaluate_lists(change, TRAIN, TEST)


def test_nothing_to_find_is_refused():
    with pytest.raises(DataError, match="nothing to find"):
        evaluate_lists(RECS, TRAIN, {"user_id": [], "item_id": []})
    with pytest.raises(BadSetting, match="at least 1"):
        evaluate_lists(RECS, TRAIN, TEST, k=0)


def test_data_sets_are_taken_as_well_as_columns():
    one = evaluate_lists(RECS, TRAIN, TEST, k=2)
    other = evaluate_lists(RECS, pairs(TRAIN), pairs(TEST), k=2)
    assert one.to_json(per_user=True) == other.to_json(per_user=True)


def table(rng, rows, **more):
    return {"user_id": [f"u{u}" for u, _ in rows], "item_id": [f"i{i}" for _, i in rows], **more}


def world(ragged):
    """Lists of unseen items that training knows, for users known and not; new items in the test."""
    rng = np.random.default_rng(ragged)
    users, items, k = 40, 50, 10
    taken = {(u, i) for u in range(35) for i in rng.choice(45, 8, replace=False).tolist()}
    came = [(u, i) for u in range(users) for i in range(items) if (u, i) not in taken and rng.random() < 0.1]
    rows, ranks = [], []
    for user in range(users):
        free = [i for i in rng.permutation(45).tolist() if (user, i) not in taken]
        n = rng.integers(0, k + 3) if ragged else k
        rows += [(user, i) for i in free[:n]]
        ranks += range(1, n + 1)
    order = rng.permutation(len(rows))
    recs = table(rng, [rows[o] for o in order], rank=[ranks[o] for o in order])
    return table(rng, sorted(taken)), table(rng, came), recs


def write(path, columns):
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(columns)
        out.writerows(zip(*columns.values(), strict=True))


@pytest.mark.parametrize("ragged", [False, True])
def test_equal_to_the_referee(ragged, tmp_path):
    referee = os.environ.get("TASTEMAKER_REFEREE")
    if not referee:
        pytest.skip("TASTEMAKER_REFEREE does not point to a referee.py")
    tables = dict(zip(("train", "test", "recs"), world(ragged), strict=True))
    for name, columns in tables.items():
        write(tmp_path / f"{name}.csv", columns)
    files = [str(tmp_path / f"{name}.csv") for name in tables]
    done = subprocess.run(
        [sys.executable, referee, "score", *files, "-k", "10"], capture_output=True, text=True, check=True
    )
    theirs = json.loads(done.stdout)
    report = evaluate_lists(tables["recs"], tables["train"], tables["test"], k=10)
    assert theirs.pop("users") == len(report.users)
    if ragged:
        theirs.pop("novelty")  # theirs is the mean over places, ours over users
    for name, value in theirs.items():
        assert report[name.removesuffix("@10")] == pytest.approx(value, abs=6e-6), name


REFEREE = {  # what referee.py score prints for world(False)
    "recall": 0.14736,
    "ndcg": 0.11956,
    "hit": 0.55,
    "coverage": 1.0,
    "gini": 0.16333,
    "novelty": 2.69462,
}


def test_equal_to_what_the_referee_printed():
    train, test, recs = world(False)
    report = evaluate_lists(recs, train, test, k=10)
    for name, value in REFEREE.items():
        assert report[name] == pytest.approx(value, abs=6e-6), name
