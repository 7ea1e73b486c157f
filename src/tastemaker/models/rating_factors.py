"""Ratings as mean, biases and factors, every one with its uncertainty: variational matrix factorisation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.models import linear
from tastemaker.models.base import State, array
from tastemaker.models.normal_equations import batches

if TYPE_CHECKING:
    from scipy.sparse import csr_array

STEPS = 2  # of conjugate gradients in a sweep; they start where the last sweep stopped
CELLS = 1 << 20  # ratings whose predictions are held at a time
LEAST = 1e-5  # variances never learn to be nothing at all

Reals = NDArray[np.float32]


class Side(NamedTuple):
    """What is believed of all users, or of all items: d factors, then the bias.

    Attributes:
        mean: Shape (n, d + 1).
        variance: Shape (n, d + 1).
    """

    mean: Reals
    variance: Reals

    @property
    def faced(self) -> Side:
        """As the other side multiplies it: 1 in the place of the bias."""
        mean, variance = self.mean.copy(), self.variance.copy()
        mean[:, -1], variance[:, -1] = 1, 0
        return Side(mean, variance)


@dataclass(frozen=True)
class RatingFactors:
    """``r = mean + b_u + b_i + p_u q_i`` with noise, and what a user's choice of items says before he rates.

    Attributes:
        mean: Mean rating.
        noise: Variance of a rating around its prediction.
        items: Factors and bias of each item.
        told: What each item says of those who rate it, (n_items, d + 1).
        prior: Precision of users around what their items say, (d + 1,).
    """

    mean: float
    noise: float
    items: Side
    told: Reals
    prior: Reals

    def users(self, cells: csr_array) -> Reals:
        """Factors and bias of each row of ratings, (rows, d + 1)."""
        centred = cells.astype(np.float32)
        centred.data = (cells.data - self.mean).astype(np.float32)
        return _half(centred, self.items, self.prior * self.noise, _unit(centred) @ self.told, self.noise).mean

    def rate(self, users: Reals, items: NDArray[np.integer]) -> Reals:
        """Predicted ratings of pairs, shape (n,); item -1 has neither bias nor factors."""
        there = items >= 0
        side = self.items.mean[np.where(there, items, 0)] * there[:, None]
        both = np.einsum("nd,nd->n", users[:, :-1], side[:, :-1])
        return np.asarray(self.mean + users[:, -1] + side[:, -1] + both, np.float32)

    def state(self) -> State:
        """Its arrays."""
        return {
            "mean": np.array([self.mean, self.noise]),
            "items": self.items.mean,
            "spread": self.items.variance,
            "told": self.told,
            "prior": self.prior,
        }

    @classmethod
    def restored(cls, state: State) -> RatingFactors:
        """Take back what `state` gave."""
        mean, noise = array(state, "mean").tolist()
        items = Side(array(state, "items"), array(state, "spread"))
        return cls(mean, noise, items, array(state, "told"), array(state, "prior"))


def fit(cells: csr_array, factors: int, reg: float, *, sweeps: Iterable[Any], seed: int) -> RatingFactors:
    """Learn from ratings, shape (users, items).

    Users and items are normal: a priori around what the other side's choice says, a ridge regression on the
    row of who rated what, scaled to length 1. In turns the posterior of each side is found given the other's
    mean and variance (mean field, so no factor trusts what few ratings say); then the priors and the noise.

    Args:
        cells: Ratings.
        factors: Most factors.
        reg: Strength of the ridge regressions.
        sweeps: As many turns as it has entries.
        seed: Of the start.
    """
    mean = float(cells.data.mean(dtype=np.float64))
    rows = cells.astype(np.float32)
    rows.data = (cells.data - mean).astype(np.float32)
    columns = rows.T.tocsr()
    by_user, by_item = _unit(rows), _unit(columns)
    noise = max(float(np.var(rows.data)) / 2, LEAST)
    items = _start(rows, columns, factors, seed)
    width = items.mean.shape[1]
    of_users, of_items = (np.ones(width, np.float32) for _ in range(2))
    of_items[:-1] *= 20
    user_says, item_says = (np.zeros((n, width), np.float32) for n in cells.shape)
    for _ in sweeps:
        users = _half(rows, items, of_users * noise, by_user @ item_says, noise)
        item_says = _regress(by_user, item_says, users.mean, reg)
        of_users = _precision(users, by_user @ item_says)
        items = _half(columns, users, of_items * noise, by_item @ user_says, noise)
        user_says = _regress(by_item, user_says, items.mean, reg)
        of_items = _precision(items, by_item @ user_says)
        noise = max(_noise(rows, users, items), LEAST)
    return RatingFactors(mean, noise, items, item_says, of_users)


def _half(cells: csr_array, other: Side, ridge: Reals, start: Reals, noise: float) -> Side:
    """The posterior of each row given the columns: a least-squares problem with `ridge` around `start`."""
    near, spread = other.faced
    width = near.shape[1]
    target = cells.data - other.mean[cells.indices, -1]
    out = Side(start.copy(), np.tile(noise / ridge, (len(start), 1)).astype(np.float32))
    axis = np.arange(width)
    for rows, length in batches(np.diff(cells.indptr), width):
        place = cells.indptr[rows][:, None] + np.arange(length)
        there = place < cells.indptr[rows + 1][:, None]
        place = np.where(there, place, 0)
        column = cells.indices[place]
        met = near[column] * there[:, :, None]
        turned = met.transpose(0, 2, 1)
        gram = turned @ met
        gram[:, axis, axis] += (spread[column] * there[:, :, None]).sum(axis=1) + ridge
        inverse = np.linalg.inv(gram)
        goal = (turned @ target[place][:, :, None])[:, :, 0] + ridge * start[rows]
        out.mean[rows] = (inverse @ goal[:, :, None])[:, :, 0]
        out.variance[rows] = noise * inverse[:, axis, axis]
    return out


def _regress(rows: csr_array, told: Reals, wanted: Reals, reg: float) -> Reals:
    """A few steps of conjugate gradients towards the ridge regression of `wanted` on `rows`."""
    left = rows.T @ (wanted - rows @ told) - reg * told
    way, size = left, np.square(left).sum(axis=0)
    for _ in range(STEPS):
        pushed = rows.T @ (rows @ way) + reg * way
        step = size / np.maximum((way * pushed).sum(axis=0), 1e-20)
        told, left = told + step * way, left - step * pushed
        before, size = size, np.square(left).sum(axis=0)
        way = left + size / np.maximum(before, 1e-20) * way
    return told.astype(np.float32)


def _precision(side: Side, expected: Reals) -> Reals:
    """What the prior should have been, (d + 1,)."""
    spread = (np.square(side.mean - expected) + side.variance).mean(axis=0)
    return np.asarray(1 / np.maximum(spread, LEAST), np.float32)


def _noise(cells: csr_array, users: Side, items: Side) -> float:
    """Mean squared error of the ratings, expected over what is not known for sure."""
    row = np.repeat(np.arange(cells.shape[0]), np.diff(cells.indptr))
    (p, p_spread), (q, q_spread) = users.faced, items.faced
    wrong = 0.0
    for at in range(0, len(row), CELLS):
        part = slice(at, at + CELLS)
        u, i = row[part], cells.indices[part]
        told = users.mean[u, -1] + items.mean[i, -1] + np.einsum("nd,nd->n", p[u, :-1], q[i, :-1])
        wrong += float(np.square(cells.data[part] - told).sum(dtype=np.float64))
    there = cells.copy()
    there.data = np.ones_like(cells.data)
    open_users, open_items = users.variance[:, -1], items.variance[:, -1]
    unsure = (p_spread * (there @ (q * q + q_spread))).sum() + (p * p * (there @ q_spread)).sum()
    unsure += open_users @ np.diff(cells.indptr) + (there @ open_items).sum()
    return (wrong + float(unsure)) / max(1, len(row))


def _unit(cells: csr_array) -> csr_array:
    """Who rated what, each row scaled to length 1."""
    out = cells.copy()
    size = np.diff(cells.indptr)
    out.data = np.repeat(1 / np.sqrt(np.maximum(size, 1)), size).astype(np.float32)
    return out


def _start(rows: csr_array, columns: csr_array, factors: int, seed: int) -> Side:
    """Items in the strongest directions of the ratings without biases: a start that knows no numbering."""
    left = rows.copy()
    of_item = _mean(columns)
    left.data = rows.data - of_item[rows.indices]
    left.data -= np.repeat(_mean(left), np.diff(rows.indptr))
    ways = linear.factors(left, factors, seed)[1] if left.data.any() else np.zeros((rows.shape[1], 0))
    mean = np.column_stack([0.1 * np.sqrt(len(ways)) * ways, of_item]).astype(np.float32)
    return Side(mean, np.zeros_like(mean))


def _mean(cells: csr_array) -> Reals:
    """Mean of each row, shrunk towards 0 by a handful of ratings."""
    size = np.diff(cells.indptr)
    return np.asarray(cells.sum(axis=1) / (size + 5.0), np.float32)
