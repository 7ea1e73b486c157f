"""Measuring anybody's lists, from tables of ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting, DataError
from tastemaker.data import Dataset, Interactions, ItemVectors, Recommendations, Vocabulary
from tastemaker.evaluation.align import align, extended
from tastemaker.evaluation.asking import check, users_with_answers
from tastemaker.evaluation.chosen import choose
from tastemaker.evaluation.evaluate import Chooses, measure_lists
from tastemaker.evaluation.report import Report

Columns = Mapping[str, Sequence[Any]]


def evaluate_lists(  # noqa: PLR0913 - as `evaluate`
    recs: Columns,
    train: Dataset | Columns,
    test: Dataset | Columns,
    k: int = 10,
    *,
    metrics: Chooses | None = None,
    items: ItemVectors | None = None,
    candidates: Sequence[str] | None = None,
    seed: int = 0,
) -> Report:
    """Measure lists that were made elsewhere.

    Args:
        recs: Columns user_id, item_id and rank (1 is best; without it the order of the rows counts); lists of
            users that have no right answer in `test` are ignored, test users without a list count 0.
        train: What the lists were made from: a data set, or columns user_id and item_id.
        test: What came, likewise; of columns all rows are right answers.
        k: Places that count.
        metrics: Names or metrics; None takes all.
        items: Vectors of the items of `train`, for diversity.
        candidates: Ids of the items that could be listed: the catalogue of coverage, Gini and entropy. None
            takes all that have a training interaction.
        seed: Of the resampling.

    Raises:
        DataError: a list names an item twice or one that is no candidate, a column is missing, or no test
            interaction is positive.
    """
    if k < 1:
        raise BadSetting(f"k must be at least 1 (got {k}).")
    known, truth = align(_dataset(train, "train"), _dataset(test, "test"))
    known, truth = _with_items(known, truth, [*_ids(recs, "item_id", "recs"), *(candidates or ())])
    users = users_with_answers(truth)
    listed = _lists(recs, known, users)
    allowed = _allowed(known, candidates)
    if allowed is not None and not allowed[listed[listed >= 0]].all():
        wrong = listed[(listed >= 0) & ~allowed[listed]][0]
        raise DataError(f"A list holds {known.items.ids[wrong]!r}, which is no candidate.")
    places = -np.arange(listed.shape[1])  # whoever made the lists has ordered them: nothing ties
    found = Recommendations(users, listed, np.where(listed >= 0, places, -np.inf).astype(np.float32))
    chosen = choose(metrics, k)
    return measure_lists(found, known, truth, chosen=chosen, k=k, items=items, seed=seed, allowed=allowed)


def pairs(columns: Columns, what: str = "table") -> Dataset:
    """A data set of nothing but pairs, all positive, from columns user_id and item_id; raises `DataError`."""
    user, item = _ids(columns, "user_id", what), _ids(columns, "item_id", what)
    users, items = (Vocabulary(tuple(dict.fromkeys(names))) for names in (user, item))
    return Dataset(users, items, Interactions.of(users.rows(user), items.rows(item)), name=what)


def _dataset(given: Dataset | Columns, what: str) -> Dataset:
    return given if isinstance(given, Dataset) else pairs(given, what)


def _ids(columns: Columns, name: str, what: str) -> list[str]:
    if name not in columns:
        raise DataError(f"The {what} have no column {name!r}; they have: {', '.join(columns) or 'nothing'}.")
    return [str(value) for value in columns[name]]


def _with_items(known: Dataset, truth: Dataset, names: Sequence[str]) -> tuple[Dataset, Dataset]:
    new = tuple(dict.fromkeys(name for name in names if known.items.row(name) is None))
    if not new:
        return known, truth
    longer = extended(known, known.users, Vocabulary(known.items.ids + new))
    return longer, replace(longer, interactions=truth.interactions, comments=truth.comments, split=truth.split)


def _allowed(known: Dataset, candidates: Sequence[str] | None) -> NDArray[np.bool_] | None:
    if candidates is None:
        return None
    allowed = np.zeros(len(known.items), bool)
    allowed[known.items.rows([str(name) for name in candidates])] = True
    return allowed


def _lists(recs: Columns, known: Dataset, users: NDArray[np.int32]) -> NDArray[np.int32]:
    """Rows of items, best first, -1 pads, shape (q, longest list)."""
    user = known.users.rows(_ids(recs, "user_id", "recs"))
    item = known.items.rows(_ids(recs, "item_id", "recs"))
    rank = _ranks(recs, len(user))
    wanted = np.isin(user, users)
    user, item, rank = user[wanted], item[wanted], rank[wanted]
    order = np.lexsort((rank, user))  # stable: equal ranks keep the order of the rows
    row = np.searchsorted(users, user[order])
    length = np.bincount(row, minlength=len(users))
    place = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length)
    listed = np.full((len(users), max(int(length.max(initial=0)), 1)), -1, np.int32)
    listed[row, place] = item[order]
    check(listed, users, known)
    return listed


def _ranks(recs: Columns, n: int) -> NDArray[np.float64]:
    if "rank" not in recs:
        return np.arange(n, dtype=np.float64)
    try:
        ranks = np.array([float(value) for value in recs["rank"]])
    except (TypeError, ValueError) as error:
        raise DataError(f"The recs have a rank that is no number ({error}). Ranks are 1, 2, 3, ...") from error
    if not np.isfinite(ranks).all():
        raise DataError("The recs have a rank that is no finite number. Ranks are 1, 2, 3, ...")
    return ranks
