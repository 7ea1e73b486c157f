"""Columns that grow while others read."""

from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.core import DataError
from tastemaker.rules.columns import Columns, Kept
from tastemaker.rules.expression import Rule
from tastemaker.storage.base import Item


def mask(columns, text):
    return np.flatnonzero(Rule.parse(text).mask(columns)).tolist()


def test_items_are_replaced_whole():
    columns = Columns()
    columns.put([0, 1], [Item("a", attributes={"price": 1, "tags": ["x", "y"]}), Item("b", attributes={"price": 2})])
    columns.put([0], [Item("a", title="A", attributes={"tags": ["y", "y", "z"]})])
    assert mask(columns, "has(price)") == [1]
    assert mask(columns, '"x" in tags') == []
    assert mask(columns, '"y" in tags and "z" in tags and title == "A"') == [0]
    assert len(columns) == 2


def test_a_view_never_changes():
    columns = Columns()
    columns.put([0], [Item("a", attributes={"price": 1, "tags": ["x"], "kind": "k"})])
    before = columns.view()
    columns.put([0, 1], [Item("a", attributes={"price": 9, "tags": ["q"], "kind": "l"}), Item("b")])
    assert before.size == 1
    assert columns.version > before.version
    assert mask(before, 'price == 1 and "x" in tags and kind == "k"') == [0]
    with pytest.raises(ValueError, match="read-only"):
        before.cells["price"].numbers[0] = 5


def test_a_row_that_was_never_put_counts_as_deleted():
    columns = Columns()
    columns.put([2], [Item("c", attributes={"price": 1})])
    assert mask(columns, "deleted == false") == [2]
    assert mask(columns, "price == 1") == [2]


def test_the_last_item_wins_where_a_row_comes_twice():
    columns = Columns()
    columns.put([0, 0], [Item("a", attributes={"price": 1}), Item("a", attributes={"price": 2})])
    assert mask(columns, "price == 2") == [0]


def test_numbers_that_are_not_finite_are_missing():
    columns = Columns()
    columns.put([0, 1], [Item("a", attributes={"price": float("nan")}), Item("b", attributes={"price": float("inf")})])
    assert mask(columns, "has(price)") == []


def test_fields_win_over_attributes_of_the_same_name():
    columns = Columns()
    columns.put([0], [Item("a", stock=3, attributes={"stock": 9})])
    assert mask(columns, "stock == 3") == [0]


@pytest.mark.parametrize(
    ("rows", "items", "problem"),
    [
        ([0, 1], [Item("a")], "2 rows for 1 items"),
        ([-1], [Item("a")], "begin at 0"),
        ([0], [Item("a", attributes={"price": {"low": 3}})], "Attribute 'price' of item 'a'"),
        ([0], [Item("a", attributes={"tags": ["x", 3]})], "Attribute 'tags' of item 'a'"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is_written(rows, items, problem):
    columns = Columns()
    with pytest.raises(DataError, match=problem):
        columns.put(rows, items)
    assert len(columns) == 0
    columns.put([], [])
    assert len(columns) == 0


ATTRIBUTES = st.dictionaries(
    st.sampled_from(["a", "b"]),
    st.floats(-2, 2) | st.sampled_from(["x", "y"]) | st.booleans() | st.lists(st.sampled_from(["x", "y"])),
)


@settings(deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 9), ATTRIBUTES), max_size=5), max_size=8))
def test_any_order_of_puts_ends_like_one_put_of_what_is_there_last(batches):
    grown, last = Columns(), {}
    for batch in batches:
        grown.put([row for row, _ in batch], [Item(str(row), attributes=found) for row, found in batch])
        last |= dict(batch)
    once = Columns()
    once.put(list(last), [Item(str(row), attributes=found) for row, found in last.items()])
    for name in ("a", "b"):
        for text in (f"{name} < 1", f'{name} == "x"', name, f'"y" in {name}', f"has({name})"):
            if name in once.view().cells and name in grown.view().cells:
                assert _try(grown, text) == _try(once, text)


def _try(columns, text):
    from tastemaker.core import BadSetting

    try:
        return mask(columns, text)
    except BadSetting:  # no row has that kind, or none any more
        return []


def test_readers_see_whole_versions_while_one_writes():
    columns = Columns()
    columns.put([0, 1], [Item("0", attributes={"v": 0, "w": "0"}), Item("1", attributes={"v": 0, "w": "0"})])

    def write():
        for n in range(1, 200):
            items = [Item(str(row), attributes={"v": n, "w": str(n)}) for row in range(2 + n)]
            columns.put(range(len(items)), items)

    writer = Thread(target=write)
    writer.start()
    while writer.is_alive():
        view = columns.view()
        numbers, codes = view.cells["v"].numbers, view.cells["w"].texts
        assert len(set(numbers.tolist())) == 1
        assert {view.words.list[code] for code in codes} == {str(int(numbers[0]))}
    writer.join()


def test_the_masks_used_last_are_kept():
    kept, made = Kept(limit=2), []
    for key in ("a", "b", "a", "c", "a", "b"):
        kept.get(key, lambda key=key: (made.append(key), np.ones(1, bool))[1])
    assert made == ["a", "b", "c", "b"]
