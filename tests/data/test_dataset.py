from dataclasses import replace

import numpy as np
import pytest

from made import dataset, names
from tastemaker.core import DataError
from tastemaker.data import Column, Dataset, Interactions, Query, Vocabulary, queries
from tastemaker.data.join import join
from tastemaker.data.strangers import strangers


def test_ids_and_rows_map_both_ways():
    ids = names("u", 3)
    assert ids.row("u2") == 2
    assert ids.row("x") is None
    assert ids.rows(["u1", "x"]).tolist() == [1, -1]


def test_an_id_twice_is_refused():
    with pytest.raises(DataError, match="1 ids occur more than once"):
        Vocabulary(("a", "a")).row("a")


def test_rows_of_a_user_are_oldest_first():
    data = dataset()
    rows = data.rows_of(3)
    assert (data.interactions.user[rows] == 3).all()
    assert (np.diff(rows) > 0).all()


def test_parts_join_to_the_whole():
    data = dataset(comments=np.array([str(n) for n in range(200)], object))
    even = np.arange(200) % 2 == 0
    both = join(data.only(even), data.only(~even))
    np.testing.assert_array_equal(both.interactions.item, data.interactions.item)
    np.testing.assert_array_equal(both.comments, data.comments)


def test_strange_data_sets_do_not_join():
    with pytest.raises(ValueError, match="users and items differ"):
        join(dataset(), dataset(1))


def test_a_title_falls_back_to_the_id():
    assert dataset().title(1) == "i1"
    assert dataset(titles=("a", "", *[""] * 13)).title(0) == "a"
    assert dataset(titles=("a", "", *[""] * 13)).title(1) == "i1"


def test_a_column_knows_what_is_there():
    assert Column("number", np.array([1.0, np.nan])).present.tolist() == [True, False]
    assert Column("category", np.array(["", "a"], object)).present.tolist() == [False, True]
    assert len(Column("place", np.array(["BR/SP"], object))) == 1


def test_queries_hold_the_history():
    data = dataset()
    (query,) = queries(data, [4])
    assert query.user == 4
    np.testing.assert_array_equal(query.history, data.interactions.item[data.rows_of(4)])
    np.testing.assert_array_equal(query.liked, query.history)
    assert len(query.disliked) == 0


def test_strangers_keep_only_known_items():
    known, events = dataset(items=10, n=120), dataset(1, users=3, items=15, n=40)
    people, asked = strangers(events, known)
    assert people == ["u0", "u1", "u2"]
    assert all(q.user is None and (q.history < 10).all() for q in asked)
    with pytest.raises(DataError, match="None of the 15 items"):
        strangers(
            events,
            dataset(items=2, n=30, users=20).__class__(names("u", 2), names("x", 2), known.interactions),
        )


def test_a_query_of_items_likes_them():
    assert Query.of([2, 1]).liked.tolist() == [2, 1]


def test_pairs_are_sorted_and_stand_once_and_belong_to_their_data():
    log = Interactions.of([1, 0, 1, 1], [2, 1, 2, 0])
    data = Dataset(Vocabulary(("a", "b")), Vocabulary(("x", "y", "z")), log)
    assert data.pairs.tolist() == data.liked_pairs.tolist() == [1, 3, 5]
    disliked = replace(data, interactions=replace(log, sign=np.array([-1, 1, 1, 1], np.int8)))
    assert disliked.pairs.tolist() == [1, 3, 5]
    assert replace(data, interactions=log.take([1])).pairs.tolist() == [1]
    assert data.only(np.zeros(4, bool)).pairs.tolist() == []
