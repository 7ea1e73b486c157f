"""Cleaning: each rule by hand, each counted."""

import numpy as np
import pytest

from tables import folder, hits, log, pairs, read, rows
from tastemaker.core import DataError
from tastemaker.data.order import stable_order
from tastemaker.data.settings import DataSettings

T = 1_500_000_000


def events(tmp_path, lines, **settings):
    rows(tmp_path / "interactions.csv", ["user_id", "item_id", "event", "timestamp"], lines)
    return read(tmp_path, DataSettings(**settings))


def test_equal_rows_are_dropped_and_nothing_else(tmp_path):
    lines = [
        ("u", "i", "view", T),
        ("u", "i", "like", T),
        ("u", "i", "view", T),
        ("u", "i", "view", T + 1),
        ("v", "i", "view", T),
    ]
    reading = events(tmp_path, lines, repeats="all")
    assert hits(reading, "equal rows") == 1
    assert reading.receipt.rule("equal rows").examples == ("row 3",)
    assert len(log(reading)) == 4


def test_rows_that_differ_in_the_comment_are_not_equal(tmp_path):
    rows(
        tmp_path / "interactions.csv",
        ["user_id", "item_id", "comment"],
        [("u", "i", "a"), ("u", "i", "b"), ("u", "i", "a")],
    )
    assert hits(read(tmp_path, DataSettings(repeats="all")), "equal rows") == 1


REPEATED = [("u", "a", "view", T), ("u", "a", "purchase", T + 1), ("v", "a", "view", T + 2), ("u", "a", "view", T + 3)]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("merge", [("v", "a", 1, T + 2, "view", 1), ("u", "a", 5, T + 3, "purchase", 1)]),
        ("last", [("v", "a", 1, T + 2, "view", 1), ("u", "a", 1, T + 3, "view", 1)]),
        ("first", [("u", "a", 1, T, "view", 1), ("v", "a", 1, T + 2, "view", 1)]),
    ],
)
def test_policies_of_repeated_pairs(tmp_path, policy, expected):
    reading = events(tmp_path, REPEATED, repeats=policy)
    assert log(reading) == expected
    assert sum(rule.hits for rule in reading.receipt.rules if rule.name.startswith("repeated pairs")) == 2


def test_all_keeps_every_row(tmp_path):
    assert len(log(events(tmp_path, REPEATED, repeats="all"))) == 4


def test_merging_keeps_the_sign_of_the_last_and_the_strongest_of_that_sign(tmp_path):
    lines = [("u", "a", "purchase", T), ("u", "a", "report", T + 1), ("u", "a", "hide", T + 2)]
    assert log(events(tmp_path, lines)) == [("u", "a", -5, T + 2, "report", -1)]
    lines = [("u", "a", "report", T), ("u", "a", "view", T + 1)]
    assert log(events(tmp_path, lines)) == [("u", "a", 1, T + 1, "view", 1)]


def test_merging_ratings_takes_the_last_and_the_last_comment_said(tmp_path):
    header = ["user_id", "item_id", "rating", "timestamp", "review"]
    lines = [("u", "a", 5, T, "good"), ("u", "a", 2, T + 1, ""), ("u", "b", 3, T, "")]
    rows(tmp_path / "interactions.csv", header, lines)
    reading = read(tmp_path)
    assert [row[:3] for row in log(reading)] == [("u", "b", 3), ("u", "a", 2)]
    assert list(reading.data.comments) == ["", "good"]


def test_pairs_in_different_given_parts_stay(tmp_path):
    reading = read(folder(tmp_path, "user_id,item_id,split\nu,1,train\nu,1,train\nu,1,test\n"))
    assert list(reading.data.split) == ["train", "test"]


@pytest.mark.parametrize("value", ["inf", "-inf", "1e300", "good"])
def test_impossible_ratings_are_dropped_with_examples(tmp_path, value):
    reading = read(folder(tmp_path, f"user_id,item_id,rating\nu,1,4\nu,2,{value}\nu,3,2\n"))
    assert [row[1] for row in log(reading)] == ["1", "3"]
    (rule,) = [rule for rule in reading.receipt.rules if rule.action == "dropped"]
    assert rule.hits == 1
    assert rule.examples[0].startswith("row 2")


def test_ratings_outside_the_range_are_dropped(tmp_path):
    text = "user_id,item_id,rating\nu,1,4\nu,2,99\nu,3,-1\n"
    reading = read(folder(tmp_path, text), DataSettings(rating_range=(1, 5)))
    assert [row[1] for row in log(reading)] == ["1"]
    assert reading.receipt.rule("ratings outside 1 to 5").examples == ("row 2: rating 99", "row 3: rating -1")


def test_a_rating_far_from_all_others_is_flagged_and_kept(tmp_path):
    text = "user_id,item_id,rating\n" + "".join(f"u,{n},{n % 5 + 1}\n" for n in range(200)) + "v,1,999\n"
    reading = read(folder(tmp_path, text))
    assert hits(reading, "ratings far from all others (set rating_range to drop them)") == 1
    assert len(log(reading)) == 201


def test_a_few_rows_without_a_rating_are_dropped(tmp_path):
    text = "user_id,item_id,rating\n" + "".join(f"u,{n},{'' if n == 3 else 4}\n" for n in range(30))
    reading = read(folder(tmp_path, text))
    assert hits(reading, "rows without a rating") == 1
    assert reading.data.explicit


def test_where_many_rows_have_no_rating_the_events_are_the_values(tmp_path):
    text = "user_id,item_id,event,rating\nu,1,purchase,5\nu,2,view,\nu,3,purchase,-1\nu,4,view,nan\n"
    reading = read(folder(tmp_path, text))
    assert [row[1:3] + row[5:] for row in log(reading)] == [("1", 5, 1), ("2", 1, 1), ("3", 5, -1), ("4", 1, 1)]
    assert not reading.data.explicit


def test_an_empty_column_of_ratings_says_nothing(tmp_path):
    reading = read(folder(tmp_path, "user_id,item_id,rating\nu,1,\nu,2,\n"))
    assert [row[2] for row in log(reading)] == [1, 1]


@pytest.mark.parametrize(("positive_from", "signs"), [(None, [1, 1, 0, -1]), (4, [1, 0, 0, -1])])
def test_from_which_rating_on_is_positive(tmp_path, positive_from, signs):
    text = "user_id,item_id,rating\nu,1,5\nu,2,3\nu,3,0\nu,4,-2\n"
    reading = read(folder(tmp_path, text), DataSettings(positive_from=positive_from))
    assert [row[5] for row in log(reading)] == signs


def test_rows_without_ids_are_dropped(tmp_path):
    reading = read(folder(tmp_path, "user_id,item_id\nu,1\n,2\nu,\nnan,3\n,\nNULL,4\nv,1\n"))
    assert pairs(reading) == [("u", "1"), ("v", "1")]
    assert hits(reading, "rows without a user_id") == 4
    assert hits(reading, "rows without an item_id") == 1
    assert reading.receipt.before.rows == 7


def core_by_hand(pairs, k):
    while True:
        users, items = ([p[side] for p in pairs] for side in (0, 1))
        kept = [p for p in pairs if users.count(p[0]) >= k and items.count(p[1]) >= k]
        if kept == pairs:
            return kept
        pairs = kept


@pytest.mark.parametrize("k", [2, 3, 4])
def test_the_core_is_the_one_found_by_hand(tmp_path, k):
    rng = np.random.default_rng(k)
    all_pairs = sorted({(f"u{rng.integers(12)}", f"i{int(rng.beta(1, 3) * 12)}") for _ in range(110)})
    rows(tmp_path / "interactions.csv", ["user_id", "item_id"], all_pairs)
    reading = read(tmp_path, DataSettings(core=k))
    assert pairs(reading) == core_by_hand(all_pairs, k)
    assert set(reading.data.users.ids) == {p[0] for p in pairs(reading)}
    gone = len(all_pairs) - len(pairs(reading))
    assert hits(reading, f"interactions outside the {k}-core") == gone


def test_a_core_that_is_empty_is_refused_with_the_reason(tmp_path):
    with pytest.raises(DataError, match="outside the 5-core"):
        read(folder(tmp_path, "user_id,item_id\nu,1\n"), DataSettings(core=5))


def test_outlier_users_are_flagged_and_kept(tmp_path):
    lines = [(f"u{n}", f"i{m}") for n in range(30) for m in range(3)] + [("bot", f"i{m}") for m in range(100)]
    rows(tmp_path / "interactions.csv", ["user_id", "item_id"], lines)
    rule = "users with more than 20 times the interactions of the 99th percentile"
    assert read(tmp_path).receipt.rule(rule).examples == ("'bot': 100 interactions",)
    assert hits(read(tmp_path, DataSettings(outliers=0)), rule) == 0
    assert len(log(read(tmp_path))) == len(lines)


def test_users_faster_than_a_hand_are_flagged(tmp_path):
    lines = [("bot", f"i{m}", "view", T + m // 10) for m in range(600)] + [
        ("u", f"i{m}", "view", T + 60 * m) for m in range(600)
    ]
    reading = events(tmp_path, lines)
    assert reading.receipt.rule("users with more than 60 interactions a minute").examples == ("'bot': 610 a minute",)


def test_near_duplicate_items_are_flagged_and_kept(tmp_path):
    words = "a quiet man builds a boat in his cellar and sails it to the moon alone"
    items = f"""item_id,title,text
1,The Boat,{words}
2,THE BOAT!,{words}.
3,Boat II,{words}
4,The Boat,entirely different words
5,Other,x
"""
    reading = read(folder(tmp_path, "user_id,item_id\nu,1\n", items))
    rule = reading.receipt.rule("items that are nearly the same as an earlier one")
    assert rule.hits == 2
    assert rule.examples == ("'2' and '1': THE BOAT!", "'3' and '1': Boat II")
    assert len(reading.data.items) == 5
    assert hits(read(tmp_path, DataSettings(near_duplicates=False)), rule.name) == 0


def test_items_known_from_one_side_only_are_told_and_kept(tmp_path):
    reading = read(folder(tmp_path, "user_id,item_id\nu,1\nu,2\n", "item_id,title\n2,B\n3,C\n"))
    assert reading.receipt.rule("items of the table without interactions (kept)").examples == ("3",)
    assert reading.receipt.rule("items with interactions that the table does not have (kept)").examples == ("1",)
    assert set(reading.data.items.ids) == {"1", "2", "3"}


def test_every_dropped_row_is_counted(tmp_path):
    text = "user_id,item_id,rating\nu,1,4\nu,1,4\nu,1,3\n,1,2\nu,2,inf\nv,2,1\nw,3\n"
    receipt = read(folder(tmp_path, text)).receipt
    dropped = sum(
        rule.hits for rule in receipt.rules if rule.action == "dropped" and "number of fields" not in rule.name
    )
    assert receipt.before.rows - receipt.after.rows == dropped == 4
    assert receipt.rule("rows of interactions.csv with another number of fields").hits == 1


@pytest.mark.parametrize("span", [10, 2**40, 2**61])
def test_the_fast_order_is_the_stable_order(span):
    key = np.random.default_rng(0).integers(-span, span, 500)
    key[::3] = key[0]
    assert stable_order(key).tolist() == np.argsort(key, kind="stable").tolist()
