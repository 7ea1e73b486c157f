"""The same measures for parts of the users, and how far groups are apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset, Recommendations
from tastemaker.evaluation.bootstrap import interval
from tastemaker.evaluation.catalog import METRICS
from tastemaker.evaluation.counting import popularity, seen_pairs
from tastemaker.evaluation.groups import Labels, history_labels, labels_of, largest
from tastemaker.evaluation.measured import measured, resampled
from tastemaker.evaluation.report import Gap, Slice

ATTRIBUTES = 6
FEWEST = 20  # users of a group that a gap looks at
OF_ANSWERS = ("recall", "hit", "ndcg")

Values = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Lists:
    """Lists with what they are measured against; `train` and `test` share users and items."""

    recs: Recommendations
    train: Dataset
    test: Dataset
    k: int


@dataclass(frozen=True)
class Group:
    """A slice with its means in resamples of its users, shape (b, metrics)."""

    slice: Slice
    means: NDArray[np.float64]


def slices(lists: Lists, values: Values, seed: int) -> tuple[tuple[Slice, ...], tuple[Gap, ...]]:
    """By length of history, warm and cold users, user attributes, known and new items; whatever tells apart.

    Gaps are given for user attributes, between groups of at least 20 users.
    """
    found: list[Slice] = []
    gaps: list[Gap] = []
    for by, labels in _cuts(lists):
        names = largest(labels)
        if len(names) < 2:
            continue
        groups = [_group(by, name, values, labels == name, seed + at) for at, name in enumerate(names)]
        found += [group.slice for group in groups]
        if by in lists.train.user_attributes:
            gaps += _gaps([group for group in groups if group.slice.n >= FEWEST])
    return (*found, *_by_answers(lists, seed)), tuple(gaps)


def _group(by: str, name: str, values: Values, mask: NDArray[np.bool_], seed: int) -> Group:
    part = {metric: column[mask] for metric, column in values.items()}
    means = resampled(part, seed)
    return Group(Slice(by, name, int(mask.sum()), measured(part, means)), means)


def _cuts(lists: Lists) -> Iterator[tuple[str, Labels]]:
    taken = seen_pairs(lists.train).taken[lists.recs.users]
    yield "history", history_labels(taken)
    yield "user", np.where(taken > 0, "warm", "cold")
    for name, column in list(lists.train.user_attributes.items())[:ATTRIBUTES]:
        yield name, labels_of(column)[lists.recs.users]


def _by_answers(lists: Lists, seed: int) -> Iterator[Slice]:
    """Right answers that training knows, and those that are new items; where there are both."""
    takers, _ = popularity(lists.train)
    log = lists.test.interactions
    new, positive = takers[log.item] == 0, log.sign > 0
    if not (new & positive).any() or not (~new & positive).any():
        return
    for name, mask in (("known items", ~new), ("new items", new)):
        part = replace(lists.test, interactions=log.take(mask), comments=None, split=None)
        metrics = [METRICS.build({"name": metric, "k": lists.k}) for metric in OF_ANSWERS]
        values = {metric.name: metric.measure(lists.recs, part, lists.train) for metric in metrics}
        yield _group("answers", name, values, np.isfinite(values["recall"]), seed).slice


def _gaps(groups: list[Group]) -> Iterator[Gap]:
    """For each metric the difference of the groups with the highest and the lowest value."""
    if len(groups) < 2:
        return
    names = list(groups[0].slice.measures)
    means = np.array([[group.slice.measures[name].mean for name in names] for group in groups])
    for column, name in enumerate(names):
        if np.isfinite(means[:, column]).sum() < 2:
            continue
        high, low = int(np.nanargmax(means[:, column])), int(np.nanargmin(means[:, column]))
        difference = groups[high].means[:, column] - groups[low].means[:, column]
        ends = (float(edge[0]) for edge in interval(difference[:, None]))
        top, bottom = groups[high].slice, groups[low].slice
        yield Gap(top.by, name, top.group, bottom.group, float(np.ptp(means[[high, low], column])), *ends)
