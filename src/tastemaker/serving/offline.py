"""What another policy would have brought, from the lists that a service gave out and the chances it wrote down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.evaluation.offpolicy import Logs, Predicted, Value, doubly_robust, ips, logs_of, snips
from tastemaker.serving.experiments import BOTH
from tastemaker.serving.logs import events_since, lists_since
from tastemaker.storage.base import Shop, Shown

FOLDS = 2
SMOOTH = 10.0  # lists as many as which an item's own share counts


@dataclass(frozen=True)
class Worth:
    """What policies are worth, in answered places a list.

    Attributes:
        kinds: Events that count.
        lists: How many.
        logged: Of the policy that ran.
        target: Of the same policy without its exploration, by estimator.
    """

    kinds: tuple[str, ...]
    lists: int
    logged: float
    target: tuple[Value, ...]

    def text(self) -> str:
        """For the terminal."""
        lines = [f"{self.lists} lists, {', '.join(self.kinds)}: {self.logged:.4f} a list as they were given out"]
        lines += [
            f"  {v.name:5} {v.mean:.4f} [{v.low:.4f}, {v.high:.4f}] without exploration "
            f"({v.effective:.0f} lists effective, mean weight {v.weight:.3f})"
            for v in self.target
        ]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "kinds": list(self.kinds),
            "lists": self.lists,
            "logged": self.logged,
            "target": [value.to_json() for value in self.target],
        }


def greedy(shown: Shown) -> list[float]:
    """Chances under the policy that ran, without its exploration: what was likelier than not is certain."""
    return [float(chance >= 0.5) for chance in shown.propensities]


def worth(shop: Shop, kinds: Sequence[str] = ("click",), since: float = 0.0) -> Worth:
    """IPS, SNIPS and doubly robust estimates of the greedy policy; lists that were interleaved do not count.

    Raises:
        DataError: fewer than 2 lists, or nothing was explored.
    """
    shown = [one for one in lists_since(shop, since) if BOTH not in one.arms.values()]
    logs = logs_of(shown, events_since(shop, since), greedy, kinds)
    target = (ips(logs), snips(logs), doubly_robust(logs, predicted(logs, shown)))
    return Worth(tuple(kinds), len(shown), float(logs.reward.sum(axis=1).mean()), target)


def predicted(logs: Logs, shown: Sequence[Shown]) -> Predicted:
    """Rewards of places by a plain model of other users' lists: mean of the place, times the item's own share.

    What the greedy policy would have shown where it was explored is not known: it counts as its place's mean.
    """
    items = np.full(logs.reward.shape, -1, np.intp)
    rows: dict[str, int] = {}
    for at, one in enumerate(shown):
        items[at, : len(one.items)] = [rows.setdefault(item, len(rows)) for item in one.items]
    units = np.arange(len(shown)) if logs.units is None else logs.units
    out = np.zeros(logs.reward.shape), np.zeros(logs.reward.shape)
    for fold in range(FOLDS):
        own = units % FOLDS == fold
        model = _Means.of(logs, items, ~own, len(rows))
        place = np.broadcast_to(model.greedy, items[own].shape) * (items[own] >= 0)
        shown_means = model.at(items[own])
        out[0][own] = shown_means
        out[1][own] = np.where(logs.target[own] > 0, shown_means, place)
    return Predicted(*out)


@dataclass(frozen=True)
class _Means:
    """Mean reward of each place, shape (k,), of its greedy items, (k,), and by item a factor, (items,)."""

    place: NDArray[np.float64]
    greedy: NDArray[np.float64]
    factor: NDArray[np.float64]

    @classmethod
    def of(cls, logs: Logs, items: NDArray[np.intp], which: NDArray[np.bool_], n: int) -> _Means:
        reward, items, target = logs.reward[which], items[which], logs.target[which]
        there = items >= 0
        place = _mean(reward, there)
        expected = np.broadcast_to(place, items.shape)[there]
        got = np.bincount(items[there], reward[there], minlength=n)
        due = np.bincount(items[there], expected, minlength=n)
        prior = SMOOTH * float(place.mean()) + 1e-12
        return cls(place, _mean(reward, there & (target > 0)), (got + prior) / (due + prior))

    def at(self, items: NDArray[np.intp]) -> NDArray[np.float64]:
        means = self.place * self.factor[np.maximum(items, 0)]
        return np.where(items >= 0, means, 0.0)


def _mean(reward: NDArray[np.float64], there: NDArray[np.bool_]) -> NDArray[np.float64]:
    means = (reward * there).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    return np.asarray(means, np.float64)
