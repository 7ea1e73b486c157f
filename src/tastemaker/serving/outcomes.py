"""What the units of an experiment did: events joined to the lists they answer, added up by user or session."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from tastemaker.data.events import WEIGHTS, canonical
from tastemaker.serving.experiments import Experiment
from tastemaker.storage.base import Event, Shown

Array = NDArray[np.float64]
DAY = 86400.0
WEEK = 7 * DAY
VISIT = 1800.0  # seconds without a list or an event after which another visit begins
REFUSALS = frozenset({"hide", "dislike", "report"})


@dataclass(frozen=True)
class Log:
    """What is known at a time.

    Attributes:
        shown: Lists that were given out.
        events: Joined to them by `Event.request`.
        now: What is later does not count.
        prices: By item, for revenue as price times value (0 where it has none); None: the value of a purchase alone.
    """

    shown: Sequence[Shown]
    events: Sequence[Event]
    now: float
    prices: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Units:
    """Who took part.

    Attributes:
        arms: Names of the arms, sorted.
        arm: Index of each unit's arm, shape (n,).
        users: Beside them, "" unknown visitors.
        first: Time of the first list of each, shape (n,).
        lists: Lists that count.
        unit: Index of the unit of each of `lists`.
        crossed: Units left out because their lists name several arms.
    """

    arms: tuple[str, ...]
    arm: NDArray[np.intp]
    users: tuple[str, ...]
    first: Array
    lists: tuple[Shown, ...]
    unit: NDArray[np.intp]
    crossed: int

    def summed(self, values: Array) -> Array:
        """One number a unit from one a list."""
        return np.bincount(self.unit, values, minlength=len(self.arm)).astype(np.float64)


def units_of(experiment: Experiment, log: Log) -> Units:
    """Users or sessions, from the lists that name one of the experiment's arms while it ran.

    A session is what one user was shown under one arm without a pause of `VISIT`; a list for an unknown visitor is a
    unit of its own.
    """
    within = [
        one
        for one in log.shown
        if one.arms.get(experiment.name) in experiment.arms and experiment.runs(one.time) and one.time <= log.now
    ]
    groups = _sessions(experiment.name, within) if experiment.unit == "session" else _by_user(within)
    kept = [group for group in groups if len({one.arms[experiment.name] for one in group}) == 1]
    arms = tuple(sorted(experiment.arms))
    return Units(
        arms,
        np.array([arms.index(group[0].arms[experiment.name]) for group in kept], np.intp),
        tuple(group[0].user for group in kept),
        np.array([min(one.time for one in group) for group in kept], np.float64),
        tuple(one for group in kept for one in group),
        np.repeat(np.arange(len(kept)), [len(group) for group in kept]).astype(np.intp),
        len(groups) - len(kept),
    )


def _by_user(shown: Sequence[Shown]) -> list[list[Shown]]:
    groups: dict[tuple[str, str], list[Shown]] = defaultdict(list)
    for one in shown:
        groups[one.user, "" if one.user else one.request].append(one)
    return list(groups.values())


def _sessions(name: str, shown: Sequence[Shown]) -> list[list[Shown]]:
    groups: list[list[Shown]] = []
    for one in sorted(shown, key=lambda s: (s.user, s.time)):
        last = groups[-1][-1] if groups else None
        goes_on = last and one.user and last.user == one.user and last.arms[name] == one.arms[name]
        if last and goes_on and one.time - last.time <= VISIT:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


@dataclass(frozen=True)
class Pairs:
    """A metric of each unit: sum of `y` over sum of `x`, each shape (n,)."""

    y: Array
    x: Array


def outcomes(experiment: Experiment, units: Units, log: Log) -> dict[str, Pairs]:
    """Every metric of `METRICS`, a pair a unit; events that answer none of the units' lists do not count."""
    answers = _Answers(units)
    for event in log.events:
        if event.time <= log.now:
            answers.add(event, 1.0 if log.prices is None else log.prices.get(event.item, 0.0))
    lists, one = units.summed(np.ones(len(units.lists))), np.ones(len(units.arm))
    days = one if experiment.unit == "session" else np.maximum((log.now - units.first) / DAY, 1.0)
    return {
        "click_through": Pairs(units.summed(answers.answered), lists),
        "conversion": Pairs(units.summed(answers.bought), lists),
        "revenue": Pairs(units.summed(answers.revenue), days),
        "completion": Pairs(units.summed(answers.of("complete")), units.summed(answers.of("play"))),
        "dwell": Pairs(units.summed(answers.dwell), lists),
        "return_rate": _returned(units, log),
        "refusal": Pairs(units.summed(answers.refused), lists),
    }


class _Answers:
    """What each list was answered by, shape (number of lists,)."""

    def __init__(self, units: Units) -> None:
        n = len(units.lists)
        self._row = {one.request: row for row, one in enumerate(units.lists)}
        self._items: dict[str, set[tuple[int, str]]] = {"play": set(), "complete": set()}
        self.answered, self.bought, self.refused = np.zeros(n), np.zeros(n), np.zeros(n)
        self.revenue, self.dwell = np.zeros(n), np.zeros(n)

    def add(self, event: Event, price: float) -> None:
        """Count an event, a purchase at `price` each."""
        row = self._row.get(event.request)
        if row is None:
            return
        kind = canonical(event.kind)
        if kind in REFUSALS:
            self.refused[row] = 1
        if WEIGHTS.get(kind, 1.0) > 0:
            self.answered[row] = 1
        if kind == "purchase":
            self.bought[row] = 1
            self.revenue[row] += event.value * price
        if kind in {"play", "view"}:
            self.dwell[row] += event.value
        if kind in {"play", "complete"}:  # what was completed was played
            self._items["play"].add((row, event.item))
            self._items[kind].add((row, event.item))

    def of(self, kind: str) -> Array:
        """How many of a list's items were played, or completed."""
        rows = np.array([row for row, _ in self._items[kind]], np.intp)
        return np.bincount(rows, minlength=len(self.answered)).astype(np.float64)


def _returned(units: Units, log: Log) -> Pairs:
    """Whether a visit began within 7 days after the first list; users whose 7 days are not over do not count."""
    times: dict[str, list[float]] = defaultdict(list)
    for name, time in chain(((s.user, s.time) for s in log.shown), ((e.user, e.time) for e in log.events)):
        times[name].append(time)
    over = np.array([bool(name) for name in units.users], bool) & (units.first + WEEK <= log.now)
    back = np.zeros(len(over))
    for at in np.flatnonzero(over):
        first = units.first[at]
        visits = np.sort([t for t in times[units.users[at]] if first <= t <= first + WEEK])
        back[at] = (np.diff(visits) > VISIT).any()
    return Pairs(back, over.astype(np.float64))


def coverage(units: Units) -> dict[str, float]:
    """Share of the items shown under any arm that as many lists of each arm are expected to show, in [0, 1].

    As many as the arm with the fewest lists has: an arm with more traffic shows more items anyway.

    Source: Hurlbert 1971, "The nonconcept of species diversity" (rarefaction), with lists drawn.
    """
    from scipy.special import gammaln

    counts: dict[str, Counter[str]] = {arm: Counter() for arm in units.arms}
    lists: Counter[str] = Counter()
    for one, unit in zip(units.lists, units.unit, strict=True):
        arm = units.arms[units.arm[unit]]
        lists[arm] += 1
        counts[arm].update(set(one.items))
    items, fewest = len(set().union(*counts.values())), min(lists[arm] for arm in units.arms)
    found = {}
    for arm, items_of in counts.items():
        n, rest = lists[arm], lists[arm] - np.array(list(items_of.values()), np.float64)
        rest = np.where(rest >= fewest, rest, np.nan)  # such an item is in any draw
        log_missed = gammaln(rest + 1) - gammaln(rest - fewest + 1) - gammaln(n + 1) + gammaln(n - fewest + 1)
        found[arm] = float((1 - np.nan_to_num(np.exp(log_missed))).sum() / items) if items else 0.0
    return found
