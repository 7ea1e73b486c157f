"""Equal rows, and several interactions of one user with one item."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tastemaker.data.order import sort_stably
from tastemaker.data.receipt import Ledger
from tastemaker.data.rows import Rows, Understood, with_log

Policy = Literal["merge", "last", "first", "all"]


def _pairs(rows: Rows, found: Understood) -> NDArray[np.int64]:
    """One number a pair of user and item (within one part, where the column `split` is given), shape (n,)."""
    key = rows.log.user.astype(np.int64)
    key *= len(found.items)
    key += rows.log.item
    if rows.split is not None:
        key *= len(found.parts)
        key += rows.split
    return key


def one_a_pair(rows: Rows, found: Understood, policy: Policy, ledger: Ledger) -> Rows:
    """Equal rows dropped, and one row for each pair of user and item, as the policy says.

    Args:
        rows: Oldest first.
        found: What the numbers in `rows` stand for.
        policy: See `DataSettings.repeats`.
        ledger: Learns what was dropped.
    """
    picked, key = _groups(_pairs(rows, found))
    keep = np.ones(len(rows), bool)
    equal = _equal(rows, *_same_time(rows, picked, key))
    keep[equal] = False
    ledger.add("equal rows", "dropped", len(equal), (f"row {rows.number[row]}" for row in np.sort(equal)[:5]))
    if policy != "all" and len(picked):
        picked, key = picked[keep[picked]], key[keep[picked]]
        start, last = _groups_of(key)
        if policy == "merge":
            rows = _strongest(rows, picked, start, last, ratings=found.values.explicit)
        stays = picked[start if policy == "first" else last]
        keep[picked] = False
        keep[stays] = True
        shown = (_said(found, rows.log.user[row], rows.log.item[row]) for row in stays[last > start][:5])
        rule = f"repeated pairs of user and item ({_SAID[policy]})"
        ledger.add(rule, "dropped", len(picked) - len(stays), shown)
    return rows if keep.all() else rows.take(keep)


def _groups(key: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows whose key occurs more than once, sorted by (key, row), and their keys beside them."""
    order, ordered = sort_stably(key)
    same = ordered[1:] == ordered[:-1]
    several = np.zeros(len(key), bool)
    several[1:] = same
    several[:-1] |= same
    return order[several], ordered[several]


def _equal(rows: Rows, picked: NDArray[np.int64], key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows that equal an earlier one in everything: user, item, event, rating, time, session and comment."""
    if not len(picked):
        return picked
    few = rows.take(picked)
    texts = few.comments
    comment = few.log.kind if texts is None else np.unique(texts.astype(str), return_inverse=True)[1]
    # lexsort: the last key is the first; ties keep the order of (key, row), so that the earliest row is kept.
    columns = (comment, few.log.session, few.log.value, few.log.kind, few.order, key)
    order = np.lexsort(columns)
    equal = np.ones(len(order) - 1, bool)
    for column in columns:
        ordered = column[order]
        equal &= ordered[1:] == ordered[:-1]
    return picked[order[1:][equal]]


def _same_time(
    rows: Rows, picked: NDArray[np.int64], key: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Those of a pair's rows that have a neighbour of the same time: no others can be equal."""
    order = rows.order[picked]
    if not len(picked) or order.min() < 0:
        return picked, key
    same = (key[1:] == key[:-1]) & (order[1:] == order[:-1])
    near = np.append(same, False) | np.append(False, same)
    return picked[near], key[near]


def _groups_of(key: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last place of each run of equal keys."""
    start = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
    return start, np.append(start[1:], len(key)) - 1


def _said(found: Understood, user: int, item: int) -> str:
    return f"user {found.users[user]!r}, item {found.items[item]!r}"


_SAID = {"merge": "merged into the last", "last": "the last stays", "first": "the first stays"}


def _strongest(
    rows: Rows, picked: NDArray[np.int64], start: NDArray[np.int64], last: NDArray[np.int64], *, ratings: bool
) -> Rows:
    """Each pair's last row takes event and value of the strongest row of its own sign, and the last comment."""
    group = np.repeat(np.arange(len(start)), np.append(start[1:], len(picked)) - start)
    target = picked[last]
    if rows.comments is not None:
        rows = _last_comment(rows, picked, group, target)
    if ratings:
        return rows
    sign = rows.log.sign[picked]
    strength = np.where(sign == sign[last][group], np.abs(rows.log.value[picked]), np.float32(-1))
    best = np.maximum.reduceat(strength, start)
    winner = np.empty(len(start), np.int64)
    at_best = strength == best[group]
    winner[group[at_best]] = picked[at_best]  # of equal indices numpy keeps the last: the latest of the strongest
    value, kind = rows.log.value.copy(), rows.log.kind.copy()
    value[target], kind[target] = value[winner], kind[winner]
    return with_log(rows, value=value, kind=kind)


def _last_comment(rows: Rows, picked: NDArray[np.int64], group: NDArray[np.int64], target: NDArray[np.int64]) -> Rows:
    from dataclasses import replace

    assert rows.comments is not None
    said = rows.comments[picked] != ""
    source = target.copy()
    source[group[said]] = picked[said]
    comments = rows.comments.copy()
    comments[target] = comments[source]
    return replace(rows, comments=comments)
