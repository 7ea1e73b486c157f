"""What may be listed at all."""

import pytest

from tastemaker.rules.columns import Columns
from tastemaker.rules.listable import listable
from tastemaker.storage.base import Item


@pytest.mark.parametrize(
    ("item", "listed"),
    [
        (Item("a"), True),
        (Item("a", hidden=True), False),
        (Item("a", deleted=True), False),
        (Item("a", stock=0), False),
        (Item("a", stock=3), True),
        (Item("a", expires=99.0), False),
        (Item("a", expires=100.0), False),
        (Item("a", expires=101.0), True),
    ],
)
def test_only_what_can_be_had_is_listed(item, listed):
    columns = Columns()
    columns.put([1], [item])
    assert listable(columns, now=100.0).tolist() == [False, listed]


def test_of_no_items_none_is_listed():
    assert listable(Columns(), now=0.0).shape == (0,)
