"""What another policy would have brought, from lists that a policy with known chances gave out.

Rewards come by place: that of a place is taken to depend on who asks, on the item and on the place, not on the other
items of the list (the item-position model of Li et al. 2018, "Offline evaluation of ranking policies with click
models"). `Logs.whole` drops that assumption, at the price of far larger weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting, DataError
from tastemaker.data.events import canonical
from tastemaker.storage.base import Event, Shown

Array = NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True)
class Logs:
    """n lists of at most k places; a place that a list does not have is reward 0, logged 1, target 1.

    Attributes:
        reward: Of each place, shape (n, k).
        logged: Chance that the logging policy gave the place this item, in (0, 1], shape (n, k).
        target: Chance that the judged policy gives it, in [0, 1], shape (n, k).
        units: Number of the user of each list, shape (n,): lists of one user are not independent. None: all are.
    """

    reward: Array
    logged: Array
    target: Array
    units: NDArray[np.intp] | None = None

    def __post_init__(self) -> None:
        if self.reward.ndim != 2 or not self.reward.shape == self.logged.shape == self.target.shape:
            shapes = [a.shape for a in (self.reward, self.logged, self.target)]
            raise DataError(f"Rewards and chances must be equal tables of lists by places (got {shapes}).")
        if len(self.reward) < 2:
            raise DataError(f"At least 2 lists are needed to judge a policy (got {len(self.reward)}).")
        if not ((self.logged > 0) & (self.logged <= 1)).all():
            raise DataError("Logged chances must be in (0, 1]: what could not be shown cannot be learned from.")
        if not ((self.target >= 0) & (self.target <= 1)).all() or not np.isfinite(self.reward).all():
            raise DataError("Chances of the judged policy must be in [0, 1], and rewards finite.")

    @property
    def weights(self) -> Array:
        """How much likelier the judged policy shows it, shape (n, k)."""
        return np.asarray(self.target / self.logged)

    @property
    def effective(self) -> float:
        """Effective number of lists, in [0, n]: ``(sum w)² / sum w²`` of the place where it is smallest.

        Source: Kong 1992, "A note on importance sampling using standardized weights".
        """
        square = (self.weights**2).sum(axis=0)
        return float((self.weights.sum(axis=0) ** 2 / np.where(square > 0, square, 1)).min())

    def whole(self) -> Logs:
        """Each list as one action, (n, 1): its chance is the product of its places', its reward their sum.

        Chances of a place must be those given the places above it.
        """
        logged, target = (a.prod(axis=1, keepdims=True) for a in (self.logged, self.target))
        return Logs(self.reward.sum(axis=1, keepdims=True), logged, target, self.units)


@dataclass(frozen=True)
class Predicted:
    """What a model expects of places, learned from other lists than those judged.

    Attributes:
        shown: Reward of the item that was shown, shape (n, k).
        target: Mean reward of what the judged policy would show, by its chances, shape (n, k).
    """

    shown: Array
    target: Array


@dataclass(frozen=True)
class Value:
    """What a policy is worth.

    Attributes:
        name: Of the estimator.
        mean: Reward a list.
        low: Lower end of its 95 % interval (for one look, unlike those of `sequential`).
        high: Upper end.
        effective: Effective number of lists, as of `Logs`: far below the number of lists, nothing can be relied on.
        weight: Mean weight: far from 1, logged chances are wrong, or never gave what the judged policy wants.
    """

    name: str
    mean: float
    low: float
    high: float
    effective: float
    weight: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {name: getattr(self, name) for name in ("name", "mean", "low", "high", "effective", "weight")}


def ips(logs: Logs, clip: float | None = None) -> Value:
    """Inverse propensity score: the mean of ``sum over places of w r``; with `clip`, of ``min(w, clip) r``.

    Unclipped it is right on average. Clipped it varies less and errs towards 0.

    Source: Horvitz & Thompson 1952; Li et al. 2018 (places); Ionides 2008, "Truncated importance sampling".
    """
    weights = logs.weights if clip is None else np.minimum(logs.weights, _positive("clip", clip))
    return _value("ips" if clip is None else "clipped ips", (weights * logs.reward).sum(axis=1), logs)


def snips(logs: Logs) -> Value:
    """Self-normalised: at each place ``sum of w r / sum of w``, added over places; error falls as 1 / n.

    Source: Swaminathan & Joachims 2015, "The self-normalized estimator for counterfactual learning".
    """
    total = logs.weights.mean(axis=0)
    weights = logs.weights / np.where(total > 0, total, 1)
    value = (weights * logs.reward).mean(axis=0)
    return _value("snips", value.sum() + (weights * (logs.reward - value)).sum(axis=1), logs)


def doubly_robust(logs: Logs, predicted: Predicted, switch: float | None = None) -> Value:
    """The model's mean for the judged policy, plus ``w (r - predicted)``: right if either the chances or the model are.

    With `switch`, places whose weight is larger rely on the model alone, which varies less and leans on the model.

    Source: Dudik, Langford & Li 2011, "Doubly robust policy evaluation and learning"; Wang, Agarwal & Dudik 2017,
    "Optimal and adaptive off-policy evaluation in contextual bandits" (switch).
    """
    if not predicted.shown.shape == predicted.target.shape == logs.reward.shape:
        raise DataError(f"Predictions must have the shape of the rewards, {logs.reward.shape}.")
    weights = logs.weights
    if switch is not None:
        weights = np.where(weights <= _positive("switch", switch), weights, 0.0)
    each = predicted.target + weights * (logs.reward - predicted.shown)
    return _value("dr" if switch is None else "switch dr", each.sum(axis=1), logs)


def _value(name: str, each: Array, logs: Logs) -> Value:
    """The mean of one number a list, and the normal interval of means over units."""
    from scipy.special import ndtri

    mean = float(each.mean())
    apart = np.asarray(each - mean, np.float64)
    if logs.units is not None:
        apart = np.bincount(np.unique(logs.units, return_inverse=True)[1], apart).astype(np.float64)
    units = len(apart)
    error = float(np.sqrt((apart**2).sum() * units / max(units - 1, 1))) / len(each) if units > 1 else np.inf
    half = float(ndtri((1 + LEVEL) / 2)) * error
    return Value(name, mean, mean - half, mean + half, logs.effective, float(logs.weights.mean()))


def _positive(name: str, value: float) -> float:
    if not value > 0:
        raise BadSetting(f"{name} must be above 0 (got {value}).")
    return value


def logs_of(
    shown: Sequence[Shown],
    events: Sequence[Event],
    target: Callable[[Shown], Sequence[float]],
    kinds: Sequence[str] = ("click",),
) -> Logs:
    """Lists that were given out, with reward 1 where an event of these kinds answers the list and names the item.

    Args:
        shown: Lists with their chances; those that answer no user are units of their own.
        events: Joined by `Event.request`.
        target: Chances of the judged policy for a list's items at their places, each in [0, 1].
        kinds: Such as "click", "purchase".

    Raises:
        DataError: all chances are 1 (nothing was explored), or some are none.
    """
    wanted = {canonical(kind) for kind in kinds}
    answered = {(e.request, e.item) for e in events if e.request and canonical(e.kind) in wanted}
    if all(p == 1 for one in shown for p in one.propensities):
        raise DataError("All lists were given out without exploration: another policy cannot be judged from them.")
    depth = max((len(one.items) for one in shown), default=0)
    reward, logged, judged = np.zeros((len(shown), depth)), np.ones((len(shown), depth)), np.ones((len(shown), depth))
    for row, one in enumerate(shown):
        places = slice(0, len(one.items))
        reward[row, places] = [(one.request, item) in answered for item in one.items]
        logged[row, places], judged[row, places] = one.propensities, target(one)
    names = [one.user or f"\0{one.request}" for one in shown]
    return Logs(reward, logged, judged, np.unique(names, return_inverse=True)[1].astype(np.intp))
