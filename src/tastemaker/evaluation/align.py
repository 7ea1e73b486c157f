"""Two data sets that were read apart, over the same users and items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tastemaker.data import Column, Dataset, Table, Vocabulary


def align(train: Dataset, test: Dataset) -> tuple[Dataset, Dataset]:
    """Both over the users and items of `train`, followed by those that only `test` knows.

    Rows of `train` keep their numbers, so lists made from it stay valid. Content is left out where ids are
    added: measures need none.
    """
    if _equal(train.users, test.users) and _equal(train.items, test.items):
        return train, replace(test, users=train.users, items=train.items)
    users, items = _joined(train.users, test.users), _joined(train.items, test.items)
    log = test.interactions
    moved = replace(
        log,
        user=users.rows(test.users.ids)[log.user],
        item=items.rows(test.items.ids)[log.item],
    )
    known = extended(train, users, items)
    return known, replace(known, interactions=moved, comments=test.comments, split=test.split, events=test.events)


def extended(data: Dataset, users: Vocabulary, items: Vocabulary) -> Dataset:
    """`data` over longer vocabularies that begin with its own; attributes of what is new are missing."""
    titles = data.titles + ("",) * (len(items) - len(data.items)) if data.titles else ()
    return replace(
        data,
        users=users,
        items=items,
        titles=titles,
        item_attributes=_longer(data.item_attributes, len(items)),
        user_attributes=_longer(data.user_attributes, len(users)),
        content={},
        vectors={},
    )


def _equal(one: Vocabulary, other: Vocabulary) -> bool:
    return one is other or one.ids == other.ids


def _joined(one: Vocabulary, other: Vocabulary) -> Vocabulary:
    new = tuple(name for name in other.ids if one.row(name) is None)
    return Vocabulary(one.ids + new) if new else one


def _longer(table: Table, n: int) -> Mapping[str, Column]:
    return {name: _padded(column, n) for name, column in table.items()}


def _padded(column: Column, n: int) -> Column:
    missing = np.nan if column.kind == "number" else ""
    more = np.full(n - len(column), missing, column.values.dtype)
    return Column(column.kind, np.concatenate([column.values, more]))
