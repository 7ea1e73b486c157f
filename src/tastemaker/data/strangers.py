"""Queries of people whom training never saw, from a table of what they did."""

from __future__ import annotations

import numpy as np

from tastemaker.core import DataError
from tastemaker.data.dataset import Dataset
from tastemaker.data.query import Query


def strangers(events: Dataset, known: Dataset) -> tuple[list[str], list[Query]]:
    """Names and queries, one a user of `events`, with items numbered as in `known`.

    Events with items that `known` does not have are left out; a stranger may end with an empty history.

    Raises:
        DataError: none of the items is known.
    """
    item = known.items.rows(events.items.ids)
    if len(item) and (item < 0).all():
        raise DataError(
            f"None of the {len(item)} items of these events is known, such as {events.items.ids[0]!r}; "
            f"expected ids such as {known.items.ids[0]!r}."
        )
    kinds = {name: number for number, name in enumerate(known.events)}
    kind = np.array([kinds.get(name, 0) for name in events.events], np.uint8)
    log = events.interactions
    queries = []
    for user in range(len(events.users)):
        rows = events.rows_of(user)
        rows = rows[item[log.item[rows]] >= 0]
        queries.append(
            Query(
                user=None,
                history=item[log.item[rows]],
                value=log.value[rows],
                time=log.time[rows],
                kind=kind[log.kind[rows]],
                sign=log.sign[rows],
            )
        )
    return list(events.users.ids), queries
