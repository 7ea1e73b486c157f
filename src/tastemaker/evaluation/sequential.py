"""Differences between arms of a running experiment that may be looked at at any time, as often as one likes.

A fixed-sample interval that is looked at daily finds a difference where there is none far more often than in 5 % of
the experiments. These intervals hold at all times together: one may stop when they exclude 0.

They are asymptotic: they ask for finite variance and for enough units (`FEWEST`), not for any distribution. Their
clock is the information 1 / variance of the estimate, so that values of a unit may go on growing while it is active,
as long as they are rates (a list, a day): a total that grows with time has no such clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
ALPHA = 0.05
EFFECT = 0.05
FEWEST = 100  # units in each arm, below which nothing is said
CONCENTRATION = 1000.0  # of the prior of `mismatch` around the planned shares


@dataclass(frozen=True)
class Mean:
    """Means or ratios of means, of any shape (one a look, say).

    Attributes:
        units: How many.
        mean: Sum of y over sum of x; nan without any x.
        variance: Of `mean`; nan below two units.
    """

    units: Array
    mean: Array
    variance: Array


@dataclass(frozen=True)
class Interval:
    """An estimate with an interval that holds at all looks together.

    Attributes:
        mean: The estimate.
        low: Lower end, -inf where too little is known.
        high: Upper end, inf there.
        p: Always-valid p value, in (0, 1]: may be compared with alpha at any look.
    """

    mean: float
    low: float
    high: float
    p: float

    def to_json(self) -> dict[str, Any]:
        """Plain values, None for what is not known."""
        pairs = {name: getattr(self, name) for name in ("mean", "low", "high", "p")}
        return {name: value if np.isfinite(value) else None for name, value in pairs.items()}


def sums_of(y: Array, x: Array) -> Array:
    """What `ratio` needs of units: count and sums of y, x, y², xy, x² over the first axis, shape (6, ...)."""
    return np.stack([np.full(y.shape[1:], float(len(y))), *(v.sum(axis=0) for v in (y, x, y * y, x * y, x * x))])


def ratio(sums: Array) -> Mean:
    """Sum of y over sum of x of independent units, each with a pair (y, x); with x = 1 the mean.

    The variance is that of the delta method: of mean (y - R x) / (mean of x).

    Args:
        sums: Of `sums_of`, or added up from several of it, shape (6, ...).

    Source: Deng, Knoblich & Lu 2018, "Applying the delta method in metric analytics" (ratio metrics).
    """
    n, y, x, yy, xy, xx = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(x != 0, y / x, np.nan)
        spread = np.maximum(yy - 2 * mean * xy + mean * mean * xx, 0)
        variance = np.where(n > 1, spread / (n - 1) * n / (x * x), np.nan)
    return Mean(np.asarray(n), np.asarray(mean), np.asarray(variance))


def radius(variance: ArrayLike, tau: ArrayLike, alpha: float = ALPHA) -> Array:
    """Half the width of the confidence sequence of an estimate with this variance; inf where nothing is known.

    With v the variance: ``sqrt(v (v + tau²) / tau² (2 log(1 / alpha) + log(1 + tau² / v)))``.

    Args:
        variance: Of the estimate, any shape.
        tau: Size of the differences for which the interval is tightest; it changes the width, never the validity.
        alpha: Share of all experiments in which the truth may ever be outside.

    Source: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024, "Time-uniform central limit theory and asymptotic
    confidence sequences", Theorem 2.2 (Gaussian mixture), with t rho² = tau² / v.
    """
    v, square = np.broadcast_arrays(np.asarray(variance, np.float64), np.asarray(tau, np.float64) ** 2)
    known = (v > 0) & (square > 0) & np.isfinite(v)
    v, square = np.where(known, v, 1.0), np.where(known, square, 1.0)
    wide = np.sqrt(v * (v + square) / square * (2 * np.log(1 / alpha) + np.log1p(square / v)))
    return np.asarray(np.where(known, wide, np.inf), np.float64)


def p_value(estimate: ArrayLike, variance: ArrayLike, tau: ArrayLike) -> Array:
    """One over the mixture likelihood ratio of "not 0" to "0", at most 1; below alpha where `radius` excludes 0.

    With d the estimate: ``sqrt(v / (v + tau²)) exp(tau² d² / (2 v (v + tau²)))``.

    Source: Johari, Koomen, Pekelis & Walsh 2017, "Peeking at A/B tests" (mSPRT with a normal mixture).
    """
    d, v, square = (np.asarray(a, np.float64) for a in (estimate, variance, np.square(tau)))
    known = (v > 0) & (square > 0) & np.isfinite(v) & np.isfinite(d)
    d, v, square = np.where(known, d, 0.0), np.where(known, v, 1.0), np.where(known, square, 1.0)
    log_ratio = square * d * d / (2 * v * (v + square)) - np.log1p(square / v) / 2
    return np.asarray(np.exp(-np.maximum(log_ratio, 0)), np.float64)


def difference(treated: Mean, control: Mean, kept: float = 1.0) -> tuple[Array, Array]:
    """``treated - kept * control`` and its variance, nan where an arm has fewer than `FEWEST` units.

    With `kept` below 1 it asks whether a harm is larger than ``1 - kept`` of the control's mean.
    """
    enough = (treated.units >= FEWEST) & (control.units >= FEWEST)
    variance = np.where(enough, treated.variance + kept * kept * control.variance, np.nan)
    return np.asarray(treated.mean - kept * control.mean), np.asarray(variance)


def width(treated: Mean, control: Mean, effect: float = EFFECT) -> Array:
    """`tau` for a relative effect: that share of both arms' mean, which is the same for both under "no difference"."""
    return np.asarray(effect * np.abs(treated.mean + control.mean) / 2)


def compare(
    treated: Mean, control: Mean, *, effect: float = EFFECT, alpha: float = ALPHA, kept: float = 1.0
) -> Interval:
    """The interval of ``treated - kept * control`` at this look.

    Args:
        treated: Of one arm, 0-dimensional.
        control: Of the other.
        effect: Relative effect that is looked for, > 0; see `radius`.
        alpha: As of `radius`.
        kept: As of `difference`.
    """
    mean, variance = difference(treated, control, kept)
    return interval(mean, variance, width(treated, control, effect), alpha)


def interval(mean: ArrayLike, variance: ArrayLike, tau: ArrayLike, alpha: float = ALPHA) -> Interval:
    """The interval of one estimate at this look; arguments as of `radius`."""
    found, half = float(np.asarray(mean)), float(radius(variance, tau, alpha))
    low, high = (found - half, found + half) if np.isfinite(half) else (-np.inf, np.inf)
    return Interval(found, low, high, float(p_value(mean, variance, tau)))


def mismatch(counts: Sequence[int], weights: Sequence[float]) -> float:
    """Always-valid p value of "units fell to the arms in these shares", in (0, 1].

    Args:
        counts: Units of each arm.
        weights: Planned shares, > 0; they need not sum to 1.

    One over the Bayes factor of a Dirichlet prior around the planned shares to these shares themselves.

    Source: Lindon & Malek 2022, "Anytime-valid inference for multinomial count data" (sample ratio mismatch).
    """
    from scipy.special import gammaln

    found, share = np.asarray(counts, np.float64), np.asarray(weights, np.float64)
    share = share / share.sum()
    prior = CONCENTRATION * share
    log_ratio = gammaln(prior.sum()) - gammaln(prior.sum() + found.sum())
    log_ratio += (gammaln(prior + found) - gammaln(prior)).sum() - (found * np.log(share)).sum()
    return float(np.exp(-max(log_ratio, 0.0)))
