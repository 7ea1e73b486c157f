"""The same measures for parts of the users, and how far groups are apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset, Recommendations
from tastemaker.evaluation.bootstrap import Rows, interval, resampled_parts
from tastemaker.evaluation.catalog import METRICS
from tastemaker.evaluation.counting import popularity, seen_pairs
from tastemaker.evaluation.groups import Labels, history_labels, labels_of, largest
from tastemaker.evaluation.measured import Measures, measured
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
    """Some of the users: their numbers, shape (g,), and their values."""

    by: str
    name: str
    at: NDArray[np.intp]
    values: Values


@dataclass(frozen=True)
class Drawn:
    """A slice with its means in resamples of the users, shape (b, metrics)."""

    slice: Slice
    means: NDArray[np.float64]


def slices(lists: Lists, values: Values, seed: int) -> tuple[Measures, tuple[Slice, ...], tuple[Gap, ...]]:
    """Of everybody; by length of history, warm and cold users, user attributes, known and new items.

    Cuts that tell nobody apart are left out. Gaps are given for user attributes, between groups of at least 20
    users. One draw of users serves all intervals.
    """
    everybody = Group("", "", np.arange(len(lists.recs.users)), values)
    cuts = [_groups(by, labels, values) for by, labels in _cuts(lists)]
    groups = [everybody, *(group for cut in cuts for group in cut), *_by_answers(lists)]
    whole, *drawn = _drawn(groups, len(everybody.at), seed)
    gaps = [
        gap
        for by in lists.train.user_attributes
        for gap in _gaps([d for d in drawn if d.slice.by == by and d.slice.n >= FEWEST])
    ]
    return whole.slice.measures, tuple(d.slice for d in drawn), tuple(gaps)


def _groups(by: str, labels: Labels, values: Values) -> list[Group]:
    names = largest(labels)
    places = [np.flatnonzero(labels == name) for name in names] if len(names) > 1 else []
    return [
        Group(by, name, at, {metric: column[at] for metric, column in values.items()})
        for name, at in zip(names, places, strict=False)
    ]


def _drawn(groups: list[Group], n: int, seed: int) -> list[Drawn]:
    rows = [Rows(group.at, np.array(list(group.values.values())).reshape(-1, len(group.at)).T) for group in groups]
    return [
        Drawn(Slice(group.by, group.name, len(group.at), measured(group.values, means)), means)
        for group, means in zip(groups, resampled_parts(n, rows, seed), strict=True)
    ]


def _cuts(lists: Lists) -> Iterator[tuple[str, Labels]]:
    taken = seen_pairs(lists.train).taken[lists.recs.users]
    yield "history", history_labels(taken)
    yield "user", np.where(taken > 0, "warm", "cold")
    for name, column in list(lists.train.user_attributes.items())[:ATTRIBUTES]:
        yield name, labels_of(column)[lists.recs.users]


def _by_answers(lists: Lists) -> Iterator[Group]:
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
        at = np.flatnonzero(np.isfinite(values["recall"]))
        yield Group("answers", name, at, {metric: column[at] for metric, column in values.items()})


def _gaps(groups: list[Drawn]) -> Iterator[Gap]:
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
