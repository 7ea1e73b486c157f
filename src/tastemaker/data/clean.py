"""Cleaning of interactions: order, equal rows, repeated pairs, core, outliers. Nothing disappears silently."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError
from tastemaker.data.order import carried, is_sorted, stable_order
from tastemaker.data.receipt import Ledger
from tastemaker.data.repeats import one_a_pair
from tastemaker.data.rows import Rows, Understood
from tastemaker.data.settings import DataSettings

MANY = 500  # interactions from which on a rate says something


def clean(found: Understood, settings: DataSettings, ledger: Ledger) -> Rows:
    """The usable rows, oldest first, cleaned as the settings say.

    Raises:
        DataError: nothing is left.
    """
    rows = in_order(found.rows)
    _flag_outliers(rows, found, settings, ledger)
    rows = one_a_pair(rows, found, settings.repeats, ledger)
    rows = core(rows, settings.core, found, ledger)
    if not len(rows):
        reasons = ", ".join(f"{rule.name} ({rule.hits})" for rule in ledger.rules.values() if rule.action == "dropped")
        raise DataError(
            f"No interaction is left after cleaning; dropped were: {reasons or 'none, there were no rows'}."
        )
    return rows


def in_order(rows: Rows) -> Rows:
    """Rows by (time, arrival); a row without a time stays behind the row before it."""
    key = carried(rows.order)
    return rows if is_sorted(key) else rows.take(stable_order(key))


def core(rows: Rows, k: int, found: Understood, ledger: Ledger) -> Rows:
    """The largest part in which every user and every item has at least `k` interactions.

    Source: Seidman 1983 (k-core), as used for 5-core data sets.
    """
    if k <= 1:
        return rows
    user, item, kept = rows.log.user, rows.log.item, np.arange(len(rows))
    while len(kept):
        users, items = np.bincount(user), np.bincount(item)
        if users[user].min() >= k and items[item].min() >= k:
            break
        mask = (users[user] >= k) & (items[item] >= k)
        user, item, kept = user[mask], item[mask], kept[mask]
    mask = np.zeros(len(rows), bool)
    mask[kept] = True
    for names, before, after, what in (
        (found.users, rows.log.user, user, "users"),
        (found.items, rows.log.item, item, "items"),
    ):
        gone = np.flatnonzero(
            (np.bincount(before, minlength=1) > 0) & (np.bincount(after, minlength=before.max(initial=0) + 1) == 0)
        )
        ledger.add(f"{what} outside the {k}-core", "dropped", len(gone), (names[row] for row in gone[:5]))
    return rows.keep(mask, f"interactions outside the {k}-core", ledger)


def _flag_outliers(rows: Rows, found: Understood, settings: DataSettings, ledger: Ledger) -> None:
    if not len(rows):
        return
    counts = np.bincount(rows.log.user, minlength=len(found.users))
    if settings.outliers:
        usual = np.percentile(counts[counts > 0], 99, method="lower")
        many = np.flatnonzero(counts > settings.outliers * usual)
        told = (f"{found.users[user]!r}: {counts[user]} interactions" for user in many[:5])
        rule = f"users with more than {settings.outliers:g} times the interactions of the 99th percentile"
        ledger.add(rule, "flagged", len(many), told)
    if settings.outlier_rate and found.clock == "time":
        rate = _per_minute(rows, counts)
        fast = np.flatnonzero(rate > settings.outlier_rate)
        told = (f"{found.users[user]!r}: {rate[user]:.0f} a minute" for user in fast[:5])
        ledger.add(
            f"users with more than {settings.outlier_rate:g} interactions a minute",
            "flagged",
            len(fast),
            told,
        )


def _per_minute(rows: Rows, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Interactions a minute from a user's first to his last, shape (n_users,); 0 for fewer than 500 with a time."""
    rate = np.zeros(len(counts))
    busy = counts >= MANY
    if busy.any():
        picked = np.flatnonzero(busy[rows.log.user] & (rows.log.time >= 0))
        user, time = rows.log.user[picked], rows.log.time[picked]
        low, high = np.full(len(counts), np.iinfo(np.int64).max), np.full(len(counts), -1)
        np.minimum.at(low, user, time)
        np.maximum.at(high, user, time)
        timed = np.bincount(user, minlength=len(counts))
        enough = timed >= MANY
        rate[enough] = timed[enough] / (np.maximum(high - low, 1)[enough] / 60)
    return rate
