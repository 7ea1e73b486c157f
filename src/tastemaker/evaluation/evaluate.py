"""Measuring anything that recommends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting, Run
from tastemaker.data import Dataset, ItemVectors, Recommendations
from tastemaker.evaluation.align import align
from tastemaker.evaluation.asking import Asker, users_with_answers
from tastemaker.evaluation.base import ExposureMetric, Metric, Recommends
from tastemaker.evaluation.chosen import Chosen, choose
from tastemaker.evaluation.counting import exposure, popularity, seen_pairs
from tastemaker.evaluation.judging import among, judge
from tastemaker.evaluation.measured import Measured
from tastemaker.evaluation.report import Report
from tastemaker.evaluation.slices import Lists, slices

CURVE = 20  # places of the recall curve

Chooses = Sequence[str | Metric | ExposureMetric]


def evaluate(  # noqa: PLR0913 - what is measured, on what, how; all but three have defaults
    model: Recommends,
    train: Dataset,
    test: Dataset,
    *,
    metrics: Chooses | None = None,
    k: int = 10,
    items: ItemVectors | None = None,
    seed: int = 0,
    run: Run | None = None,
    allowed: NDArray[np.bool_] | None = None,
) -> Report:
    """Ask `model` once for a list for every test user and measure the lists; all items are ranked.

    Args:
        model: Whatever recommends; its items are numbered as in `train`.
        train: All that the model knows of histories (training and validation).
        test: What came; users with at least one positive interaction are asked for. It may have users and
            items of its own: those that `train` does not know are cold.
        metrics: Names ("recall", "ndcg@5") or metrics; None takes all.
        k: Length of the lists, for metrics that are named without one.
        items: Vectors that the model does not use, for diversity; None leaves it undefined.
        seed: Of the resampling; equal seeds give equal intervals.
        run: For progress; None is silent.
        allowed: Which items of `train` may be listed, bool, shape (n_items,); None allows all. The catalogue
            of coverage, Gini and entropy is then these items, else all that have a training interaction.

    Raises:
        DataError: no test interaction is positive, or the model's lists are none.
    """
    if k < 1:
        raise BadSetting(f"k must be at least 1 (got {k}).")
    chosen = choose(metrics, k)
    train, test = align(train, test)
    users, depth = users_with_answers(test), max(chosen.depth, CURVE)
    recs = Asker(model, train, depth, allowed, run or Run()).lists(users)
    return measure_lists(recs, train, test, chosen=chosen, k=k, items=items, seed=seed, allowed=allowed)


def measure_lists(  # noqa: PLR0913 - as `evaluate`
    recs: Recommendations,
    train: Dataset,
    test: Dataset,
    *,
    chosen: Chosen,
    k: int,
    items: ItemVectors | None = None,
    seed: int = 0,
    allowed: NDArray[np.bool_] | None = None,
) -> Report:
    """The report of lists that are there; `train` and `test` share users and items."""
    takers, _ = popularity(train)
    catalogue = _catalogue(takers, allowed)
    values = {name: m.measure(recs, test, train, items=items) for name, m in chosen.users.items()}
    shown = {depth: exposure(recs.items[:, :depth], len(takers))[catalogue] for depth in _depths(chosen, k)}
    of_users, parts, gaps = slices(Lists(recs, train, test, k), values, seed)
    return Report(
        k=k,
        users=tuple(test.users.ids[user] for user in recs.users),
        measures={**of_users, **_of_all(chosen, shown, len(recs.users))},
        facts=_facts(recs, train, test, k),
        slices=parts,
        gaps=gaps,
        curve=_curve(recs, test),
        exposure=shown[k],
        popularity=takers[catalogue],
        recs=recs,
    )


def _of_all(chosen: Chosen, shown: dict[int, NDArray[np.int64]], n: int) -> dict[str, Measured]:
    """Measures of all lists together, which have no interval."""
    nan = float("nan")
    return {name: Measured(m.measure(shown[m.k]), nan, nan, n) for name, m in chosen.exposure.items()}


def _depths(chosen: Chosen, k: int) -> set[int]:
    return {k, *(metric.k for metric in chosen.exposure.values())}


def _catalogue(takers: NDArray[np.int64], allowed: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """Rows of the items that could be listed."""
    return np.flatnonzero(takers > 0 if allowed is None else allowed)


def _curve(recs: Recommendations, test: Dataset) -> NDArray[np.float64]:
    """Recall at 1, 2, ... as deep as the lists go, up to 20; nan where nobody has a right answer."""
    judged = judge(recs, test, min(CURVE, max(recs.items.shape[1], 1)))
    found = np.cumsum(judged.hits, axis=1) / np.maximum(judged.answers, 1)[:, None]
    asked = found[judged.answers > 0]
    return np.asarray(asked.mean(axis=0), np.float64) if len(asked) else np.full(found.shape[1], np.nan)


def _facts(recs: Recommendations, train: Dataset, test: Dataset, k: int) -> dict[str, int]:
    takers, _ = popularity(train)
    seen = seen_pairs(train)
    listed, n_items = recs.items[:, :k], len(train.items)
    there = listed >= 0
    code = recs.users[:, None].astype(np.int64) * n_items + listed
    right = test.liked_pairs
    right = right[np.isin(right // n_items, recs.users)]
    counts = {
        "users": len(recs.users),
        "cold_users": (seen.taken[recs.users] == 0).sum(),
        "users_without_list": (~there.any(axis=1)).sum(),
        "answers": len(right),
        "cold_answers": (takers[right % n_items] == 0).sum(),
        "listed": there.sum(),
        "cold_listed": (there & (takers[listed] == 0)).sum(),
        "seen_listed": (there & among(code, train.pairs)).sum(),
        "tied_lists": _cut_ties(recs, k),
    }
    return {name: int(count) for name, count in counts.items()}


def _cut_ties(recs: Recommendations, k: int) -> int:
    """Lists whose last place has the score of the first item that is not in them."""
    if recs.items.shape[1] <= k:
        return 0
    last, after = recs.scores[:, k - 1], recs.scores[:, k]
    return int(((recs.items[:, k] >= 0) & (last == after)).sum())
